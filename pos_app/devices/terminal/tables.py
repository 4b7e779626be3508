"""Card terminals in till.toml."""

from typing import Annotated, Literal

from msgspec import Meta

from pos_app.devices.table import Host, PortNumber, Table

Currency = Literal["EUR", "CHF", "GBP", "USD", "DKK", "SEK", "NOK", "PLN", "CZK"]


class ZvtTable(Table, frozen=True, tag="terminal.zvt", kw_only=True):
    """Give `host` as an address: looking a name up may take long. `password` is the terminal's for the till (six digits); `terminal_prints`: it has a printer of its own.

    `deadline_s`: how long one payment may take before the terminal is asked to stop it. A terminal belongs to one till.
    """

    host: Host
    port: PortNumber = 20007
    password: Annotated[str, Meta(pattern=r"^[0-9]{6}$")] = "000000"
    currency: Currency = "EUR"
    terminal_prints: bool = True
    deadline_s: Annotated[int, Meta(ge=30, le=600)] = 180


TerminalTable = ZvtTable
