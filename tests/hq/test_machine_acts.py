"""Who let a machine in: codes are written down when they are made, used, spoiled or over, and the code itself nowhere."""

import msgspec
import pytest
from sqlalchemy import select

from hq_server.service import enrolment, machine_acts
from hq_server.storage.tables import event
from hq_server.web.machines_page import act_row
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.trust.keys import SigningKey
from retail_core.wire.messages import EnrolAnswer, EnrolRequest
from tests.hq.support import NOON_MS, STORE, Shop
from tests.hq.test_sync_http import signing_request


def join(shop: Shop, code: str) -> EnrolAnswer:
    agent, till = SigningKey.new(), SigningKey.new()
    asked = EnrolRequest(code, agent.public_text, signing_request(agent), till.public_text)
    return enrolment.enrol(shop.hq, asked)


def bodies(shop: Shop) -> list[tuple[str, bytes]]:
    """(who, fact) of every note about machines in the store's journal, as they were written."""
    asked = select(event.c.actor, event.c.body).where(event.c.store == STORE, event.c.type.like("audit.%"))
    rows = shop.hq.database.read(lambda conn: conn.execute(asked.order_by(event.c.seq)).all())
    return [(row.actor, row.body) for row in rows]


def shown(shop: Shop) -> list[tuple[str, str, str]]:
    """(what, register, who) as the page lists them, newest first."""
    rows = [act_row(*one) for one in machine_acts.latest(shop.hq)]
    assert {row.store for row in rows} <= {"319 Midtown"}
    return [(row.what, row.register, row.who) for row in rows]


def test_a_code_is_written_down_when_it_is_made_and_when_it_is_used(shop: Shop) -> None:
    made = enrolment.new_code(shop.hq, STORE, "T7", "till", "Ines", store_role=True)
    shop.clock.later(1_000)
    joined = join(shop, made.code)
    (maker, first), (machine, second) = bodies(shop)
    assert maker == "Ines"
    assert msgspec.json.decode(first, type=AuditNoted) == AuditNoted(
        "enrolment_code_made", "T7", NOON_MS + 600_000, "till store_role"
    )
    assert machine == joined.agent_node
    assert msgspec.json.decode(second, type=AuditNoted).reason.split() == [joined.agent_node, joined.till_node]
    assert shown(shop) == [
        ("joined by its code", "T7", "the machine itself"),
        ("code made, good until 12:10:00", "T7", "Ines"),
    ]
    shop.clock.later(600_000)
    assert enrolment.close_codes(shop.hq) == 0, "what was used did not run out"
    for part in made.code.split("-"):
        assert part.encode() not in first + second


def test_a_code_that_nobody_used_ran_out_and_is_said_once(shop: Shop) -> None:
    made = enrolment.new_code(shop.hq, STORE, "T7", "till", "Ines", store_role=False)
    shop.clock.later(600_000)
    assert enrolment.close_codes(shop.hq) == 0, "it is good to its last moment"
    shop.clock.later(86_400_001)
    enrolment.new_code(shop.hq, STORE, "T8", "till", "Ines", store_role=False)
    assert [enrolment.close_codes(shop.hq), enrolment.close_codes(shop.hq)] == [1, 0]
    with pytest.raises(RuleViolationError, match=enrolment.NOT_A_CODE):
        join(shop, made.code)
    assert shown(shop)[0] == ("code ran out unused", "T7", "–")


def test_a_code_that_somebody_guesses_at_is_written_down_as_that(shop: Shop) -> None:
    made = enrolment.new_code(shop.hq, STORE, "T7", "till", "Ines", store_role=False)
    wrong = made.code[:5] + ("00000000" if made.code[5:] != "00000000" else "11111111")
    for _ in range(5):
        with pytest.raises(RuleViolationError, match=enrolment.NOT_A_CODE):
            join(shop, wrong)
    assert enrolment.close_codes(shop.hq) == 1
    assert shown(shop)[0] == ("code ended by wrong tries", "T7", "–")


def test_a_machine_whose_place_another_took_is_one_line(shop: Shop) -> None:
    old, _ = [
        join(shop, enrolment.new_code(shop.hq, STORE, "T7", "till", "Ines", store_role=False).code) for _ in range(2)
    ]
    notes = [msgspec.json.decode(body, type=AuditNoted) for _, body in bodies(shop)]
    (replaced,) = [note for note in notes if note.what == "node_replaced"]
    assert set(replaced.reason.split()) == {old.agent_node, old.till_node}
    assert shown(shop).count(("shut out: another machine took its place", "T7", "–")) == 1
