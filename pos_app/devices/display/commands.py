"""How the two families of 2 × 20 displays are told what to show.

Each message sets the display up anew: one that was switched off and on in between is right again with the next line.
CD5220: ESC @ resets, ESC Q A … CR writes the upper line, ESC Q B … CR the lower one. ESC/POS: ESC @, then CLR (0x0C),
US $ 1 2 moves to the first column of the lower line. Sources: CD5220 command set, Epson DM-D manuals.
"""

from collections.abc import Mapping
from enum import StrEnum

from pos_app.devices.display.characters import TABLES, line_bytes

ESC, US, CR, CLR = b"\x1b", b"\x1f", b"\r", b"\x0c"
RESET = ESC + b"@"
PAGES: Mapping[str, int] = {"cp437": 0, "cp850": 2, "cp866": 17, "cp852": 18, "cp858": 19}


class Language(StrEnum):
    CD5220 = "cd5220"
    ESCPOS = "escpos"


def message(language: Language, upper: str, lower: str, table: str = "ascii") -> bytes:
    """Everything that makes the display show these two lines."""
    characters = TABLES[table]
    first, second = line_bytes(upper, characters), line_bytes(lower, characters)
    match language:
        case Language.CD5220:
            return RESET + ESC + b"QA" + first + CR + ESC + b"QB" + second + CR
        case Language.ESCPOS:
            page = ESC + b"t" + bytes([PAGES[table]]) if table in PAGES else b""
            return RESET + page + CLR + first + US + b"$\x01\x02" + second
