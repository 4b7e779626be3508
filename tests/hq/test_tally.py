"""Several processes of one head office are one in its metrics, and no counter goes back when one of them ends."""

import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hq_server.web.metrics import COUNTED, MOMENTARY, Metrics
from hq_server.web.tally import SLOT_BYTES, Board, Said
from tests.hq.test_workers import WORKERS, Office, open_office, until

pytestmark = pytest.mark.xdist_group("hq-workers")


def figure(metrics: Metrics, name: str) -> float:
    (found,) = re.findall(rf"^{re.escape(name)} (\S+)$", metrics.text().decode(), re.MULTILINE)
    return float(found)


def process(board: Board, slot: int) -> Metrics:
    made = Metrics()
    made.share(board, slot)
    return made


def test_whoever_is_asked_says_what_all_have_counted() -> None:
    board = Board(2)
    one, other = process(board, 0), process(board, 1)
    one.events.labels("new").inc(3)
    other.events.labels("new").inc(4)
    other.refused.labels("push.damaged").inc()
    other.ingest.observe(0.02)
    other.waiting.inc(5)
    for each in (one, other):
        each.publish()
    for each in (one, other):
        assert figure(each, 'omnitill_events_total{outcome="new"}') == 7
        assert figure(each, 'omnitill_refused_total{code="push.damaged"}') == 1
        assert figure(each, 'omnitill_ingest_seconds_bucket{le="0.025"}') == 1
        assert figure(each, "omnitill_ingest_seconds_count") == 1
        assert figure(each, "omnitill_long_polls") == 5


def test_a_process_that_is_begun_again_counts_on_and_waits_for_nobody_any_more() -> None:
    board = Board(1)
    first = process(board, 0)
    first.orders.inc(9)
    first.waiting.inc(2)
    first.publish()
    again = process(board, 0)
    again.orders.inc()
    assert (figure(again, "omnitill_orders_placed_total"), figure(again, "omnitill_long_polls")) == (10, 0)
    again.publish()
    assert figure(process(board, 0), "omnitill_orders_placed_total") == 10


@pytest.mark.expects_log
def test_more_figures_than_a_slot_holds_are_left_out_and_said(caplog: pytest.LogCaptureFixture) -> None:
    board = Board(1)
    board.write(0, [Said("omnitill_refused", "omnitill_refused_total", (("code", "x" * SLOT_BYTES),), 1.0)])
    assert board.read(0) == ()
    assert "too many figures" in caplog.text


def test_every_counter_is_added_up_and_nothing_that_all_read_from_the_database() -> None:
    """A counter that is new must be put on the list, or a page of several processes shows a part of it."""
    made = Metrics()
    counters = {name for name, one in vars(made).items() if type(one).__name__ in {"Counter", "Histogram"}}
    assert len(COUNTED - MOMENTARY) == len(counters)


def requests(office: Office) -> float:
    with office.admin() as admin:
        text = admin.get("/metrics").text
    return sum(float(value) for value in re.findall(r"^omnitill_requests_total\{.*\} (\S+)$", text, re.MULTILINE))


def test_the_requests_of_a_real_office_are_counted_whoever_answers_and_whoever_dies(tmp_path: Path) -> None:
    with open_office(tmp_path / "home", None) as office:
        before = requests(office)

        def ask(_: int) -> None:
            with office.client() as anybody:
                assert anybody.get("/health").status_code == 200

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(ask, range(60)))
        until(lambda: requests(office) >= before + 60)
        counted = requests(office)
        victim = max(office.workers())
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(office.workers() - {victim}) == WORKERS and office.answers())
        for _ in range(6):
            assert requests(office) >= counted
