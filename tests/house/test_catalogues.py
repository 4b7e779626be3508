"""Every sentence of the till is said in every language it offers: none missing, none doubtful, no fact lost on the way."""

from collections.abc import Iterator
from gettext import c2py
from io import BytesIO
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from pos_app.locale.catalogue import DOMAIN, FOLDER, NAMES, SOURCE_LANGUAGE

LANGUAGES = sorted(set(NAMES) - {SOURCE_LANGUAGE})
FORMS = {"de": 2, "ar": 6}
NUMBERS = range(200)
WORDS_OF_A_SENTENCE = 4
"""What is as long as this is a sentence, and a sentence left in English was forgotten."""


def sources() -> Catalog:
    with (FOLDER / f"{DOMAIN}.pot").open("rb") as source:
        return read_po(source)


def catalogue(language: str) -> Catalog:
    with (FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as source:
        return read_po(source, locale=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_that_is_offered_says_everything(language: str) -> None:
    said = catalogue(language)
    assert not said.obsolete
    assert said.num_plurals == FORMS[language]
    assert list(troubles(sources(), said)) == []


def troubles(wanted: Catalog, said: Catalog) -> Iterator[str]:
    """What is wrong with a catalogue, one line each."""
    alone = forms_of_one_number(said)
    for source in wanted:
        if not source.id:
            continue
        key = source.id[0] if isinstance(source.id, tuple) else str(source.id)
        found = said.get(key)
        if found is None or found.id != source.id:
            yield f"missing: {key!r}"
        elif found.fuzzy:
            yield f"doubtful: {key!r}"
        else:
            yield from wrong_forms(found, said.num_plurals, alone)


def wrong_forms(found: Message, plurals: int, alone: set[int]) -> Iterator[str]:
    many = found.id[1] if isinstance(found.id, tuple) else str(found.id)
    forms = found.string if isinstance(found.string, tuple) else (found.string,)
    if isinstance(found.id, tuple) and len(forms) != plurals:
        yield f"{len(forms)} of {plurals} forms: {many!r}"
    for at, form in enumerate(forms):
        said = str(form or "")
        if not said:
            yield f"missing: {many!r}"
            continue
        lost, made_up = facts(many) ^ (facts(many) & facts(said)), facts(said) - facts(many)
        counted = isinstance(found.id, tuple) and at in alone and len(lost) == 1  # "one sale": the word says the number
        if made_up or (lost and not counted):
            yield f"other facts: {said!r} for {many!r}"
        if (many[0].isspace(), many[-1].isspace()) != (said[0].isspace(), said[-1].isspace()):
            yield f"other spaces: {said!r} for {many!r}"
        if said == many and len(many.split()) >= WORDS_OF_A_SENTENCE:
            yield f"left as it was: {many!r}"


def facts(text: str) -> set[str]:
    """Names in braces; a brace that is not closed names a fact nobody knows."""
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return {f"broken: {text}"}


def forms_of_one_number(said: Catalog) -> set[int]:
    """Plural forms that stand for a single number, which its words may say instead of a figure."""
    form_of = c2py(str(said.plural_expr).strip("()"))
    uses: dict[int, int] = {}
    for n in NUMBERS:
        form = int(form_of(n))
        uses[form] = uses.get(form, 0) + 1
    return {form for form, times in uses.items() if times == 1}


# ── these checks can fail ────────────────────────────────────────────────────────────────────────

WELL = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Find"
msgstr "Suchen"

msgid "Pay {amount}"
msgstr "{amount} zahlen"

msgid "{n} line of {money}"
msgid_plural "{n} lines of {money}"
msgstr[0] "eine Zeile über {money}"
msgstr[1] "{n} Zeilen über {money}"

msgid "What works now and later"
msgstr "Was jetzt und später geht"
"""
PLANTED = {
    'msgid "Find"\nmsgstr "Suchen"\n': "missing",
    'msgstr "Suchen"': 'msgstr ""',
    'msgid "Find"': '#, fuzzy\nmsgid "Find"',
    "{amount} zahlen": "{summe} zahlen",
    '"{amount} zahlen"': '"{amount zahlen"',
    '"{n} Zeilen über {money}"': '"Zeilen über {money}"',
    '"eine Zeile über {money}"': '"eine Zeile"',
    "Was jetzt und später geht": "What works now and later",
}


@pytest.mark.parametrize("fault", PLANTED, ids=range(len(PLANTED)))
def test_each_fault_is_noticed(fault: str) -> None:
    worse = WELL.replace(fault, "" if PLANTED[fault] == "missing" else PLANTED[fault])
    assert worse != WELL
    wanted, well, ill = (read_po(BytesIO(text.encode()), locale="de") for text in (WELL, WELL, worse))
    assert list(troubles(wanted, well)) == []
    assert len(list(troubles(wanted, ill))) == 1
