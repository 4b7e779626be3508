"""Card terminals in till.toml."""

from typing import Annotated

from msgspec import Meta

from pos_app.devices.table import Host, PortNumber, Table


class ZvtTable(Table, frozen=True, tag="terminal.zvt", kw_only=True):
    """`password` is the terminal's for the till (six digits); `terminal_prints`: it has a printer of its own."""

    host: Host
    port: PortNumber = 20007
    password: Annotated[str, Meta(pattern=r"^[0-9]{6}$")] = "000000"
    terminal_prints: bool = True


TerminalTable = ZvtTable
