"""The agent's own files when one of them is damaged: taken aside, and had again from a copy, from the tills, or from head office.

store.db comes back from its newest good copy; what that lacks the tills send again, since they ask how far it is. link.db and
the catalogue are only what head office says, and are filled anew.
"""

import logging

from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault
from retail_core.durable import copies
from retail_core.durable.engine import open_ro
from sync_agent.config import AgentHome

LOG = logging.getLogger(__name__)
DAMAGE = "db.damaged"
OWN = ("store.db", "link.db")


def mend(home: AgentHome, clock: Clock) -> list[str]:
    """Where no agent runs: put right what cannot be opened; the names of the files that were."""
    mended: list[str] = []
    for name in OWN:
        mark = home.home.suspect(name)
        path = home.folder / name
        if not path.exists():
            continue
        if _opens(home, name) and (not mark.exists() or copies.is_sound(home.home, name)):
            mark.unlink(missing_ok=True)
            continue
        copy = copies.put_back_newest(home.home, name, clock.now_ms())
        mark.unlink(missing_ok=True)
        LOG.error("%s is damaged, put back from %s", name, copy.name if copy else "nothing", extra={"code": DAMAGE})
        mended.append(name)
    return mended


def _opens(home: AgentHome, name: str) -> bool:
    try:
        open_ro(home.folder / name, home.home.keys.file_key(name)).close()
    except EnvironmentFault as fault:
        if fault.code != DAMAGE:
            raise
        return False
    return True
