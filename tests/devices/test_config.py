"""A mistake in a device table is told by a code and the table's number, before anything is opened."""

import msgspec
import pytest

from pos_app.devices.config import MAX_DEVICES, device_tables
from pos_app.devices.framing import Framing
from pos_app.devices.printer.tables import EscPosTcpTable, PrinterDrawerTable
from pos_app.devices.scanner.tables import SerialScannerTable, WedgeTable
from retail_core.domain.errors import EnvironmentFault

GOOD = """
[[device]]
driver = "scanner.serial"
name = "counter"
usb_vid = 0x05f9
usb_pid = 0x4204
framing = "stx_etx"

[[device]]
driver = "scanner.wedge"
name = "hand"

[[device]]
driver = "printer.escpos_tcp"
name = "receipts"
host = "192.0.2.7"

[[device]]
driver = "drawer.printer"
name = "drawer"
printer = "receipts"
pin = 5
"""
SCANNER = {"driver": "scanner.serial", "name": "counter", "port": "/dev/ttyACM0"}


def test_good_tables_are_understood() -> None:
    tables = msgspec.toml.decode(GOOD, type=dict[str, list[dict[str, object]]])["device"]
    assert device_tables(tables) == (
        SerialScannerTable(name="counter", usb_vid=0x05F9, usb_pid=0x4204, framing=Framing.STX_ETX),
        WedgeTable(name="hand"),
        EscPosTcpTable(name="receipts", host="192.0.2.7"),
        PrinterDrawerTable(name="drawer", printer="receipts", pin=5),
    )


@pytest.mark.parametrize(
    ("tables", "code", "number"),
    [
        ([{"driver": "scanner.telepathy", "name": "x"}], "device.bad_table", 1),
        ([{"name": "x"}], "device.bad_table", 1),
        ([SCANNER, {**SCANNER, "name": "b", "baud": 12345}], "device.bad_table", 2),
        ([{**SCANNER, "bauds": 9600}], "device.bad_table", 1),
        ([{**SCANNER, "name": ""}], "device.bad_table", 1),
        ([{"driver": "printer.escpos_tcp", "name": "p", "host": "h", "port": 70000}], "device.bad_table", 1),
        ([{"driver": "scanner.serial", "name": "counter"}], "device.no_port", 1),
        ([SCANNER, SCANNER], "device.name_taken", 2),
        ([{"driver": "drawer.printer", "name": "d", "printer": "nobody"}], "device.no_such_printer", 1),
    ],
)
def test_a_bad_table_is_named(tables: list[dict[str, object]], code: str, number: int) -> None:
    with pytest.raises(EnvironmentFault) as caught:
        device_tables(tables)
    assert (caught.value.code, caught.value.facts["table"]) == (code, number)


def test_the_number_of_devices_is_bounded() -> None:
    with pytest.raises(EnvironmentFault) as caught:
        device_tables([{**SCANNER, "name": str(n)} for n in range(MAX_DEVICES + 1)])
    assert caught.value.code == "device.too_many"
