"""Where the windows are drawn: as $QT_QPA_PLATFORM says, on $DISPLAY, on a virtual screen, or nowhere (offscreen)."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from tools.demo.processes import Children, DemoError, until

SCREEN = "1400x800x24"
STARTS_WITHIN_S = 10.0


@dataclass(frozen=True)
class Display:
    """`environment` is what a program with windows needs; `words` say which one it became."""

    environment: dict[str, str]
    words: str


def find_display(children: Children, folder: Path) -> Display:
    """A screen for the tills; starts Xvfb when there is none and it is installed."""
    asked, here = os.environ.get("QT_QPA_PLATFORM"), os.environ.get("DISPLAY")
    if asked:
        return Display({}, f"the platform “{asked}”")
    if here:
        return Display({"DISPLAY": here, "QT_QPA_PLATFORM": "xcb"}, f"screen {here}")
    if shutil.which("Xvfb"):
        try:
            return _virtual(children, folder)
        except DemoError:
            pass  # a screen is a comfort: without it everything still runs
    return Display({"QT_QPA_PLATFORM": "offscreen"}, "no screen (windows are drawn in memory)")


def _virtual(children: Children, folder: Path) -> Display:
    said = folder / "display"
    # Xvfb picks a free number itself and says which; no race for numbers
    command = ["sh", "-c", f'exec Xvfb -screen 0 {SCREEN} -nolisten tcp -displayfd 3 3>"$0"', str(said)]
    child = children.start("virtual screen", command)
    until(lambda: said.exists() and said.read_text().endswith("\n"), STARTS_WITHIN_S, "the virtual screen", [child])
    number = said.read_text().strip()
    return Display({"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}, f"virtual screen :{number}")
