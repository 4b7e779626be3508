"""What ends one line of the agent is told and ends no other; and no answer of a peer, however odd, ends any."""

import asyncio
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from retail_core.domain.claims import ClaimKind, Granted, NobodyAnswered
from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.engine import open_rw, transaction
from retail_core.durable.system import SystemClock, SystemIds
from retail_core.trust.keys import SigningKey
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import HQ_AGE_HEADER, HopFault, Peer
from sync_agent.hq_client.tls import pinned_context
from sync_agent.supervisor import FAILED, MAX_BUGS_IN_A_ROW, SHOWN_MS, WELL_AFTER_MS, Supervisor
from tests.agent.support import LOOPBACK, AgentProcess, Lan, agent, journal_types, kept_types, until
from tests.support.shop import ITEMS, AtTill, ManualClock, Shop, at_till

MILK = ITEMS[0]
LATER_MS = 3_600_000


# ── a real agent ─────────────────────────────────────────────────────────────────────────────────


@contextmanager
def odd_question(shop: Shop) -> Iterator[None]:
    """A question no line can make sense of stands in the till's file, as a damaged page or a program gone wrong leaves it."""
    with closing(open_rw(shop.home.till_db, shop.home.keys.file_key("till.db"))) as conn:
        with transaction(conn):
            at_ms = SystemClock().now_ms() + LATER_MS  # for as long as the test takes
            conn.execute("INSERT INTO claim_ask VALUES ('odd', ?, 'K', 'soon', ?)", (ClaimKind.RFID_UNIT, at_ms))
        yield
        with transaction(conn):
            conn.execute("DELETE FROM claim_ask WHERE ask_id = 'odd'")


def metrics(running: AgentProcess) -> str:
    with urllib.request.urlopen(f"http://{LOOPBACK}:{running.home.config().health_port}/metrics", timeout=30) as answer:
        return answer.read().decode()


def claimed(at: AtTill) -> object:
    return at.done(lambda done, _: at.till.claims.ask(ClaimKind.RFID_UNIT, "epc-1", done))


def test_a_line_that_fails_on_a_bad_row_is_told_of_and_the_others_go_on(tmp_path: Path) -> None:
    lan = Lan(tmp_path)
    first, second = lan.machine("T1", store_role=True), lan.machine("T2")
    lan.introduce()
    with agent(first.home) as running, agent(second.home), at_till(first) as at:
        at.sign_in()
        until(lambda: isinstance(claimed(at), Granted), why="claims are answered")
        with odd_question(first):
            until(lambda: running.health().get("restarts", {}).get("claims", 0) >= 2, why="it begins again")
            until(lambda: FAILED in running.health()["faults"], why="it is told")
            assert (running.health()["state"], set(running.health()["restarts"])) == ("degraded", {"claims"})
            assert 'omnitill_agent_line_restarts{line="claims"}' in metrics(running)
            assert claimed(at) == NobodyAnswered()
            at.scan(MILK.code).pay_cash(500)
            until(lambda: kept_types(second.home, "node-T1") == journal_types(first.home), why="the second copy")
        until(lambda: isinstance(claimed(at), Granted), why="claims are answered again")
        until(lambda: FAILED not in running.health()["faults"], why="nothing is told any more")
        said = (first.home.logs / "agent.log").read_text()
        assert FAILED in said


# ── its rules ────────────────────────────────────────────────────────────────────────────────────


class Line:
    """Ends as it is told to, each time after so many milliseconds; in the end it goes on for ever."""

    def __init__(self, clock: ManualClock, *ends: Exception, lasts_ms: int = 0) -> None:
        self._clock, self._ends, self._lasts_ms = clock, list(ends), lasts_ms
        self.begun, self.well = 0, asyncio.Event()

    async def run(self) -> None:
        self.begun += 1
        self._clock.mono_ms += self._lasts_ms
        if self._ends:
            raise self._ends.pop(0)
        self.well.set()
        await asyncio.Event().wait()


BUG = RuntimeError("a bug")
FULL = EnvironmentFault("disk.full")


def kept(line: Line, clock: ManualClock) -> Supervisor:
    """The line is kept until it goes on; raises what its keeper gave up with."""
    supervisor = Supervisor(clock, lambda _: 0)

    async def work() -> None:
        keeping = asyncio.create_task(supervisor.keep("line", line.run))
        waiting = asyncio.create_task(line.well.wait())
        await asyncio.wait([keeping, waiting], return_when=asyncio.FIRST_COMPLETED)
        for task in (keeping, waiting):
            task.cancel()
        if not waiting.done():
            await keeping

    asyncio.run(work())
    return supervisor


@pytest.mark.expects_log
def test_nine_bugs_in_a_row_are_lived_with() -> None:
    clock = ManualClock()
    line = Line(clock, *[BUG] * (MAX_BUGS_IN_A_ROW - 1))
    supervisor = kept(line, clock)
    assert (line.begun, supervisor.restarts) == (MAX_BUGS_IN_A_ROW, {"line": MAX_BUGS_IN_A_ROW - 1})
    assert supervisor.faults == {"line": FAILED}, "until it has run for a while"
    clock.mono_ms += SHOWN_MS
    assert supervisor.faults == {}


@pytest.mark.expects_log
def test_the_tenth_bug_in_a_row_ends_the_program() -> None:
    clock = ManualClock()
    line = Line(clock, *[BUG] * (MAX_BUGS_IN_A_ROW + 1))
    with pytest.raises(RuntimeError, match="a bug"):
        kept(line, clock)
    assert line.begun == MAX_BUGS_IN_A_ROW


@pytest.mark.expects_log
def test_a_full_disk_may_last_as_long_as_it_likes() -> None:
    clock = ManualClock()
    ends = [*[BUG] * 9, FULL, *[BUG] * 9, *[ExceptionGroup("of tasks", [FULL, FULL])] * 30]
    assert kept(Line(clock, *ends), clock).faults == {"line": "disk.full"}


@pytest.mark.expects_log
def test_a_line_that_was_well_for_a_minute_begins_a_new_count() -> None:
    clock = ManualClock()
    kept(Line(clock, *[BUG] * 30, lasts_ms=WELL_AFTER_MS), clock)


@pytest.mark.expects_log
def test_a_bug_beside_a_full_disk_is_a_bug() -> None:
    clock = ManualClock()
    supervisor = kept(Line(clock, ExceptionGroup("of tasks", [FULL, BUG])), clock)
    assert supervisor.faults == {"line": FAILED}


# ── odd answers ──────────────────────────────────────────────────────────────────────────────────


@contextmanager
def odd_peer(fields: dict[str, str], body: bytes) -> Iterator[str]:
    """Answers everything in the same way."""

    class Odd(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(200)
            for name, value in {**fields, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer((LOOPBACK, 0), Odd) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("body", [b'{"x":' + b"[" * 30_000, b"\xff\xfe", b"", b"null"])
@pytest.mark.parametrize(
    "fields",
    [{}, {HQ_AGE_HEADER: "\u00b2"}, {HQ_AGE_HEADER: "9" * 5_000}, {"Date": "Mon, 01 Jan 0001 00:00:00 -0000"}],
    ids=["plain", "superscript", "long", "year one"],
)
def test_no_answer_of_a_peer_is_more_than_a_bad_answer(fields: dict[str, str], body: bytes, tmp_path: Path) -> None:
    ca_pem = Lan(tmp_path).ca_pem

    async def ask(url: str) -> None:
        clock = SystemClock()
        peer = Peer("odd", url, "odd")
        async with SyncClient(peer, "n", SigningKey.new(), pinned_context(ca_pem, clock), clock, SystemIds()) as client:
            assert await client.hello() == body
            with pytest.raises(HopFault, match=r"hop\.bad_answer"):
                await client.witness("n", "e")

    with odd_peer(fields, body) as url:
        asyncio.run(ask(url))
