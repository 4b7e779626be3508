"""Commands typed as a word, for cashiers whose last till had no keys for them: `TL`, or `20CA` for twenty in cash."""

import re
from collections.abc import Mapping

from pos_app.ui.keymap import Act

AMOUNT_AND_WORD = re.compile(r"([\d.,]*)([A-Za-z]{2})")


def act_typed(text: str, words: Mapping[str, Act]) -> tuple[str, Act] | None:
    """The amount before the word, and the act it stands for; None for anything else that is typed."""
    found = AMOUNT_AND_WORD.fullmatch(text.strip())
    act = words.get(found[2].upper()) if found else None
    return (found[1], act) if found and act else None
