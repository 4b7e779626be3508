"""A machine is lost: its place is taken, its store is told what was seen of it, and its disk can be opened again."""

import hashlib
import os

import httpx
import msgspec
import pytest
from sqlalchemy import select

from hq_server.service.ingest import take
from hq_server.storage.tables import event
from retail_core.domain.roles import Role
from retail_core.trust.keys import SigningKey, b64, unb64
from retail_core.trust.seal import seal, unseal
from retail_core.wire.messages import EnrolAnswer
from retail_core.wire.recovery import LackedIds, ReleasedKeys, SealedKey, SealedKeys, SeenReceipts
from tests.hq.running import RunningHq, decoded
from tests.hq.support import OTHER_STORE, STORE, Machine, enrolled, sale
from tests.hq.test_sync_http import enrol, new_code

pytestmark = pytest.mark.xdist_group("hq-sync")


def joined(running: RunningHq, register: str) -> EnrolAnswer:
    with running.client() as stranger:
        answer = enrol(stranger, new_code(running, register), SigningKey.new(), SigningKey.new())
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=EnrolAnswer)


def sealed(running: RunningHq, key: bytes, file: str = "till.db") -> SealedKey:
    return SealedKey(file, hashlib.sha256(key).hexdigest(), b64(seal(running.hq.key.public_text, key)))


def post(client: httpx.Client, path: str, body: object) -> httpx.Response:
    return client.post(path, content=msgspec.json.encode(body), headers={"Content-Type": "application/json"})


def audited(running: RunningHq, what: str) -> list[str]:
    """Actors of HQ's own facts of this kind in the store's journal."""
    asked = select(event.c.actor).where(event.c.store == STORE, event.c.type == f"audit.{what}")
    return list(running.hq.database.read(lambda conn: conn.execute(asked).scalars().all()))


def test_a_new_machine_at_a_register_shuts_the_old_one_out(running: RunningHq) -> None:
    first, beside = joined(running, "T51"), joined(running, "T52")
    before = len(audited(running, "node_replaced"))
    second = joined(running, "T51")
    assert not set(first.series) & set(second.series)
    with running.as_role(Role.HQ_ADMIN) as admin:
        nodes = admin.get(f"/api/nodes?store={STORE}").json()["nodes"]
    revoked = {one["node_id"]: one["revoked_ms"] is not None for one in nodes}
    assert [revoked[node] for node in (first.till_node or "", first.agent_node)] == [True, True]
    for machine in (second, beside):
        assert not revoked[machine.agent_node]
    assert len(audited(running, "node_replaced")) == before + 1, "a machine is one, whatever runs on it"


def test_what_was_seen_of_every_series_of_a_register_is_told(running: RunningHq) -> None:
    lost = joined(running, "T53")
    till = enrolled(running.hq, "till-53", register="T53")
    for n in (1, 2, 11):
        till.says(sale(f"{STORE}-T53-A-{n:06d}", ("THROW", 1, 2999)))
    till.says(sale(f"{STORE}-T53-B-000001", ("THROW", 1, 2999)))
    take(running.hq, running.server.contacts, till.node, *till.batch())
    assert lost.series[:2] == ("A", "B")
    with running.as_node(till) as machine:
        answer = machine.get("/v1/seen?register=T53")
        seen = msgspec.json.decode(answer.content, type=SeenReceipts).seen
        assert [(one.series, one.counter, one.node) for one in seen] == [("A", 11, "till-53"), ("B", 1, "till-53")]
        assert msgspec.json.decode(machine.get("/v1/seen?register=T54").content, type=SeenReceipts).seen == ()


def test_a_machine_learns_which_facts_head_office_lacks(running: RunningHq) -> None:
    till, far = enrolled(running.hq, "till-lacks"), enrolled(running.hq, "till-lacks-far", OTHER_STORE)
    till.says(*(sale(f"L{n}", ("THROW", 1, 2999)) for n in range(3)))
    take(running.hq, running.server.contacts, till.node, *till.batch(0, 2))
    ids = tuple(placed.entry.id for placed in till.entries)
    for machine, lacked in ((till, ids[2:]), (far, ids)):
        with running.as_node(machine) as client:
            answer = post(client, "/v1/lacking", {"ids": ids})
            assert msgspec.json.decode(answer.content, type=LackedIds).ids == lacked
    with running.as_node(till) as client:
        assert post(client, "/v1/lacking", {"ids": ["x"] * 501}).status_code == 400


@pytest.fixture
def lost(running: RunningHq) -> tuple[Machine, bytes]:
    """An agent that has handed its keys over, and the key of its till's file."""
    machine = enrolled(running.hq, f"agent-{os.urandom(4).hex()}", role="agent")
    key = os.urandom(32)
    with running.as_node(machine) as client:
        keys = SealedKeys((sealed(running, key), sealed(running, os.urandom(32), "store.db")))
        assert decoded(post(client, "/v1/sealed-keys", keys)) == {"kept": 2}
        assert decoded(post(client, "/v1/sealed-keys", keys)) == {"kept": 0}
    return machine, key


def test_keys_are_given_only_after_an_administrator_released_them(
    running: RunningHq, lost: tuple[Machine, bytes]
) -> None:
    machine, key = lost
    finder, late = enrolled(running.hq, "agent-finds", role="agent"), enrolled(running.hq, "agent-late", role="agent")
    path, asked = f"/api/nodes/{machine.node.node_id}/release-keys", f"/v1/released-keys?node={machine.node.node_id}"
    with running.as_node(finder) as client, running.as_node(late) as other:
        assert decoded(client.get(asked))["code"] == "key.not_released"
        with running.as_role(Role.HQ_OPERATOR) as operator:
            assert post(operator, path, {"reason": "old disk"}).status_code == 403
        with running.as_role(Role.HQ_ADMIN) as admin:
            assert decoded(post(admin, path, {"reason": " "}))["code"] == "key.no_reason"
            assert post(admin, path, {"reason": "disk of T1 found"}).status_code == 200
            assert post(admin, "/api/nodes/nobody/release-keys", {"reason": "x"}).status_code == 404
            assert (
                decoded(post(admin, "/api/nodes/agent-finds/release-keys", {"reason": "x"}))["code"] == "key.none_kept"
            )
        for _ in range(2):  # its answer may be lost on the way
            given = msgspec.json.decode(client.get(asked).content, type=ReleasedKeys)
            of_till = next(one for one in given.keys if one.file == "till.db")
            assert unseal(finder.key, unb64(of_till.sealed)) == key
        assert decoded(other.get(asked))["code"] == "key.not_released", "a release is good for one machine"
    assert audited(running, "keys_taken").count("agent-finds") == 1
    assert len(audited(running, "keys_released")) >= 1


def test_another_store_gets_no_keys(running: RunningHq, lost: tuple[Machine, bytes]) -> None:
    machine, _ = lost
    far = enrolled(running.hq, "agent-far-keys", OTHER_STORE, role="agent")
    with running.as_role(Role.HQ_ADMIN) as admin:
        post(admin, f"/api/nodes/{machine.node.node_id}/release-keys", {"reason": "disk found"})
    with running.as_node(far) as client:
        answer = client.get(f"/v1/released-keys?node={machine.node.node_id}")
        assert (answer.status_code, decoded(answer)["code"]) == (409, "key.not_released")


def test_a_key_that_head_office_cannot_open_is_not_taken_for_one(running: RunningHq) -> None:
    machine, key = enrolled(running.hq, "agent-odd", role="agent"), os.urandom(32)
    good = sealed(running, key)
    stranger = msgspec.structs.replace(good, sealed=b64(seal(SigningKey.new().public_text, key)))
    short = SealedKey("till.db", hashlib.sha256(b"x").hexdigest(), b64(seal(running.hq.key.public_text, b"x")))
    with running.as_node(machine) as client:
        for bad in (stranger, short, msgspec.structs.replace(good, check="00"), SealedKey("a", "b", "not base64!")):
            assert decoded(post(client, "/v1/sealed-keys", SealedKeys((bad,))))["code"] == "key.not_ours"
