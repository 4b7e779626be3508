"""What the till beside us wrote down lately, once more as the store role tells it.

For a machine that has the role and nothing of what happened while nobody had it: those facts went straight to head office,
so a new holder never gets their entries.
"""

from collections.abc import Iterator

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.origin import Origin
from retail_core.domain.shared import Known, Shared, told_by
from retail_core.wire.events import decode_event
from sync_agent.storage.files import Files

READ_BACK = 20_000
"""The newest entries of the till's file: days of a busy till."""
_LATELY = (
    "SELECT node, actor, epoch, seq, at, biz_date, type, v, body FROM event"
    " WHERE n > (SELECT coalesce(max(n), 0) FROM event) - ? AND at >= ?"
    " AND (type IN ('basket.suspended', 'basket.recalled') OR type LIKE 'drawer.%' OR type LIKE 'fulfilment.%'"
    " OR type LIKE 'value.%' OR (type = 'sale.completed' AND instr(body, '\"back\"') > 0)) ORDER BY n"
)


def lately(files: Files, known: Known, since_ms: int) -> Iterator[Shared]:
    """New states, in order; `known` must know each before the next is asked for."""
    conn = files.till()
    if conn is None or not files.config.till_node:
        return
    rows = conn.execute(_LATELY, (READ_BACK, since_ms)).fetchall()
    for node, actor, epoch, seq, at, biz_date, kind, v, body in rows:
        try:
            event = decode_event(kind, v, body)
        except RuleViolationError:  # a kind or shape of a newer program
            continue
        yield from told_by(event, Origin(node, actor, f"{node}/{epoch}", seq, at, biz_date), known)
