"""The words around a drawer report's facts in the store's language, for paper and for the screen alike."""

from dataclasses import fields

from pos_app.locale.catalogue import spoken
from pos_app.receipts.drawer_report import ReportWords


def report_words(language: str) -> ReportWords:
    """Every word of `ReportWords` from the catalogue; English for a language without one."""
    said = spoken(language)
    words = ReportWords()
    plain = {
        field.name: said.say(value) for field in fields(words) if isinstance(value := getattr(words, field.name), str)
    }
    return ReportWords(
        **plain,
        titles={kind: said.say(word) for kind, word in words.titles.items()},
        tender={kind: said.say(word) for kind, word in words.tender.items()},
        moves={kind: said.say(word) for kind, word in words.moves.items()},
        reasons={reason: said.say(word) for reason, word in words.reasons.items()},
        right_to_left=said.right_to_left,
    )
