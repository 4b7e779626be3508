"""Bad input at head office: each kind has its answer, is counted, is shown to people, and stops nothing else."""

from itertools import count
from pathlib import Path

import pytest

from hq_server.service import shutting_out
from retail_core.domain.roles import Role
from retail_core.wire.messages import MAX_EXPANDED_BYTES
from tests.agent.support import until
from tests.hq.running import RunningHq
from tests.hq.support import OTHER_STORE, STORE, enrolled
from tests.support.bad_input import BAD, BOMB_BYTES, Bad, Hop, answered, bomb, next_good_batch_passes, three_sales

pytestmark = pytest.mark.xdist_group("hq-bad-input")  # one server for all of them
PEAK_EXTRA = 32 * 1024 * 1024
ATTEMPTS = count(1)  # a second attempt is made by other machines: the server of the first one knows those of the first


def counts(running: RunningHq) -> dict[str, float]:
    """Every counter that has to do with what machines send, by its label."""
    with running.as_role(Role.HQ_ADMIN) as admin:
        lines = admin.get("/metrics").text.splitlines()
    wanted = ("omnitill_refused_total{", "omnitill_pushes_total{", "omnitill_events_total{")
    found = (line.rpartition(" ") for line in lines if line.startswith(wanted))
    return {name.split('"')[1]: float(value) for name, _, value in found}


def shown(running: RunningHq) -> set[tuple[str, str]]:
    """Kind of case and the node it is about."""
    with running.as_role(Role.HQ_ADMIN) as admin:
        cases = admin.get("/api/exceptions?limit=500").json()["cases"]
    clock = "clock_off"  # machines of tests write with a clock of their own
    return {(case["kind"], str(case["evidence"].get("node", ""))) for case in cases if case["kind"] != clock}


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_bad_input_is_answered_counted_and_shown_and_stops_nothing(running: RunningHq, bad: Bad) -> None:
    name = f"{bad.name.replace(' ', '-')}-{next(ATTEMPTS)}"
    machine, gone = three_sales(enrolled(running.hq, f"bad-{name}")), enrolled(running.hq, f"gone-{name}")
    foreign = enrolled(running.hq, f"far-{name}", OTHER_STORE)
    before = counts(running)
    with running.as_node(machine) as client, running.as_node(gone) as revoked:
        shutting_out.revoke(running.hq, gone.node.node_id, "Ines")
        now_s = running.hq.clock.now_ms() // 1000
        hop = Hop("hq", machine, foreign, client, revoked, "omnitill-hq", now_s)
        assert answered(bad.send(hop)) == (bad.status, bad.code)
        after = counts(running)
        assert after.get(bad.counted, 0) > before.get(bad.counted, 0), after
        about = gone.node.node_id if bad.code == "node.revoked" else machine.node.node_id
        if bad.shown:  # the case is opened once the machine has its answer
            until(lambda: (bad.shown, about) in shown(running))
        assert {kind for kind, node in shown(running) if node == about} <= {bad.shown}
        next_good_batch_passes(hop, bad)


def test_the_page_says_which_register_sent_what(running: RunningHq) -> None:
    machine = three_sales(enrolled(running.hq, "bad-shown", STORE, register="T77"))
    header, body = machine.batch()
    with running.as_node(machine) as client:
        Hop("hq", machine, machine, client, client, "", 0).push(header, body[:-4])
    said = "T77: It sent bytes that are no batch, or that its key did not sign."
    with running.signed_in() as browser:
        until(lambda: said in browser.get("/").text)


def test_a_bomb_costs_less_than_32_mib(running: RunningHq) -> None:
    """The server runs in this process; the kernel keeps the peak of what it ever held."""
    machine = three_sales(enrolled(running.hq, "bad-bomb"))
    header, _ = machine.batch()
    assert len(bomb()) * 1_000 < BOMB_BYTES
    assert MAX_EXPANDED_BYTES < PEAK_EXTRA
    with running.as_node(machine) as client:
        hop = Hop("hq", machine, machine, client, client, "", 0)
        hop.push(*machine.batch())  # what the first push of a process loads is not the bomb's
        Path("/proc/self/clear_refs").write_text("5")
        before = resident("VmRSS")
        assert hop.push(header, bomb()).status_code == 413
        assert resident("VmHWM") - before <= PEAK_EXTRA


def resident(what: str) -> int:
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what)]
    return int(line.split()[1]) * 1024
