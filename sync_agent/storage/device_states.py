"""How the devices of the till beside this agent are, as the till said last."""

import msgspec

from retail_core.durable.device_states import devices_said
from retail_core.wire.devices import DevicesSaid, Standing
from sync_agent.storage.files import Files

SILENT_MS = 900_000
"""A running till says it again every five minutes."""
TILL_OFF = "till.off"


def devices_here(files: Files, now_ms: int) -> DevicesSaid | None:
    """None when no till of this machine ever said anything."""
    till = files.till()
    found = devices_said(till) if till else None
    if found is None:
        return None
    at_ms, said = found
    if abs(now_ms - at_ms) <= SILENT_MS:
        return said
    silent = (msgspec.structs.replace(one, state=Standing.UNKNOWN, code=TILL_OFF) for one in said.devices)
    return DevicesSaid(tuple(silent))
