"""Every sentence can be translated, and every code that can reach the screen has a plain sentence."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from pos_app.ui import words
from pos_app.ui.error_words import ERROR_WORDS
from pos_app.ui.words import ntr, set_language, tr, words_for, words_for_error
from retail_core.domain.errors import RuleViolationError
from retail_core.durable.engine import FAULT_CODES

ROOT = Path(__file__).parents[2]
KEYWORDS = {"tr": None, "ntr": (1, 2), "_": None}
RAISED = re.compile(r"(?:RuleViolationError|EnvironmentFault)\(\s*\"([a-z_]+\.[a-z_]+)\"")
NEAR_THE_SCREEN = (
    "pos_app/service", "pos_app/storage", "pos_app/ui", "retail_core/domain/approvals.py", "retail_core/domain/drawer.py",
    "retail_core/domain/sale.py", "retail_core/domain/money.py",
    "retail_core/domain/quantity.py", "retail_core/domain/fulfilment.py", "retail_core/trust/pickup.py",
    "retail_core/trust/pins.py", "retail_core/durable/home.py", "retail_core/durable/lock.py",
    "retail_core/durable/engine.py",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    set_language("en")


def sentences_in_code() -> set[str]:
    found: set[str] = set()
    for _, _, message, _, _ in extract_from_dir(
        str(ROOT / "pos_app"), method_map=[("**.py", "python")], keywords=KEYWORDS, comment_tags=()
    ):
        found.update(message if isinstance(message, tuple) else (message,))
    return found - {""}


def test_the_catalogue_of_sentences_is_up_to_date() -> None:
    with (words.LOCALE_FOLDER / "omnitill.pot").open("rb") as source:
        catalogue = read_po(source)
    known: set[str] = set()
    for message in catalogue:
        known.update(message.id if isinstance(message.id, tuple) else (str(message.id),))
    assert sentences_in_code() == known - {""}, "run the first command of pos_app/locale/babel.cfg"


def test_every_language_fills_in_the_same_facts() -> None:
    for file in words.LOCALE_FOLDER.glob("*/LC_MESSAGES/omnitill.po"):
        with file.open("rb") as source:
            catalogue = read_po(source, locale=file.parts[-3])
        assert not catalogue.obsolete
        for message in catalogue:
            if message.id:
                wanted = facts(message.id[1] if isinstance(message.id, tuple) else str(message.id))
                forms = message.string if isinstance(message.string, tuple) else (message.string,)
                for form in forms:
                    assert form, f"{file.parts[-3]} has no words for {message.id!r}"
                    assert facts(str(form)) <= wanted, f"{message.id!r}: {form!r}"


def facts(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", sentence))


def test_every_code_that_can_reach_the_screen_has_a_plain_sentence() -> None:
    codes: set[str] = set()
    for place in NEAR_THE_SCREEN:
        path = ROOT / place
        for file in [path] if path.is_file() else path.rglob("*.py"):
            codes.update(RAISED.findall(file.read_text()))
    codes.update(FAULT_CODES.values())
    assert len(codes) > 40
    assert not codes - ERROR_WORDS.keys()


def test_a_code_nobody_knows_still_gets_a_sentence() -> None:
    assert words_for("new.code") == "That did not work (new.code)."
    assert words_for_error(RuleViolationError("pin.wrong")) == "Wrong PIN. – tries left."


def test_a_fact_may_be_called_text() -> None:
    assert tr("“{text}” · {count} found", text="milk", count=3) == "“milk” · 3 found"


def test_another_language_is_spoken_from_its_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "omnitill.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "Find"\nmsgstr "Suchen"\n\n'
        'msgid "{n} item"\nmsgid_plural "{n} items"\nmsgstr[0] "{n} Artikel"\nmsgstr[1] "{n} Artikel!"\n'
    )
    monkeypatch.setattr(words, "LOCALE_FOLDER", tmp_path)
    set_language("de")
    assert tr("Find") == "Suchen"
    assert ntr("{n} item", "{n} items", 1) == "1 Artikel"
    assert ntr("{n} item", "{n} items", 2) == "2 Artikel!"
    assert tr("Pay") == "Pay"
