"""Reads the catalogues. The screen, the receipt and the customer's display may each speak another language at one time.

`spoken("de")` is German; a language without a catalogue is English, which is the language of the sentences themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent
DOMAIN = "omnitill"
SOURCE_LANGUAGE = "en"
NAMES: Mapping[str, str] = MappingProxyType({"en": "English", "de": "Deutsch", "ar": "العربية"})
"""The languages there are, each in its own words."""
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


@dataclass(frozen=True, eq=False)
class Spoken:
    """One language: what a sentence is in it, and which sentence that was."""

    code: str
    found: NullTranslations
    _sources: Mapping[str, str] = field(default_factory=dict[str, str])

    def say(self, sentence: str) -> str:
        return self.found.gettext(sentence) if sentence else ""

    def say_n(self, one: str, many: str, n: int) -> str:
        """The form for `n`, its {n} still to be filled in. Arabic has six."""
        return self.found.ngettext(one, many, n)

    def source_of(self, said: str) -> str:
        """The sentence behind `said`; itself when it is none of the catalogue's."""
        return self._sources.get(said, said)

    def number(self, text: str) -> str:
        """An amount, number or code that keeps its own direction inside a right-to-left sentence."""
        return f"\u2066{text}\u2069" if self.right_to_left else text

    def name(self, text: str) -> str:
        """A name that is read in its own direction inside a right-to-left sentence: "3 for 2" keeps its 3 in front."""
        return f"\u2068{text}\u2069" if self.right_to_left and text else text

    @property
    def right_to_left(self) -> bool:
        return is_right_to_left(self.code)


def is_right_to_left(code: str) -> bool:
    return code.partition("-")[0].partition("_")[0] in RIGHT_TO_LEFT


@cache
def spoken(code: str, folder: Path = FOLDER) -> Spoken:
    """The catalogue of a language, read once."""
    file = folder / code / "LC_MESSAGES" / f"{DOMAIN}.po"
    if not code.isalnum() or not file.exists():
        return Spoken(code, NullTranslations())
    from babel.messages.mofile import write_mo  # kept out of the start of an English till
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with file.open("rb") as source:
        catalogue = read_po(source, locale=code)
    write_mo(compiled, catalogue)
    compiled.seek(0)
    sources = {str(message.string): str(message.id) for message in catalogue if isinstance(message.id, str)}
    return Spoken(code, GNUTranslations(compiled), sources)
