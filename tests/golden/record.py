"""Record what this version says on the wire: `python -m tests.golden.record`, before it goes out.

Real programs say it: a head office with something of every kind, a store role, a machine beside it. A version that went
out is never recorded again; one that did not is recorded anew as often as wished, the last time with all it has.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
import zstandard

from retail_core.domain.claims import CLAIM_MS, ClaimKind
from retail_core.domain.events import BasketSuspended, Event
from retail_core.domain.ids import CustomerId, OperatorId, SaleId
from retail_core.domain.shared import BackPart, Shared, SharedBasket, SharedReturns, SharedValue, key_of
from retail_core.domain.shared_drawer import DrawerBegun, SharedDrawer
from retail_core.domain.value import OwnMove, ValueMoved
from retail_core.durable.system import SystemClock, SystemIds
from retail_core.trust.keys import SigningKey
from retail_core.trust.tokens import assertion
from retail_core.wire.batch import encode_batch, encode_lines
from retail_core.wire.envelope import (
    GENESIS,
    Draft,
    Head,
    Private,
    StreamEntry,
    StreamId,
    commitment,
    place,
    seal_entry,
)
from retail_core.wire.events import encode_event
from retail_core.wire.messages import ClaimRequest, PushHeader, SharedPage, SharedRow
from sync_agent.config import HQ_AUDIENCE
from sync_agent.hq_client.client import accepts_of
from sync_agent.hq_client.tls import pinned_context
from sync_agent.lan_desk import audience_of
from tests.agent.support import agent, until, url_of
from tests.agent.test_with_hq import MILK, stocked
from tests.agent.town import Hq, enrolled, run_program
from tests.golden.later import CARD, LATER
from tests.golden.releases import CATALOGUE, NEIGHBOUR, PUSHED, RELEASES, TOLD, here, told_of
from tests.golden.samples import EVENTS, PERSON, PLAIN_SALE
from tests.support.shop import ITEMS, STORE, ZONE, Shop, gtin13, pickup_order

KEPT_HEADERS = ("content-type", "content-encoding", "sync-cursor", "sync-head", "sync-generation", "sync-signature")
EPOCH = "0192f3a1-7c1e-7d5c-8f00-00000000e001"
FIRST_MS = 1_764_000_000_000
TIMEOUT_S = 30


@dataclass
class Asking:
    """A machine that proved to a peer who it is."""

    http: httpx.Client

    def get(self, path: str, **asked: str | int) -> httpx.Response:
        return self._good(self.http.get(path, params=asked))

    def post(self, path: str, content: bytes, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self._good(
            self.http.post(path, content=content, headers=headers or {"Content-Type": "application/json"})
        )

    @staticmethod
    def _good(answer: httpx.Response) -> httpx.Response:
        assert answer.status_code in {200, 204}, answer.text
        return answer


def asking(url: str, shop: Shop, ca_pem: str, audience: str) -> Asking:
    """As the agent of `shop`."""
    http = httpx.Client(base_url=url, verify=pinned_context(ca_pem), trust_env=False, timeout=TIMEOUT_S)
    proof = assertion(
        shop.config.agent_node, shop.home.keys.signing_key("agent"), audience, SystemClock().now_ms() // 1000,
        SystemIds().next(),
    )  # fmt: skip
    said = http.post("/v1/token", json={"assertion": proof}).json()
    http.headers["Authorization"] = f"Bearer {said['access_token']}"
    return Asking(http)


# ── a journal with everything in it ──────────────────────────────────────────────────────────────


def journal(node: str, key: SigningKey, buyer: str) -> list[StreamEntry]:
    """Every kind of event once or more, and a sale to a customer of head office's, signed by the till's own key."""
    bought = msgspec.structs.replace(
        PLAIN_SALE, sale_id=SaleId("sale-9"), receipt="S0319-T1-A-000009", customer=CustomerId(buyer)
    )
    events = [event for event, _ in EVENTS] + [event for area in LATER.values() for event in area] + [bought]
    head, prev, found = Head(), GENESIS, list[StreamEntry]()
    for n, event in enumerate(events, start=1):
        type_, version, body = encode_event(event)
        draft = Draft(
            f"{node}-{n:04d}", node, EPOCH, type_, version, FIRST_MS + n * 1000, "2025-11-24", "op-1", body,
            -40 if n % 3 == 0 else 0, _private(event),
        )  # fmt: skip
        found.append(place(seal_entry(draft, n, prev, key.sign), head))
        head, prev = Head(found[-1].seq, found[-1].chain_hash), found[-1].entry.entry_hash
    return found


def _private(event: Event) -> Private | None:
    return PERSON if getattr(event, "commit", "") == commitment(PERSON) else None


def push_of(shop: Shop, buyer: str) -> tuple[dict[str, Any], bytes]:
    """What is recorded of the push, and its body."""
    node = shop.config.till_node
    key = shop.home.keys.signing_key("till")
    stream, entries = StreamId(node, EPOCH), journal(node, key, buyer)
    header = PushHeader(node, EPOCH, 0, clock_ms=SystemClock().now_ms())
    lines = {
        name: encode_lines(stream, entries, full=full).decode().splitlines()
        for name, full in (("lines", False), ("full_lines", True))
    }
    kept = {"node": node, "epoch": EPOCH, "public_key": key.public_text, "headers": header.to_http(), **lines}
    return {**kept, "last_hash": entries[-1].chain_hash.hex()}, encode_batch(stream, entries)


# ── head office, with something of every kind ────────────────────────────────────────────────────


def furnish(hq: Hq, store: str) -> str:
    """Something of every kind a till is told; returns the number of a customer who agreed to be remembered."""
    offer = {"promo_id": "P-1", "name": "3 for 2", "offer": {"type": "n_for_m", "n": 3, "m": 2}}
    card = {"code": "OTG:7QK2M9XD4821", "kind": "gift_card", "currency": "EUR", "amount": 5000, "offline_limit": 2000}
    wishes: list[tuple[str, Any]] = [
        ("/api/settings", {"store": store, "receipt_header": ["omnitill", "Main Street 1"], "receipt_footer": ["Thanks"]}),
        ("/api/quick-keys", [{"store": store, "page": "Fruit", "pos": 1, "sku": "4011", "label": "Bananas"}]),
        ("/api/departments", [{"no": 11, "name": "Flowers", "tax_class": "general"}]),
        ("/api/recalls", {"number": "R-1", "sku": "1005", "reason": "Glass", "lots": ["L7"], "stores": [store]}),
        ("/api/goods-rules", {"stores": [store], "rcn": [{"prefix": "21", "item_digits": 5, "kind": "price", "decimals": 2}]}),
        ("/api/promotions", [{"promotion": {**offer, "goods": {"skus": [ITEMS[2].sku]}}, "stores": [store]}]),
        ("/api/instruments", [card]),
        ("/api/suggestions", [{"sku": "1001", "goes_with": ["1003"]}]),
    ]  # fmt: skip
    for path, wish in wishes:
        hq.ask("PUT", path, wish)
    person = {"name": "Lena Fischer", "home_store": store, "phone": "+49 151 0000000", "cards": ["9990001112223"]}
    buyer = hq.ask("PUT", "/api/customers", [person])["customer_ids"][0]
    agreed = {"purpose": "loyalty", "given": True, "text_version": "loyalty/1"}
    hq.ask("POST", f"/api/customers/{buyer}/consents", agreed)
    wish = {"lines": [{"sku": "1004", "qty_milli": 2000}], "customer_name": "Lena Fischer", "store": store}
    hq.ask("POST", "/api/orders", wish, Idempotency_Key="recorded-1")
    return buyer


def pages(asked: Asking, scope: str, cursor: int) -> list[dict[str, Any]]:
    """From `cursor` to the head, and the empty page that ends it."""
    found: list[dict[str, Any]] = []
    while not found or found[-1]["body"]:
        answer = asked.get("/v1/pull", scope=scope, cursor=cursor, accepts=accepts_of(scope))
        body = answer.content
        text = zstandard.ZstdDecompressor().decompressobj().decompress(body) if body[:4] == ZSTD_MAGIC else body
        fields = {name: answer.headers[name] for name in KEPT_HEADERS}
        found.append({"cursor": cursor, "headers": fields, "body": text.decode()})
        cursor = int(fields["sync-cursor"])
    return found


ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


def told_by_hq(hq: Hq, shop: Shop, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the push, what head office answered); the snapshot goes into `folder`."""
    buyer = furnish(hq, shop.config.store)
    appointed = run_program(
        "hq_server.app", "admin", "--home", str(hq.home.folder), "--url", hq.url, "store-role", shop.config.agent_node
    )
    assert appointed.returncode == 0, appointed.stderr
    asked = asking(hq.url, shop, hq.ca_pem, HQ_AUDIENCE)
    pushed, body = push_of(shop, buyer)
    sending = {**pushed["headers"], "Content-Type": "application/x-ndjson", "Content-Encoding": "zstd"}
    answer = asked.post("/v1/push", body, sending).json()
    assert (answer["quarantined"], answer["through_hash"]) == ([], pushed["last_hash"]), answer
    manifest = asked.get(f"/v1/snapshot/{ZONE}").json()
    folder.joinpath(CATALOGUE).write_bytes(asked.get(f"/v1/snapshot/file/{manifest['id']}").content)
    hq.ask("PUT", "/api/prices", [{"zone": ZONE, "sku": MILK.sku, "price_minor": 125, "currency": "EUR"}])
    hq.ask("PUT", "/api/tax", [{"tax_class": "books", "name": "VAT 5 %", "rate_ppm": 50_000}])
    hq.ask(
        "PUT", "/api/products", [{"sku": "1009", "name": "Oat drink 1 L", "tax_class": "food", "gtins": [gtin13(1009)]}]
    )
    scopes = {f"store:{shop.config.store}": 0, **manifest["cursors"]}
    return pushed, {
        "feed_public_key": hq.home.keys.signing_key("hq").public_text,
        "store": shop.config.store, "zone": ZONE, "accepts": {scope: accepts_of(scope) for scope in scopes},
        "token": {"access_token": "a.b.c", "expires_in": 900, "token_type": "Bearer"},
        "health": asked.get("/health").json(), "push": answer, "manifest": {**manifest, "sealed_key": ""},
        "catalogue_key": hq.home.keys.file_key(manifest["id"]).hex(),
        "pages": {scope: pages(asked, scope, cursor) for scope, cursor in scopes.items()},
    }  # fmt: skip


# ── in the store ─────────────────────────────────────────────────────────────────────────────────


def shared_things() -> list[Shared]:
    """One of every kind the machines of a store tell one another."""
    suspended, issue = LATER["baskets"][0], LATER["value"][0]
    assert isinstance(suspended, BasketSuspended)
    assert isinstance(issue, ValueMoved)
    basket = SharedBasket(
        suspended.sale_id, "node-T1", OperatorId("op-1"), suspended.put_ms, suspended.units, suspended.total_minor,
        suspended.first, suspended.basket,
    )  # fmt: skip
    back = BackPart("node-T2", "S0319-T2-A-000007", 1, 1000, 119)
    order = pickup_order("O-9", "W-10490", (("1004", 2000),))
    drawer = SharedDrawer("ses-1", "node-T2", "2025-11-24", DrawerBegun("node-T2/e", 1, FIRST_MS, "op-1", 10_000))
    return [
        basket, drawer, order, SharedReturns("S0319-T1-A-000001", (back,)),
        SharedValue(CARD, (OwnMove("node-T2/e", 3, -1670),), issue),
    ]  # fmt: skip


def told_in_store(first: Shop, second: Shop, ca_pem: str) -> dict[str, Any]:
    """What the machine with the store role is asked by another, and answers."""
    asked = asking(url_of(first), second, ca_pem, audience_of(first.config.agent_node))
    things = [(*key_of(one), one) for one in shared_things()]
    rows = tuple(SharedRow(kind, key, 0, msgspec.Raw(msgspec.json.encode(one))) for kind, key, one in things)
    remembered = msgspec.json.encode(SharedPage("", 0, rows))
    asked.post("/v1/shared", remembered)
    claims: list[dict[str, Any]] = []
    for kind in (one for one in ClaimKind if one is not ClaimKind.STORE_ROLE):
        wish = msgspec.json.encode(ClaimRequest(kind, f"key-of-{kind}", CLAIM_MS))
        claims.append({"asked": json.loads(wish), "answered": asked.post("/v1/claim", wish).json()})
    return {
        "hello": asked.get("/health").json(),
        "shared": asked.get("/v1/shared", source="", cursor=0).json(),
        "remembered": json.loads(remembered), "claims": claims,
    }  # fmt: skip


def record(folder: Path, scratch: Path) -> None:
    """Write the four files into `folder`."""
    hq = Hq(scratch / "hq")
    try:
        hq.store(STORE)
        first = enrolled(hq, scratch / "T1", STORE, "T1", store_role=True)
        second = enrolled(hq, scratch / "T2", STORE, "T2")
        pushed, told = told_by_hq(hq, first, folder)
        with agent(first.home) as running:
            stocked(first)
            until(lambda: running.health().get("store_role"), why="it has the store role")
            neighbour = told_in_store(first, second, hq.ca_pem)
    finally:
        hq.close()
    for name, document in ((PUSHED, pushed), (TOLD, told), (NEIGHBOUR, neighbour)):
        (folder / name).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def main() -> int:
    version = here()
    folder = RELEASES / version
    if folder.exists() and told_of().get(version):
        print(f"{version} went out: what it said is not recorded again", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "recorded"
        made.mkdir()
        record(made, Path(scratch))
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(exist_ok=True)
        shutil.copytree(made, folder)
    print(f"recorded {version}: {', '.join(sorted(file.name for file in folder.iterdir()))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
