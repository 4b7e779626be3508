"""Line displays in till.toml."""

from typing import Literal

from pos_app.devices.table import SerialTable

Baud = Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200]
Characters = Literal["ascii", "cp437", "cp850", "cp858", "cp852", "cp866"]


class Cd5220Table(SerialTable, frozen=True, tag="display.cd5220", kw_only=True):
    """`characters`: the table the display is set to; `ascii` is right for all of them."""

    baud: Baud = 9600
    characters: Characters = "ascii"


class EscPosDisplayTable(SerialTable, frozen=True, tag="display.escpos", kw_only=True):
    """An ESC/POS display; it is told which table to use."""

    baud: Baud = 9600
    characters: Characters = "ascii"


DisplayTable = Cd5220Table | EscPosDisplayTable
