"""How this machine is, in figures for head office: what waits where, how the disk is, which release wrote its files."""

import shutil
from collections.abc import Mapping

from retail_core.durable.engine import Connection
from sync_agent.storage.files import Files
from sync_agent.storage.sealing import sealed_files

MIB = 1024 * 1024


def figures_here(files: Files) -> Mapping[str, int]:
    """Names are for people; a figure that cannot be read now is left out."""
    till = files.till()
    sealed = sealed_files(files)
    found = {
        "disk_free_mib": shutil.disk_usage(files.home.folder).free // MIB,
        "store_schema": _schema(files.store),
        "sealed_entries": sum(one.entries for one in sealed.values()),
        "sealed_mib": sum(one.size for one in sealed.values()) // MIB,
    }
    return {**found, **(_of_till(till) if till else {})}


def _of_till(till: Connection) -> Mapping[str, int]:
    rows = till.execute("SELECT state, count(*) FROM spool WHERE state IN ('QUEUED', 'SENT', 'UNKNOWN') GROUP BY state")
    papers = dict(rows.fetchall())
    return {
        "till_schema": _schema(till),
        "papers_waiting": papers.get("QUEUED", 0) + papers.get("SENT", 0),
        "papers_in_doubt": papers.get("UNKNOWN", 0),
    }


def _schema(conn: Connection) -> int:
    return conn.execute("PRAGMA user_version").fetchone()[0]
