"""Head office's signed word of when it spoke, and up to where: a neighbour can carry one, and neither make nor change it.

Who has the rows of the scope up to `rev` knows what head office knew at `at_ms`, who is shut out among it.
"""

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.trust.keys import SIGNATURE_BYTES, PublicKey, SigningKey, b64, unb64

MAX_WORD_CHARS = 400
_SIGNED = b"word/1\n"


class HqWord(msgspec.Struct, frozen=True, array_like=True):
    """`at_ms` is head office's own clock."""

    scope: str
    rev: int
    at_ms: int


def speak(key: SigningKey, word: HqWord) -> str:
    """Text for a header: base64url of signature and payload."""
    payload = msgspec.json.encode(word)
    return b64(key.sign(_SIGNED + payload) + payload)


def read_word(text: str) -> HqWord:
    """What it says, true or not. Raises RuleViolationError `word.unreadable`."""
    try:
        return msgspec.json.decode(_blob(text)[SIGNATURE_BYTES:], type=HqWord)
    except (ValueError, msgspec.DecodeError, RecursionError) as bad:
        raise RuleViolationError("word.unreadable") from bad


def check_word(key: PublicKey, text: str) -> HqWord:
    """What it says. Raises RuleViolationError `word.unreadable` or `word.forged`."""
    word, blob = read_word(text), _blob(text)
    if not key.verify(_SIGNED + blob[SIGNATURE_BYTES:], blob[:SIGNATURE_BYTES]):
        raise RuleViolationError("word.forged")
    return word


def _blob(text: str) -> bytes:
    if len(text) > MAX_WORD_CHARS:
        raise ValueError("too long")
    return unb64(text)
