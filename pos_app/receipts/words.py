"""The words around a receipt's facts in the language of whoever takes it home."""

from collections.abc import Callable
from dataclasses import fields

from pos_app.locale.catalogue import Spoken, spoken
from pos_app.receipts.facts import ReceiptWords

ONE_ITEM, ITEMS = "{n} item", "{n} items"


def receipt_words(language: str) -> ReceiptWords:
    """Every word of `ReceiptWords` from the catalogue; English for a language without one."""
    said = spoken(language)
    words = ReceiptWords()
    plain = {
        field.name: said.say(value) for field in fields(words) if isinstance(value := getattr(words, field.name), str)
    }
    return ReceiptWords(
        **plain,
        cuts={rule: said.say(word) for rule, word in words.cuts.items()},
        exempt_whys={why: said.say(word) for why, word in words.exempt_whys.items()},
        tenders={kind: said.say(word) for kind, word in words.tenders.items()},
        right_to_left=said.right_to_left,
        items_of=_items(said),
    )


def _items(said: Spoken) -> Callable[[int], str]:
    return lambda count: said.say_n(ONE_ITEM, ITEMS, count).format(n=count)
