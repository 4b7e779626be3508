"""An agent that was brought up to date before the till beside it: it goes on with what there is."""

from pathlib import Path

import pytest

from pos_app.storage.schema import TILL_STEPS
from retail_core.durable.engine import open_rw
from retail_core.durable.migrate import ensure_schema
from tests.agent.support import Lan, agent, kept_types, until
from tests.support.shop import at_till


@pytest.mark.parametrize("tables", [1, len(TILL_STEPS) - 1])
def test_an_agent_goes_on_beside_a_till_of_an_older_release(tmp_path: Path, tables: int) -> None:
    lan = Lan(tmp_path)
    shop, beside = lan.machine("T1"), lan.machine("T2", store_role=True)
    lan.introduce()
    path = shop.home.till_db
    older = open_rw(path, shop.home.keys.file_key(path.name, create=True))
    ensure_schema(older, path, TILL_STEPS[:tables])
    older.close()
    with agent(beside.home), agent(shop.home) as running:
        until(lambda: running.health().get("neighbours"), why="it works")
        with at_till(shop) as at:  # which brings its file up to date
            at.sign_in()
            until(lambda: "audit.signed_in" in kept_types(beside.home, "node-T1"), why="and its facts go on")
