""" "tillsync/1" over a real server: enrolment, tokens, push, pull, snapshots, revocation."""

import asyncio
import hashlib
import os
import time
from pathlib import Path

import httpx
import msgspec
import pytest
import zstandard
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from hq_server.service import enrolment, masterdata
from hq_server.service.authority import fingerprint
from hq_server.storage.access import Node
from retail_core.domain.roles import Role
from retail_core.durable import engine, reference
from retail_core.durable.taxes import TaxTable
from retail_core.trust.keys import PublicKey, SigningKey, unb64
from retail_core.trust.seal import unseal
from retail_core.trust.tokens import assertion
from retail_core.wire.messages import EnrolAnswer, FeedRow, PageHead, SnapshotManifest
from tests.hq.running import RunningHq, decoded, push
from tests.hq.support import STORE, Machine, enrolled, sale

pytestmark = pytest.mark.xdist_group("hq-sync")  # one server for all of them


def signing_request(key: SigningKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "agent")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name)
    return request.sign(key.private, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def new_code(running: RunningHq, register: str = "T1", **more: object) -> str:
    with running.as_role(Role.HQ_ADMIN) as admin:
        made = admin.post("/api/enrolment-codes", json={"store": STORE, "register": register, **more})
    assert made.status_code == 201, made.text
    assert made.json()["ca_sha256"] == fingerprint(running.hq.ca_pem)
    return made.json()["code"]


def enrol(client: httpx.Client, code: str, agent: SigningKey, till: SigningKey | None = None) -> httpx.Response:
    asked = {"code": code, "agent_public_key": agent.public_text, "tls_csr_pem": signing_request(SigningKey.new())}
    if till is not None:
        asked["till_public_key"] = till.public_text
    return client.post("/v1/enrol", json=asked)


def test_a_machine_joins_with_a_code_and_sells(running: RunningHq) -> None:
    agent_key, till_key = SigningKey.new(), SigningKey.new()
    with running.client() as stranger:
        answer = enrol(stranger, new_code(running, "T7", store_role=True), agent_key, till_key)
        assert answer.status_code == 200, answer.text
    joined = msgspec.json.decode(answer.content, type=EnrolAnswer)
    assert (joined.store, joined.zone, joined.register, joined.store_role) == (STORE, "north", "T7", True)
    assert joined.series == tuple("ABCDEFGHIJ")
    assert joined.feed_public_key == running.hq.key.public_text
    leaf = x509.load_pem_x509_certificate(joined.tls_cert_pem.encode())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert joined.agent_node in names.get_values_for_type(x509.DNSName)
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(joined.ca_pem.encode()))

    assert joined.till_node is not None
    till = Machine(Node(joined.till_node, STORE, "T7", "till", till_key.public_text, False, 0), till_key)
    agent = Machine(Node(joined.agent_node, STORE, "T7", "agent", agent_key.public_text, True, 0), agent_key)
    till.says(sale("S0319-T7-A-000001", ("THROW", 1, 2999)))
    with running.as_node(agent) as client:
        said = push(client, *till.batch())
        assert said.status_code == 200, said.text
        assert said.json()["through_hash"] == till.head.chain_hash.hex()
        assert abs(said.json()["clock_offset_ms"]) > 0
        assert client.get(f"/v1/witness?node={joined.till_node}&epoch=epoch-1").json()["through"] == 1
        assert client.get(f"/v1/witness?node={joined.till_node}&epoch=other").status_code == 404
        nodes = client.get(f"/v1/pull?scope=store:{STORE}").text
        assert joined.till_node in nodes


def test_the_next_machine_on_a_register_gets_new_number_series(running: RunningHq) -> None:
    with running.client() as stranger:
        first, second = (
            enrol(stranger, new_code(running, "T9"), SigningKey.new(), SigningKey.new()).json()["series"] for _ in "ab"
        )
    assert not set(first) & set(second)
    assert second[0] == "K"


RACERS, PLACES, RACE_WITHIN_S = 1_000, 20, 60.0


def test_one_code_admits_one_machine_however_many_try(running: RunningHq) -> None:
    """A thousand requests at once, from twenty addresses, so that none is put off as one of too many."""
    asked = {
        "code": new_code(running),
        "agent_public_key": SigningKey.new().public_text,
        "tls_csr_pem": signing_request(SigningKey.new()),
    }

    async def from_place(n: int) -> list[int]:
        line = httpx.AsyncHTTPTransport(
            verify=running.trusting(), local_address=f"127.0.0.{n}", limits=httpx.Limits(max_connections=10)
        )
        async with httpx.AsyncClient(base_url=running.url, transport=line, timeout=RACE_WITHIN_S) as client:
            answers = await asyncio.gather(*(client.post("/v1/enrol", json=asked) for _ in range(RACERS // PLACES)))
        return [answer.status_code for answer in answers]

    async def race() -> list[int]:
        places = await asyncio.gather(*(from_place(n) for n in range(2, 2 + PLACES)))
        return [status for place in places for status in place]

    statuses = asyncio.run(race())
    assert sorted(statuses) == [200] + [403] * (RACERS - 1)


def test_five_wrong_proofs_end_a_code(running: RunningHq) -> None:
    code = new_code(running)
    wrong = code[:5] + ("0000000Z" if code[5:] != "0000000Z" else "0000000Y")
    with running.client() as stranger:
        for _ in range(5):
            assert enrol(stranger, wrong, SigningKey.new()).json()["code"] == "enrol.code_refused"
        assert enrol(stranger, code, SigningKey.new()).status_code == 403


def test_a_code_is_good_for_ten_minutes() -> None:
    assert enrolment.CODE_MS == 600_000
    assert len(enrolment.CODE_ALPHABET) ** 8 >= 2**40


def test_an_assertion_is_used_once_and_only_with_the_right_key(running: RunningHq) -> None:
    till = enrolled(running.hq, "till-assert")
    now_s = running.hq.clock.now_ms() // 1000
    proof = assertion("till-assert", till.key, "omnitill-hq", now_s, "one")
    forged = assertion("till-assert", SigningKey.new(), "omnitill-hq", now_s, "two")
    elsewhere = assertion("till-assert", till.key, "another-server", now_s, "three")
    late = assertion("till-assert", till.key, "omnitill-hq", now_s - 900, "four")
    with running.client() as stranger:
        assert stranger.post("/v1/token", json={"assertion": proof}).status_code == 200
        for bad in (proof, forged, elsewhere, late, "x.y.z", ""):
            assert stranger.post("/v1/token", json={"assertion": bad}).status_code == 401, bad[:20]


def test_a_revoked_machine_is_refused_at_once_and_its_store_is_told(running: RunningHq) -> None:
    till, neighbour = enrolled(running.hq, "till-lost"), enrolled(running.hq, "till-kept")
    with running.as_node(till) as lost, running.as_node(neighbour) as kept, running.as_role(Role.HQ_ADMIN) as admin:
        assert lost.get("/v1/pull?scope=catalogue").status_code == 200
        assert admin.post("/api/nodes/till-lost/revoke").status_code == 200
        assert decoded(lost.get("/v1/pull?scope=catalogue"))["code"] == "node.revoked"
        assert push(lost, *till.says(sale("R1", ("THROW", 1, 2999))).batch()).status_code == 403
        rows = [
            msgspec.json.decode(line, type=FeedRow)
            for line in kept.get(f"/v1/pull?scope=store:{STORE}").content.splitlines()
        ]
        (row,) = [one for one in rows if one.kind == "node" and one.key == "till-lost"]
        assert b'"revoked":true' in bytes(row.doc)


def test_pages_of_the_feed_are_signed_and_cut(running: RunningHq) -> None:
    till = enrolled(running.hq, "till-pull")
    key = PublicKey(running.hq.key.public_text)
    rows: list[FeedRow] = []
    cursor, head = 0, 1
    with running.as_node(till) as node:
        while cursor < head:
            answer = node.get(f"/v1/pull?scope=catalogue&cursor={cursor}&limit=2&accepts=item:1,tax:1")
            head = int(answer.headers["Sync-Head"])
            page = PageHead(
                "catalogue", cursor, int(answer.headers["Sync-Cursor"]), head, answer.headers["Sync-Generation"]
            )
            assert key.verify(page.signed_bytes(answer.content), unb64(answer.headers["Sync-Signature"]))
            assert not key.verify(page.signed_bytes(answer.content + b"x"), unb64(answer.headers["Sync-Signature"]))
            rows += [msgspec.json.decode(line, type=FeedRow) for line in answer.content.splitlines()]
            cursor = page.to_rev
        assert {row.key for row in rows} >= {"THROW", "LAMP", "CHEESE", "std"}
        assert [row.rev for row in rows] == sorted(row.rev for row in rows)
        only_tax = node.get("/v1/pull?scope=catalogue&accepts=tax:1")
        assert b'"kind":"item"' not in only_tax.content
        assert only_tax.headers["Sync-Cursor"] == str(head)
        for denied in ("store:S0324", "price:south", "customer:S0319", ""):
            assert node.get("/v1/pull", params={"scope": denied}).status_code in {400, 403}, denied
        assert node.get("/v1/pull?scope=catalogue&accepts=tax").status_code == 422


def test_whoever_knows_another_generation_is_told_at_once(running: RunningHq) -> None:
    """A head office put back from a copy may stand exactly where its stores do; they must not wait to hear of it."""
    till = enrolled(running.hq, "till-generation")
    with running.as_node(till) as node:
        head = node.get("/v1/pull?scope=catalogue&limit=1").headers["Sync-Head"]
        began = time.monotonic()
        answer = node.get(f"/v1/pull?scope=catalogue&cursor={head}&wait=25&generation=of-yesterday")
        assert time.monotonic() - began < 15  # not the whole wait
        assert (answer.headers["Sync-Generation"], answer.content) == (running.hq.generation, b"")


def test_a_push_that_cannot_be_is_said_plainly(running: RunningHq) -> None:
    till = enrolled(running.hq, "till-push").says(sale("R1", ("THROW", 1, 2999)), sale("R2", ("LAMP", 1, 4950)))
    header, body = till.batch()
    bomb = zstandard.ZstdCompressor(level=3).compress(bytes(40 * 1024 * 1024))
    with running.as_node(till) as node:
        assert node.post("/v1/push", content=body).status_code == 400
        assert push(node, header, bomb).status_code == 413
        assert push(node, header, os.urandom(2_000_000)).status_code == 413
        damaged = push(node, header, b"nonsense")
        assert (damaged.status_code, damaged.json()["code"]) == (422, "damaged")
        gap = push(node, *till.batch(1))
        assert (gap.status_code, gap.json()) == (409, {"code": "gap", "expected": 1})
        assert push(node, header, body).json()["through"] == 2
        assert push(node, header, body).json()["through"] == 2
        assert node.post("/v1/telemetry", json={"queued": 12}).status_code == 204
        assert node.post("/v1/telemetry", json={"queued": "12"}).status_code == 400


def test_the_newest_figures_of_a_machine_are_kept_and_shown_and_losing_them_loses_nothing(running: RunningHq) -> None:
    till = enrolled(running.hq, "till-figures")
    with running.as_node(till) as node:
        assert node.post("/v1/telemetry", json={"queued": 3, "papers_waiting": 2, "odd name": 1}).status_code == 204
        assert node.post("/v1/telemetry", json={"queued": 4}).status_code == 204  # too soon after: let go
        assert node.post("/v1/telemetry", json={f"f{n}": n for n in range(41)}).status_code == 422
    with running.as_role(Role.HQ_ADMIN) as admin:
        machines = admin.get("/api/nodes/figures", params={"store": "S0319"}).json()["machines"]
        (said,) = [one for one in machines if one["node"] == "till-figures"]
        assert said["figures"] == {"queued": 3, "papers_waiting": 2}
        assert admin.get("/api/nodes/figures", params={"store": "S9999"}).json() == {"machines": []}


def test_a_store_loads_a_snapshot_made_for_it(running: RunningHq, tmp_path: Path) -> None:
    till = enrolled(running.hq, "till-snap")
    with running.as_node(till) as node:
        manifest = msgspec.json.decode(node.get("/v1/snapshot/north").content, type=SnapshotManifest)
        assert PublicKey(running.hq.key.public_text).verify(manifest.signed_bytes(), unb64(manifest.signature))
        packed = node.get(f"/v1/snapshot/file/{manifest.id}").content
        half = len(packed) // 2
        rest = node.get(f"/v1/snapshot/file/{manifest.id}", headers={"Range": f"bytes={half}-"})
        assert (rest.status_code, rest.content) == (206, packed[half:])
        assert rest.headers["Content-Range"] == f"bytes {half}-{len(packed) - 1}/{len(packed)}"
        assert node.get(f"/v1/snapshot/file/{manifest.id}", headers={"Range": "bytes=99999999-"}).status_code == 416
        assert (len(packed), hashlib.sha256(packed).hexdigest()) == (manifest.size, manifest.sha256)
        again = msgspec.json.decode(node.get("/v1/snapshot/north").content, type=SnapshotManifest)
        assert (again.id, again.sealed_key == manifest.sealed_key) == (manifest.id, False)
        assert node.get("/v1/snapshot/south").status_code == 403
        assert node.get("/v1/snapshot/file/none").status_code == 404
        head = int(node.get("/v1/pull?scope=catalogue&limit=1").headers["Sync-Head"])
    path = tmp_path / "ref.db"
    path.write_bytes(zstandard.ZstdDecompressor().decompressobj().decompress(packed))
    conn = engine.open_ro(path, unseal(till.key, unb64(manifest.sealed_key)))
    try:
        reference.check_reference(conn, path)
        assert reference.cursor_of(conn, "catalogue") == (head, running.hq.generation)
        found = reference.find_by_gtin(conn, "04006381333931")
        assert found is not None
        assert found.sku == "THROW"
        assert TaxTable(conn).rate(found.tax_class, "2026-11-28").rate_ppm == 210_000
        assert reference.current_book(conn, "north").unit_price(found.sku, 10**13) == 2999
        assert [hit.sku for hit in reference.search(conn, "wool", 10**13, 5)] == ["THROW"]
    finally:
        conn.close()


def test_a_price_that_begins_later_does_not_hide_the_one_in_force(running: RunningHq) -> None:
    till = enrolled(running.hq, "till-price")
    later_ms = running.hq.clock.now_ms() + 86_400_000
    masterdata.put_prices(running.hq, [masterdata.PriceIn("north", "LAMP", 5500, "EUR", later_ms)])
    with running.as_node(till) as node:
        rows = [
            msgspec.json.decode(line, type=FeedRow)
            for line in node.get("/v1/pull?scope=price:north").content.splitlines()
        ]
    assert {row.key for row in rows if row.key.startswith("LAMP")} == {"LAMP", f"LAMP@{later_ms}"}


@pytest.mark.parametrize("path", ["/v1/pull?scope=catalogue", "/v1/snapshot/north", "/v1/witness?node=a&epoch=b"])
def test_people_and_programs_do_not_read_as_a_machine(running: RunningHq, path: str) -> None:
    with running.as_role(Role.HQ_ADMIN) as admin:
        assert admin.get(path).status_code == 403
