"""Makes the card terminal a table describes."""

from pos_app.devices.kit import Kit
from pos_app.devices.ports import CardTerminal
from pos_app.devices.terminal.journal import PaymentJournal
from pos_app.devices.terminal.tables import TerminalTable
from pos_app.devices.terminal.zvt.terminal import TerminalEvents, ZvtSettings, ZvtTerminal


def make(table: TerminalTable, kit: Kit, journal: PaymentJournal, events: TerminalEvents) -> CardTerminal:
    """Nothing is opened yet; nothing will be asked for that `journal` has not taken first."""
    settings = ZvtSettings(table.host, table.port, table.password, table.terminal_prints)
    return ZvtTerminal(table.name, settings, journal, kit.clock, kit.jitter, events, kit.changed)
