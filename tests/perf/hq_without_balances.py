"""`omnitill-hq` with stock movements but no balances, so that what balances cost can be told apart. For measuring only."""

import sys
from collections.abc import Mapping

from hq_server import app
from hq_server.storage import stock
from hq_server.storage.database import Unit


def kept_by_nobody(_unit: Unit, _store: str, _deltas: Mapping[str, Mapping[str, int]]) -> tuple[()]:
    return ()


if __name__ == "__main__":
    stock.keep_balances = kept_by_nobody
    sys.exit(app.main())
