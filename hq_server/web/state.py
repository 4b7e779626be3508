"""What the routes share: HQ's services and the parts of this one server process."""

from dataclasses import dataclass

from hq_server.service.contacts import Contacts
from hq_server.service.context import Hq
from hq_server.service.figures import Figures
from hq_server.service.refusals import Refusals
from hq_server.service.snapshots import SnapshotShop
from hq_server.web.bell import Bell
from hq_server.web.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Server:
    """Handed to every group of routes."""

    hq: Hq
    contacts: Contacts
    snapshots: SnapshotShop
    bell: Bell
    metrics: Metrics
    refusals: Refusals
    figures: Figures
