"""Every kind of bad input of the sync protocol, as one table: what is sent and what must be answered on either hop."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import httpx
import zstandard

from retail_core.domain.events import StockMoved, StockMovedLine
from retail_core.domain.ids import Sku
from retail_core.domain.stock import StockState
from retail_core.trust.keys import SigningKey
from retail_core.trust.tokens import assertion
from retail_core.wire.batch import encode_batch, encode_lines
from retail_core.wire.events import encode_event
from retail_core.wire.messages import MAX_COMPRESSED_BYTES, PushHeader
from tests.hq.support import Machine, sale

BOMB_BYTES = 1024**3
STEP = 1024 * 1024


@dataclass
class Hop:
    """One side of a hop: a machine that may push there, one that was shut out, one of another store."""

    name: str  # "hq" or "store"
    machine: Machine
    foreign: Machine
    client: httpx.Client
    revoked: httpx.Client
    audience: str
    now_s: int

    def push(self, header: PushHeader, body: bytes, *, client: httpx.Client | None = None) -> httpx.Response:
        fields = {**header.to_http(), "Content-Type": "application/x-ndjson", "Content-Encoding": "zstd"}
        return (client or self.client).post("/v1/push", content=body, headers=fields)


@dataclass(frozen=True)
class Bad:
    """`code` is the answer's code, "" when the input is taken in; `counted` names what the metrics count."""

    name: str
    send: Callable[[Hop], httpx.Response]
    status: int
    code: str
    counted: str
    shown: str = "refused_input"  # the kind of case at head office; "" when nobody need look
    at_store: tuple[int, str, str] | None = None  # status, code and counter there, when they differ


def three_sales(machine: Machine) -> Machine:
    return machine.says(*(sale(f"{machine.node.node_id}-{n}", ("THROW", 1, 2999)) for n in (1, 2, 3)))


def truncated(hop: Hop) -> httpx.Response:
    header, body = hop.machine.batch()
    return hop.push(header, body[: len(body) // 2])


def reordered(hop: Hop) -> httpx.Response:
    header, _ = hop.machine.batch()
    one, two, three = hop.machine.entries
    return hop.push(header, encode_batch(hop.machine.stream, [two, one, three]))


def later_before_earlier(hop: Hop) -> httpx.Response:
    return hop.push(*hop.machine.batch(2))


def replayed(hop: Hop) -> httpx.Response:
    header, body = hop.machine.batch()
    first = hop.push(header, body)
    again = hop.push(header, body)
    assert first.status_code == 200, first.text
    assert first.json()["through_hash"] == again.json()["through_hash"]
    return again


def replayed_proof(hop: Hop) -> httpx.Response:
    node = hop.machine.node.node_id
    proof = assertion(node, hop.machine.key, hop.audience, hop.now_s, "once")
    first = hop.client.post("/v1/token", json={"assertion": proof})
    assert first.status_code == 200, first.text
    return hop.client.post("/v1/token", json={"assertion": proof})


def resigned(hop: Hop) -> httpx.Response:
    thief = Machine(hop.machine.node, SigningKey.new(), hop.machine.epoch)
    return hop.push(*three_sales(thief).batch())


def oversized(hop: Hop) -> httpx.Response:
    header, _ = hop.machine.batch()
    return hop.push(header, os.urandom(MAX_COMPRESSED_BYTES + 1))


@cache
def bomb() -> bytes:
    """1 GiB of zeros in some 32 KiB."""
    pack = zstandard.ZstdCompressor(level=3).compressobj(size=BOMB_BYTES)
    zeros = bytes(STEP)
    return b"".join([*(pack.compress(zeros) for _ in range(BOMB_BYTES // STEP)), pack.flush()])


def bombed(hop: Hop) -> httpx.Response:
    header, _ = hop.machine.batch()
    return hop.push(header, bomb())


def for_another_store(hop: Hop) -> httpx.Response:
    return hop.push(*three_sales(hop.foreign).batch())


def by_a_revoked_node(hop: Hop) -> httpx.Response:
    return hop.push(*hop.machine.batch(), client=hop.revoked)


def of_an_unknown_version(hop: Hop) -> httpx.Response:
    hop.machine.says_raw("sale.completed", 99, b'{"what":"nobody knows yet"}')
    return hop.push(*hop.machine.batch())


def invalid_utf8(hop: Hop) -> httpx.Response:
    header, _ = hop.machine.batch()
    lines = encode_lines(hop.machine.stream, hop.machine.entries).replace(b'"op-1"', b'"op\xff1"')
    return hop.push(header, zstandard.ZstdCompressor().compress(lines))


def against_a_rule(hop: Hop) -> httpx.Response:
    """It parses, but nobody can move a negative quantity."""
    moved = StockMoved((StockMovedLine(Sku("THROW"), 1000, StockState.SUPPLIER, StockState.SELLABLE),), "delivery")
    type_, version, body = encode_event(moved)
    hop.machine.says_raw(type_, version, body.replace(b":1000", b":-1000"))
    return hop.push(*hop.machine.batch())


def without_headers(hop: Hop) -> httpx.Response:
    _, body = hop.machine.batch()
    return hop.client.post("/v1/push", content=body, headers={"Content-Encoding": "zstd"})


DAMAGED, LARGE = ("damaged", "push.damaged"), ("wire.too_large", "wire.too_large")
BAD = (
    Bad("truncated", truncated, 422, *DAMAGED),
    Bad("re-ordered", reordered, 422, *DAMAGED),
    Bad("later before earlier", later_before_earlier, 409, "gap", "GapAnswer", "", (409, "gap", "")),
    Bad("replayed", replayed, 200, "", "repeated", "", (200, "", "")),
    Bad("replayed proof", replayed_proof, 401, "token.used_before", "token.used_before", ""),
    Bad("re-signed", resigned, 422, *DAMAGED),
    Bad("oversized", oversized, 413, *LARGE, at_store=(413, "request.too_large", "request.too_large")),
    Bad("1 GiB in 32 KiB", bombed, 413, *LARGE),
    Bad("wrong store", for_another_store, 403, "push.other_store", "push.other_store"),
    Bad(
        "revoked node", by_a_revoked_node, 403, "node.revoked", "node.revoked",
        at_store=(401, "token.unknown", "token.unknown"),
    ),
    Bad("unknown version", of_an_unknown_version, 200, "", "quarantined", "quarantined_event", (200, "", "")),
    Bad("invalid UTF-8", invalid_utf8, 422, *DAMAGED),
    Bad("against a rule", against_a_rule, 200, "", "quarantined", "quarantined_event", (200, "", "")),
    Bad(
        "no headers", without_headers, 400, "request.malformed", "request.malformed",
        at_store=(400, "push.bad_header", "push.bad_header"),
    ),
)  # fmt: skip


def answered(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def next_good_batch_passes(hop: Hop, bad: Bad) -> None:
    """The same machine goes on as if nothing had been, whatever it sent before."""
    hop.machine.says(sale(f"{hop.machine.node.node_id}-good", ("LAMP", 1, 4950)))
    said = hop.push(*hop.machine.batch())
    assert said.status_code == 200, (bad.name, said.text)
    assert said.json()["through"] == hop.machine.head.seq
