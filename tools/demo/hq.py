"""HQ of the demo: its process, its REST API as a shop's own programs would use it, and when it was down."""

import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg

from retail_core.domain.customers import Purpose
from retail_core.domain.suggestions import MOST_ITEMS
from tools.demo.count import Outage
from tools.demo.processes import Child, Children, DemoError, program, until
from tools.demo_shop import members, shop
from tools.demo_shop.files import ShopFiles

HOST = "127.0.0.1"
ROWS_PER_REQUEST, LINES_PER_MOVE = 2_000, 500
REQUEST_LIMIT_S, STARTS_WITHIN_S = 60.0, 30.0
MODULE = "hq_server.app"
SCHEMA = "omnitill_demo"
VIEWER, PASSWORD = "demo", "see-today-at-hq"


@dataclass(frozen=True)
class OnlineOrder:
    """An order as HQ answered it; the customer alone knows code and pass."""

    order_id: str
    number: str
    code: str
    pickup_pass: str
    lines: tuple[shop.BasketLine, ...]
    customer: str


class HeadOffice:
    """Start, stop and ask. `database` is a PostgreSQL address, or None for the embedded database."""

    def __init__(self, children: Children, folder: Path, port: int, database: str | None) -> None:
        self.folder, self.url = folder, f"https://{HOST}:{port}"
        self.outages: list[Outage] = []
        self.coupon = ""  # of a single print, once the shop is imported
        self._children, self._port = children, port
        self._database = ["--database", database] if database else []
        self._child: Child | None = None
        self._down_since_ms: int | None = None
        self._http: httpx.Client | None = None

    def begin(self) -> None:
        """Make HQ's folder and start it."""
        self._children.run("hq init", program(MODULE, "init", "--home", str(self.folder), *self._database))
        self._child = self._children.start("hq", self._serve())
        self._wait_until_up()

    def go_down(self) -> None:
        """End the process without a warning, as a power cut at HQ would."""
        self._process.kill()
        self._down_since_ms = now_ms()

    def come_back(self) -> None:
        """Start it again on the same files."""
        back_ms = now_ms()
        self._process.start()
        self._wait_until_up()
        if self._down_since_ms is not None:
            self.outages.append(Outage(self._down_since_ms, back_ms))
            self._down_since_ms = None

    def is_up(self) -> bool:
        try:
            return self._api.get("/health", timeout=2.0).is_success
        except httpx.HTTPError:
            return False

    def close(self) -> None:
        if self._http is not None:
            self._http.close()

    # ── what is asked of it ──────────────────────────────────────────────────────────────────────

    def ask(self, method: str, path: str, body: object = None, key: str = "") -> dict[str, Any]:
        """One request; raises DemoError with HQ's own words when it refuses."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        try:
            answer = self._api.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as down:
            raise DemoError(f"HQ does not answer {method} {path}: {down}") from down
        if answer.is_error:
            raise DemoError(f"HQ refuses {method} {path}: {answer.status_code} {answer.text[:400]}")
        return answer.json() if answer.content else {}

    def import_shop(self, files: ShopFiles) -> Iterator[str]:
        """Tell HQ everything about the shop; yields what was taken, as it goes."""
        for path, file in (("/api/stores", files.stores), ("/api/tax", files.taxes)):
            self._put(path, file)
        for line in file_lines(files.settings):
            self.ask("PUT", "/api/settings", line)
        yield f"{self._put('/api/products', files.items):,} products"
        yield f"{self._put('/api/prices', files.prices):,} prices"
        yield f"{self._put('/api/staff', files.staff)} staff and {self._put('/api/quick-keys', files.quick_keys)} quick keys"
        yield f"{self._open_stock(files):,} items of opening stock"
        yield self._invite(files)
        self.ask("PUT", "/api/users", {"name": VIEWER, "password": PASSWORD, "role": "hq_operator"})

    def _invite(self, files: ShopFiles) -> str:
        """Members with cards and points, what they get for less, coupons, and what goes with what."""
        loyalty = {"store": shop.STORE, "groups": {"loyalty": msgspec.to_builtins(members.LOYALTY)}}
        self.ask("PUT", "/api/settings", loyalty)
        promotions = [{"promotion": msgspec.to_builtins(one)} for one in members.PROMOTIONS]
        self.ask("PUT", "/api/promotions", promotions)
        people = members.members(list(files.customers_in_order()), shop.STORE)
        made = self.ask("PUT", "/api/customers", people)["customer_ids"]
        yes = {"purpose": Purpose.LOYALTY.value, "given": True, "text_version": "loyalty/1"}
        for customer_id in made:
            self.ask("POST", f"/api/customers/{customer_id}/consents", yes)
        for customer_id, points in zip(made, members.WELCOME, strict=False):
            given = {"move_id": f"w-{customer_id}", "points": points, "reason": "welcome"}
            self.ask("POST", f"/api/customers/{customer_id}/points", given)
        advice = list(members.advice(files.read_baskets()))[:MOST_ITEMS]
        self.ask("PUT", "/api/suggestions", advice)
        asked = {"coupon": members.SINGLE, "prints": 1}
        self.coupon = str(self.ask("POST", "/api/coupons", asked)["coupons"][0])
        return f"{len(made)} members with cards, {len(promotions)} promotions, advice for {len(advice):,} items"

    def enrolment_code(self, register: str, *, store_role: bool) -> tuple[str, str]:
        """(one-time code, CA fingerprint) for one machine of the shop."""
        asked = {"store": shop.STORE, "register": register, "role": "till", "store_role": store_role}
        made = self.ask("POST", "/api/enrolment-codes", asked)
        return made["code"], made["ca_sha256"]

    def place_order(self, basket: shop.Basket, customer: str) -> OnlineOrder:
        """An online click-and-collect order of a basket's goods; HQ allocates it and promises the stock."""
        wish = {
            "lines": [{"sku": line.sku, "qty_milli": line.pieces * 1000} for line in basket.lines],
            "customer_name": customer,
            "customer_ref": basket.customer_ref,
        }
        made = self.ask("POST", "/api/orders", wish, key=f"demo-{basket.basket}")
        order = made["order"]
        return OnlineOrder(
            order["order_id"], order["number"], made["code"], made["pickup_pass"], basket.lines, customer
        )

    def order_state(self, order_id: str) -> str:
        return str(self.ask("GET", f"/api/orders/{order_id}")["order"]["state"])

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    @property
    def _process(self) -> Child:
        if self._child is None:
            raise DemoError("HQ was not started")
        return self._child

    @property
    def _api(self) -> httpx.Client:
        if self._http is None:
            token = (self.folder / "admin.token").read_text().strip()
            trust = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
            headers = {"Authorization": f"Bearer {token}"}
            self._http = httpx.Client(
                base_url=self.url, verify=trust, headers=headers, trust_env=False, timeout=REQUEST_LIMIT_S
            )
        return self._http

    def _serve(self) -> list[str]:
        place = ["--home", str(self.folder), "--host", HOST, "--port", str(self._port)]
        return program(MODULE, "serve", *place, *self._database)

    def _wait_until_up(self) -> None:
        until(self.is_up, STARTS_WITHIN_S, "HQ answers", [self._process])

    def _put(self, path: str, file: Path) -> int:
        rows = 0
        lines = file_lines(file)
        while part := list(islice(lines, ROWS_PER_REQUEST)):
            self.ask("PUT", path, b"[" + b",".join(part) + b"]")
            rows += len(part)
        return rows

    def _open_stock(self, files: ShopFiles) -> int:
        items = 0
        lines = file_lines(files.stock)
        while part := [json.loads(line) for line in islice(lines, LINES_PER_MOVE)]:
            goods = [{"sku": one["sku"], "qty_milli": one["qty_milli"]} for one in part]
            self.ask("POST", "/api/stock-moves", {"store": shop.STORE, "lines": goods, "reason": "opening"})
            items += len(part)
        return items


def fresh_schema(address: str) -> str:
    """An empty schema for this demo in a PostgreSQL database; returns the address that leads into it."""
    try:
        with psycopg.connect(address.replace("postgresql+psycopg://", "postgresql://"), autocommit=True) as conn:
            conn.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
            conn.execute(f"CREATE SCHEMA {SCHEMA}")
    except psycopg.Error as fault:
        raise DemoError(f"the PostgreSQL database cannot be used: {fault}") from fault
    return f"{address}{'&' if '?' in address else '?'}options=-csearch_path%3D{SCHEMA}"


def file_lines(file: Path) -> Iterator[bytes]:
    """Lines of an NDJSON file without their ends."""
    with file.open("rb") as lines:
        yield from (line.rstrip(b"\n") for line in lines)


def now_ms() -> int:
    return time.time_ns() // 1_000_000
