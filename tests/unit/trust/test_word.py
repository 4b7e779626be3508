"""Head office's word of when it spoke can be carried by anybody, and made by nobody else."""

import pytest

from retail_core.domain.errors import RuleViolationError
from retail_core.trust.keys import PublicKey, SigningKey, b64, unb64
from retail_core.trust.word import HqWord, check_word, read_word, speak

HQ = SigningKey.new()
KEY = PublicKey(HQ.public_text)
WORD = HqWord("store:S1", 7, 1_000)


def test_a_true_word_is_heard() -> None:
    text = speak(HQ, WORD)
    assert check_word(KEY, text) == WORD == read_word(text)


def test_what_anybody_else_says_is_forged() -> None:
    later = unb64(speak(HQ, WORD))[:64] + b'["store:S1",7,2000]'
    for text in (speak(SigningKey.new(), WORD), b64(later)):
        with pytest.raises(RuleViolationError, match=r"word\.forged"):
            check_word(KEY, text)


@pytest.mark.parametrize("text", ["", "*", "A" * 401, b64(bytes(80)), b64(bytes(64) + b"[]")])
def test_rubbish_is_no_word(text: str) -> None:
    with pytest.raises(RuleViolationError, match=r"word\.unreadable"):
        check_word(KEY, text)
