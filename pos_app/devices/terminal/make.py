"""Makes the card terminal a table describes."""

from pos_app.devices.kit import Kit
from pos_app.devices.ports import CardTerminal
from pos_app.devices.terminal.events import TerminalEvents
from pos_app.devices.terminal.journal import PaymentJournal
from pos_app.devices.terminal.tables import TerminalTable
from pos_app.devices.terminal.zvt.talk import ZvtSettings
from pos_app.devices.terminal.zvt.terminal import CURRENCIES, ZvtTerminal

MS_PER_S = 1000


def make(table: TerminalTable, kit: Kit, journal: PaymentJournal, events: TerminalEvents) -> CardTerminal:
    """Nothing is opened yet; nothing will be asked for that `journal` has not taken first."""
    settings = ZvtSettings(
        table.host,
        table.port,
        table.password,
        CURRENCIES[table.currency],
        terminal_prints=table.terminal_prints,
        order_ms=table.deadline_s * MS_PER_S,
    )
    return ZvtTerminal(table.name, settings, journal, kit.clock, kit.jitter, events, kit.changed)
