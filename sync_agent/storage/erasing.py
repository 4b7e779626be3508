"""What this machine must forget of a customer whom head office took away: details beside copied facts, and kept pages.

The facts themselves stay, and so do their chains; none of them says who it was.
"""

from collections.abc import Set
from pathlib import Path

import msgspec

from retail_core.domain.events import CustomerCreated
from retail_core.durable.engine import Connection, transaction
from retail_core.durable.journal import erase_private

_DETAILS = "SELECT e.id, e.body FROM private p JOIN event e ON e.id = p.id WHERE e.type = 'customer.created'"


def forget_details(store: Connection, path: Path, gone: Set[str]) -> int:
    """Erase the details of these customers from the copies of other machines' journals; how many there were."""
    if not gone:
        return 0
    rows = store.execute(_DETAILS).fetchall()
    ids = [id_ for id_, body in rows if msgspec.json.decode(body, type=CustomerCreated).customer_id in gone]
    if ids:
        with transaction(store, path):
            for id_ in ids:
                erase_private(store, id_)
    return len(ids)


def forget_pages(store: Connection, path: Path, scope: str, through: int) -> None:
    """Drop kept pages of a scope up to a revision: a signed page can only be forgotten whole."""
    with transaction(store, path):
        store.execute("DELETE FROM page WHERE scope = ? AND to_rev <= ?", (scope, through))
