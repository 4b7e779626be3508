"""`omnitill-till doctor`: what stands in the way of each device, line by line, with the command that helps."""

from collections.abc import Sequence
from typing import TextIO

import msgspec

from pos_app.devices.config import DeviceTable
from pos_app.devices.doctor import Finding, examine
from pos_app.devices.found import plugged_in
from pos_app.ui.device_words import driver_words, sentence
from pos_app.ui.words import ntr, tr

GOOD, BAD, ADVICE = "✓", "✗", "·"


def report(tables: Sequence[DeviceTable], out: TextIO) -> int:
    """Write it; the number of devices with something in their way."""
    troubled = 0
    for table in tables:
        found = examine(table)
        bad = any(one.bad for one in found)
        troubled += bad
        driver = msgspec.to_builtins(table)["driver"]
        out.write(f"{BAD if bad else GOOD} {table.name} · {driver_words(driver)} ({driver})\n")
        out.writelines(
            f"    {BAD if one.bad else ADVICE} {sentence(one.code, one.facts)}  [{one.code}]\n"
            for one in found or (Finding("doctor.nothing_wrong", bad=False),)
        )
    _plugged(tables, out)
    out.write(ntr("{n} device needs somebody.", "{n} devices need somebody.", troubled) + "\n")
    return troubled


def _plugged(tables: Sequence[DeviceTable], out: TextIO) -> None:
    """What is there and in no table yet."""
    used = {str(value) for table in tables for value in msgspec.to_builtins(table).values()}
    new = [one for one in plugged_in() if one.where not in used and str(dict(one.fields).get("port", "")) not in used]
    if new:
        out.write(tr("Plugged in, and used by no device of this till:") + "\n")
    out.writelines(f"    {ADVICE} {one.title} ({one.where}): {', '.join(one.drivers)}\n" for one in new)
