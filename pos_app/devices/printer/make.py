"""Makes the receipt printer a table describes, and the drawer behind it."""

from pos_app.devices.drawer import PrinterDrawer
from pos_app.devices.kit import Kit
from pos_app.devices.ports import CashDrawer
from pos_app.devices.printer.escpos_tcp import EscPosTcpPrinter, PrinterAddress
from pos_app.devices.printer.tables import PrinterDrawerTable, PrinterTable
from retail_core.domain.errors import EnvironmentFault


def make(table: PrinterTable, kit: Kit) -> EscPosTcpPrinter:
    """Nothing is opened yet."""
    address = PrinterAddress(table.host, table.port, table.two_way, table.deadline_ms)
    return EscPosTcpPrinter(table.name, address, kit.clock, kit.jitter, kit.changed)


def make_drawer(table: PrinterDrawerTable, kit: Kit) -> CashDrawer:
    """Its printer is already among `kit.made`. Raises EnvironmentFault `device.no_such_printer`."""
    printer = kit.made.get(table.printer)
    if not isinstance(printer, EscPosTcpPrinter):
        raise EnvironmentFault("device.no_such_printer", printer=table.printer)
    return PrinterDrawer(table.name, printer, table.pin, table.open_level)
