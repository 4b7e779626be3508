"""Where and when a fact was written down, and by whom."""

import msgspec


class Origin(msgspec.Struct, frozen=True):
    """`stream` is "node/epoch" and `seq` its place there: together they name the fact. `biz_date` is its trading day."""

    node: str
    actor: str
    stream: str = ""
    seq: int = 0
    at_ms: int = 0
    biz_date: str = ""
