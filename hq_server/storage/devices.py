"""How the devices of each machine are, as it said last. Kept beside everything else and needed by nothing."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import node_devices
from retail_core.wire.devices import DevicesSaid, DeviceStanding


class NodeDevices(msgspec.Struct, frozen=True):
    """What a machine said at `at_ms`, by HQ's clock."""

    at_ms: int
    devices: Sequence[DeviceStanding]


def put_devices(unit: Unit, store: str, node: str, said: DevicesSaid, now_ms: int) -> None:
    """Replace what this machine said before."""
    doc = msgspec.json.encode(said).decode()
    bulk.put(unit, node_devices, [{"store": store, "node": node, "at_ms": now_ms, "doc": doc}])


def devices_by_node(conn: Connection) -> Mapping[str, NodeDevices]:
    return {
        row.node: NodeDevices(row.at_ms, msgspec.json.decode(row.doc, type=DevicesSaid).devices)
        for row in conn.execute(select(node_devices))
    }
