"""The door for numbers of payment cards: what is typed, scanned or swiped is looked at before anything is done with it."""

from pos_app.storage.readers import Links
from retail_core.domain.cardguard import Look, look_at

CARD_REFUSED = "card.number_refused"


class NoCards:
    """Knows the store's own numbers, which may look like a card's."""

    def __init__(self, facts: Links) -> None:
        self._facts = facts

    def refuses(self, text: str) -> bool:
        """True when the text holds a card's number. Settings are read only for the few that look like one."""
        if look_at(text) is not Look.CARD:
            return False
        settings = self._facts.settings()
        own = settings.cards.own_prefixes if settings else ()
        return not own or look_at(text, own) is Look.CARD
