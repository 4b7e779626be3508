"""The made-up facts of pictures in another language: `tools.screens` writes them in English, as the screens would say them.

What a screen puts together ("3 of 5", "HQ offline · 37 queued") is taken apart by the sentences of the catalogue again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache, lru_cache
from gettext import NullTranslations
from typing import Any, cast

from babel.messages.pofile import read_po
from PySide6.QtWidgets import QAbstractItemView, QWidget

from pos_app.locale.catalogue import DOMAIN, FOLDER, Spoken
from pos_app.ui.key_words import key_name_words
from pos_app.ui.shell import TopState
from pos_app.ui.speaking import say_again
from pos_app.ui.words import in_force

FACT = re.compile(r"\\{(\w+)\\}")
AMOUNT = re.compile(r"[€$]? ?[−-]?\d[\d.,]*(?: ?/ ?(?:\d+|kg))?|\d[\d.,]* kg|#?[A-Z0-9]+(?:-[A-Z0-9]+)+")
KEY = re.compile(r"(?:Ctrl|Alt)\+\w+|F\d{1,2}")
TOO_COMMON = frozenset({"per {unit}", "{n} for {amount}"})  # they would fit half of all English sentences
PARTS = re.compile(r"( · |, |  )")
MIN_LITERAL = 3  # letters of a sentence around its facts, so that "{n} …" does not fit everything


@dataclass(frozen=True)
class Sentence:
    """A sentence of the catalogue with facts in it. `many` is its plural, if it has one."""

    pattern: re.Pattern[str]
    text: str
    many: str = ""


class PictureWords(Spoken):
    """Says what pictures say: whole sentences, sentences with facts filled in, and parts between dots."""

    def say(self, sentence: str) -> str:
        return _said(self, sentence)


@cache
def _words_of(code: str, found: NullTranslations) -> PictureWords:
    """One for all pictures of a language, so that each sentence is taken apart once."""
    return PictureWords(code, found)


def translate(window: QWidget) -> None:
    """Every word of a window that was made in English, painted lists included, in the language in force."""
    after = in_force()
    if after.code == "en":
        return
    words = _words_of(after.code, after.found)
    say_again(window, Spoken("en", type(after.found)()), words)
    for view in window.findChildren(QAbstractItemView):
        _translate_facts(view.model(), words)
        view.viewport().update()
    for widget in window.findChildren(QWidget):
        _translate_facts(widget, words)
        widget.update()


def translated_top(state: TopState) -> TopState:
    """The strip above the screens, said before it is laid out: how many devices it shows depends on its words."""
    after = in_force()
    if after.code == "en":
        return state
    say = _words_of(after.code, after.found).say
    return replace(
        state,
        title=say(state.title),
        workspaces=tuple((name, say(words), count) for name, words, count in state.workspaces),
        lamp=replace(state.lamp, text=say(state.lamp.text)),
        devices=tuple(replace(device, text=say(device.text)) for device in state.devices),
    )


def _translate_facts(owner: object, words: PictureWords) -> None:
    """Models and painted widgets of the till keep what they show as frozen facts."""
    for name, value in list(vars(owner).items()) if hasattr(owner, "__dict__") else ():
        if _is_facts(value):
            setattr(owner, name, _translated(value, words))


def _is_facts(value: object) -> bool:
    if isinstance(value, tuple):
        parts = cast("tuple[object, ...]", value)
        return bool(parts) and all(_is_facts(one) for one in parts)
    return (
        is_dataclass(value) and not isinstance(value, type) and type(value).__module__.startswith("pos_app.ui.screens")
    )


def _translated(value: Any, words: PictureWords) -> Any:
    if isinstance(value, tuple):
        return tuple(_translated(one, words) for one in cast("tuple[object, ...]", value))
    if type(value) is str:
        return words.say(value)
    if not _is_facts(value):
        return value
    return replace(value, **{field.name: _translated(getattr(value, field.name), words) for field in fields(value)})


@lru_cache(maxsize=20_000)
def _said(words: PictureWords, text: str) -> str:
    if not text or "\u2066" in text:
        return text
    if AMOUNT.fullmatch(text):
        return words.number(text)
    if KEY.fullmatch(text):
        return words.number(key_name_words(text))
    return _as_sentence(words, text) or "".join(_in_parts(words, PARTS.split(text))) or text


@lru_cache(maxsize=20_000)
def _as_sentence(words: PictureWords, text: str) -> str:
    """Nothing when it is none."""
    whole = words.found.gettext(text)
    if whole != text:
        return whole
    for sentence in sentences():
        if found := sentence.pattern.fullmatch(text):
            return _filled(words, sentence, {name: _said(words, value) for name, value in found.groupdict().items()})
    return ""


def _in_parts(words: PictureWords, pieces: list[str]) -> Iterator[str]:
    """Words and separators by turns; some sentences begin with their separator."""
    yield _said(words, pieces[0]) if pieces[1:] else pieces[0]
    for separator, piece in _pairs(pieces[1:]):
        yield _as_sentence(words, separator + piece) or separator + _said(words, piece)


def _pairs(pieces: list[str]) -> Iterator[tuple[str, str]]:
    return zip(pieces[::2], pieces[1::2], strict=True)


def _filled(words: PictureWords, sentence: Sentence, facts: dict[str, str]) -> str:
    if not sentence.many:
        return words.found.gettext(sentence.text).format(**facts)
    count = (facts.get("n") or next(iter(facts.values()))).strip("\u2066\u2069")
    n = int(count) if count.isdigit() else 2
    return words.found.ngettext(sentence.text, sentence.many, n).format(**facts)


@cache
def sentences() -> tuple[Sentence, ...]:
    """Those with facts, the longest first."""
    return tuple(sorted(_sentences(), key=lambda sentence: -len(FACT.sub("", re.escape(sentence.text)))))


def _sentences() -> Iterator[Sentence]:
    with (FOLDER / f"{DOMAIN}.pot").open("rb") as source:
        catalogue = read_po(source)
    for message in catalogue:
        one, many = message.id if isinstance(message.id, tuple) else (str(message.id), "")
        for text in {one, many} - {""}:
            literal = re.sub(r"\{\w+\}", "", text)
            if "{" in text and text not in TOO_COMMON and sum(map(str.isalpha, literal)) >= MIN_LITERAL:
                yield Sentence(_pattern(text), one, many)


def _pattern(text: str) -> re.Pattern[str]:
    seen: set[str] = set()

    def group(found: re.Match[str]) -> str:
        name = found[1]
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        return f"(?P<{name}>.+?)"

    return re.compile(FACT.sub(group, re.escape(text)))
