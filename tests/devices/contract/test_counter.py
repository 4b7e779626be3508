"""What RFID readers and card terminals promise."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pos_app.devices.fakes.rfid import FakeRfidReader
from pos_app.devices.fakes.terminal import FakeCardTerminal
from pos_app.devices.ports import (
    CardTerminal,
    DeviceState,
    PaymentState,
    RfidReader,
    TagRead,
)
from pos_app.devices.rfid.llrp.messages import Settings
from pos_app.devices.rfid.llrp.reader import LlrpReader
from pos_app.devices.rfid.m100_reader import M100Reader
from pos_app.devices.sim.llrp import LlrpSim
from pos_app.devices.sim.m100 import M100Sim
from pos_app.devices.transport.serial_port import PortIdentity
from tests.devices.support import CLOCK, eventually, no_jitter

EPC = bytes.fromhex("30340242201d8840009ef9e3")


@dataclass
class Tags:
    port: RfidReader
    hold_to: Callable[[bytes], None]


@pytest.fixture(params=["fake", "llrp", "m100"])
def tags(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tags]:
    if request.param == "fake":
        fake = FakeRfidReader(CLOCK)
        yield Tags(fake, fake.hold_to)
        fake.close()
    elif request.param == "llrp":
        with LlrpSim() as sim:
            sim.field.rate = 50
            reader = LlrpReader("reader", sim.host, sim.port, Settings(keepalive_ms=500), CLOCK, no_jitter)
            yield Tags(reader, sim.field.put)
            reader.close()
    else:
        with M100Sim(tmp_path / "module") as module:
            reader = M100Reader("module", PortIdentity(module.path), CLOCK, no_jitter)
            yield Tags(reader, module.field.put)
            reader.close()


def test_tags_are_read_only_while_an_inventory_runs(tags: Tags) -> None:
    reads: list[TagRead] = []
    tags.port.start(reads.extend)
    tags.hold_to(EPC)
    assert eventually(lambda: tags.port.health.state is DeviceState.READY)
    assert reads == []
    tags.port.begin_inventory()
    assert eventually(lambda: tags.hold_to(EPC) or len(reads) >= 2)
    assert {read.epc for read in reads} == {EPC}
    assert all(-9_000 < read.rssi_cdbm < 0 for read in reads)
    tags.port.end_inventory()
    tags.port.close()
    count = len(reads)
    tags.hold_to(EPC)
    assert len(reads) == count


@dataclass
class Paying:
    port: CardTerminal
    taken: Callable[[], dict[str, int]]
    decline_next: Callable[[], None]
    lose_next_answer: Callable[[], None]
    unplug: Callable[[], None]


@pytest.fixture(params=["fake"])
def paying(request: pytest.FixtureRequest) -> Iterator[Paying]:
    fake = FakeCardTerminal()
    yield Paying(fake, lambda: fake.taken, fake.decline_next, fake.lose_next_answer, fake.unplug)
    fake.close()


def test_an_approved_payment_shows_no_whole_card_number(paying: Paying) -> None:
    outcome = paying.port.authorise("t-1", 1670, "EUR")
    assert (outcome.state, outcome.amount_minor, outcome.currency) == (PaymentState.APPROVED, 1670, "EUR")
    assert sum(char.isdigit() for char in outcome.masked_card) <= 4
    assert paying.taken() == {"t-1": 1670}


def test_asking_again_for_the_same_tender_never_pays_twice(paying: Paying) -> None:
    first = paying.port.authorise("t-1", 1670, "EUR")
    assert paying.port.authorise("t-1", 1670, "EUR") == first
    assert paying.taken() == {"t-1": 1670}


def test_paid_but_the_link_died_is_found_by_asking(paying: Paying) -> None:
    paying.lose_next_answer()
    assert paying.port.authorise("t-1", 1670, "EUR").state is PaymentState.UNKNOWN
    assert paying.port.enquire("t-1").state is PaymentState.APPROVED
    assert paying.taken() == {"t-1": 1670}


def test_a_declined_payment_takes_nothing_and_the_next_may_pay(paying: Paying) -> None:
    paying.decline_next()
    assert paying.port.authorise("t-1", 1670, "EUR").state is PaymentState.DECLINED
    assert paying.port.authorise("t-2", 1670, "EUR").state is PaymentState.APPROVED
    assert paying.taken() == {"t-2": 1670}


def test_a_reversed_payment_is_given_back_once(paying: Paying) -> None:
    paying.port.authorise("t-1", 1670, "EUR")
    assert paying.port.reverse("t-1").state is PaymentState.ABORTED
    assert paying.port.reverse("t-1").state is PaymentState.ABORTED
    assert paying.taken() == {}


def test_a_terminal_that_is_away_leaves_a_doubt(paying: Paying) -> None:
    paying.unplug()
    assert paying.port.authorise("t-1", 1670, "EUR").state is PaymentState.UNKNOWN
    assert paying.port.enquire("t-1").state is PaymentState.UNKNOWN
    assert paying.port.health.state is DeviceState.ABSENT


def test_nothing_was_taken_for_a_tender_nobody_asked_for(paying: Paying) -> None:
    paying.port.abort()
    assert paying.port.enquire("t-9").state is PaymentState.ABORTED
