"""What the till is told about one framed read."""

from pos_app.devices.barcode.aim import split_aim
from pos_app.devices.barcode.dressing import PLAIN, Dressing
from pos_app.devices.framing import Framed, Label, label_text
from pos_app.devices.ports import ScanEvent


def scan_event(framed: Framed, source: str, t_mono_ms: int, dressing: Dressing = PLAIN) -> ScanEvent:
    """Undressed, its AIM id split off; a problem code when it was no label."""
    aim_id, text = split_aim(dressing.label(label_text(framed.raw)))
    problem = "" if isinstance(framed, Label) else framed.code
    return ScanEvent(framed.raw, aim_id, text, source, t_mono_ms, problem)
