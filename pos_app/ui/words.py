"""Every word of the till's screen: translation, and plain sentences for stable codes.

`tr("…")` takes the English sentence; catalogues are `pos_app/locale/<language>/LC_MESSAGES/omnitill.po`, gathered with
Babel (`make words`). A code without a sentence still gets one, with the code in it.
"""

from collections.abc import Mapping

from pos_app.locale import catalogue
from pos_app.locale.catalogue import SOURCE_LANGUAGE, Spoken, spoken
from pos_app.locale.mark import _
from pos_app.ui.error_words import DOING_WORDS, ERROR_WORDS
from retail_core.domain.errors import CodedError, Fact
from retail_core.domain.money import format_money

LOCALE_FOLDER = catalogue.FOLDER
KEY_OF = "key_"
A_KEY = "{key_"


class _InForce:
    """The language of the screen: the till's own, or that of whoever is signed in."""

    def __init__(self) -> None:
        self.spoken = spoken(SOURCE_LANGUAGE)


_now = _InForce()


def set_language(language: str) -> None:
    """Choose the language of all words from now on; an unknown one is English."""
    _now.spoken = spoken(language, LOCALE_FOLDER)


def language() -> str:
    return _now.spoken.code


def in_force() -> Spoken:
    """The catalogue of the language of the screen."""
    return _now.spoken


def tr(text: str, /, **facts: Fact) -> str:
    """The sentence in the language in force, with its {facts} filled in, and the keys of this till: {key_pay}."""
    found = _now.spoken.say(text)
    return found.format_map(_Facts(facts)) if facts or A_KEY in found else found


def ntr(one: str, many: str, n: int, /, **facts: Fact) -> str:
    """The sentence for `n` of something; `{n}` is filled in."""
    return _now.spoken.say_n(one, many, n).format_map(_Facts({"n": n, **facts}))


def doing_words(code: str) -> str:
    """What the customer or the card terminal does now."""
    return tr(DOING_WORDS[code]) if code in DOING_WORDS else tr("It works.")


DATED = ("unit.expired", "unit.past_best_before")  # their detail is a date
MONTHS = (
    _("January"), _("February"), _("March"), _("April"), _("May"), _("June"),
    _("July"), _("August"), _("September"), _("October"), _("November"), _("December"),
)  # fmt: skip


def words_for(code: str, facts: Mapping[str, object] | None = None) -> str:
    """One plain sentence for a stable code, saying what to do where there is something to do."""
    sentence = ERROR_WORDS.get(code)
    if sentence is None:
        return tr("That did not work ({code}).", code=code)
    if code == "pick.wrong_item" and not (facts or {}).get("name"):
        return tr("Wrong item. It is not on this order. Put it back.")
    given = _Known(_with_amounts(facts or {}))
    if code.startswith("keys."):
        from pos_app.ui.key_words import act_name_of, key_name_words  # its words need this module

        given["act"] = act_name_of(str(given["act"]))
        given["key"] = ltr(key_name_words(str(given["key"])))
    if code.startswith(DATED):
        given["detail"] = date_words(str(given["detail"]))
    return _now.spoken.say(sentence).format_map(given)


def _with_amounts(facts: Mapping[str, object]) -> Mapping[str, object]:
    """`limit_minor` and `currency` are said as {limit}."""
    currency = facts.get("currency")
    if not isinstance(currency, str):
        return facts
    said = {
        name.removesuffix("_minor"): ltr(format_money(minor, currency))
        for name, minor in facts.items()
        if name.endswith("_minor") and isinstance(minor, int)
    }
    return {**said, **facts}


def date_words(iso: str) -> str:
    """ "23 November 2025" for 2025-11-23; anything else as it is."""
    year, _dash, rest = iso.partition("-")
    month, _dash, day = rest.partition("-")
    if not (month.isdigit() and day.isdigit() and 1 <= int(month) <= len(MONTHS)):
        return iso
    return tr("{day} {month} {year}", day=int(day), month=tr(MONTHS[int(month) - 1]), year=year)


def words_for_error(error: CodedError) -> str:
    return words_for(error.code, error.facts)


class _Facts(dict[str, object]):
    """Facts by name; {key_pay} is the key that *Pay* has at this till."""

    def __missing__(self, key: str) -> str:
        if not key.startswith(KEY_OF):
            raise KeyError(key)
        from pos_app.ui.key_words import printed_by_name  # its words need this module

        return ltr(printed_by_name(key.removeprefix(KEY_OF)))


class _Known(_Facts):
    """One that was not given shows as a dash instead of stopping the message."""

    def __missing__(self, key: str) -> str:
        return super().__missing__(key) if key.startswith(KEY_OF) else "–"


def ltr(text: str) -> str:
    """A number or code that keeps its own direction inside a right-to-left sentence."""
    return _now.spoken.number(text)


def own_way(text: str) -> str:
    """A name in whatever direction it has, inside a right-to-left sentence."""
    return _now.spoken.name(text)
