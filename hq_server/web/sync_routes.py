"""The routes of "tillsync/1": enrolment, tokens, push, pull, snapshots, witness, telemetry."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import msgspec
import zstandard
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream

from hq_server.service import access, enrolment, feed, figures, ingest, receipts, snapshots
from hq_server.storage.access import Node
from hq_server.web.guards import ANONYMOUS, NEEDS, AnyRequest, caller_of
from hq_server.web.openapi import errors
from hq_server.web.push_turns import PushTurns
from hq_server.web.refused import note_answer
from hq_server.web.state import Server
from hq_server.web.threads import in_thread, threaded
from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.domain.receipts import FoundReceipt
from retail_core.domain.roles import Permission
from retail_core.wire.batch import WireDamageError
from retail_core.wire.devices import DevicesSaid
from retail_core.wire.messages import (
    CONTENT_TYPE,
    MAX_ACCEPTS_CHARS,
    MAX_COMPRESSED_BYTES,
    MAX_PULL_LIMIT,
    MAX_PULL_WAIT_S,
    WORD_HEADER,
    CertificateAnswer,
    CertificateRequest,
    DamagedAnswer,
    EnrolAnswer,
    EnrolRequest,
    ForkAnswer,
    GapAnswer,
    PushAnswer,
    PushHeader,
    SnapshotManifest,
)

BODY_WITHIN_S = 60
FILE_CHUNK_BYTES = 256 * 1024
ZSTD_LEVEL = 3
PUSH_STATUS = MappingProxyType[type, int]({PushAnswer: 200, GapAnswer: 409, ForkAnswer: 409, DamagedAnswer: 422})
PUSH, PULL = {NEEDS: Permission.SYNC_PUSH}, {NEEDS: Permission.SYNC_PULL}


class AssertionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed statement "I am this node" (RFC 7523)."""

    assertion: str


class TokenOut(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int
    token_type: str = "Bearer"


class Health(msgspec.Struct, frozen=True):
    """Says only that HQ answers, and its clock."""

    status: str
    now_ms: int


def sync_routes(server: Server) -> list[HTTPRouteHandler]:
    return [*_joining(server), *_up(server), *_down(server), *_snapshots(server), *_receipts(server)]


def node_of(request: AnyRequest) -> Node:
    """The enrolled machine that asks. Raises `permission.denied` for anybody else."""
    node = caller_of(request).node
    if node is None:
        raise RuleViolationError("permission.denied")
    return node


def _joining(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq

    @get("/health", opt={ANONYMOUS: True}, sync_to_thread=False, summary="Does HQ answer?")
    def health() -> Health:
        return Health("ok", hq.clock.now_ms())

    @post(
        "/v1/enrol",
        opt={ANONYMOUS: "limited"},
        status_code=200,
        summary="A machine joins a store with a one-time code",
        responses=errors(400, 403, 422, 429),
    )
    @threaded
    def enrol(data: JSONBody[EnrolRequest]) -> EnrolAnswer:
        return enrolment.enrol(hq, data)

    @post(
        "/v1/token",
        opt={ANONYMOUS: "limited"},
        status_code=200,
        summary="A short-lived token for a signed assertion",
        responses=errors(400, 401, 403, 422, 429),
    )
    @threaded
    def token(data: JSONBody[AssertionIn]) -> TokenOut:
        return TokenOut(access.node_token(hq, data.assertion), access.BEARER_S)

    @post(
        "/v1/certificate",
        opt=PULL,
        status_code=200,
        summary="A newer certificate for an agent's LAN server",
        responses=errors(400, 401, 403, 422),
    )
    @threaded
    def certificate(request: AnyRequest, data: JSONBody[CertificateRequest]) -> CertificateAnswer:
        return CertificateAnswer(enrolment.certificate(hq, node_of(request), data.tls_csr_pem))

    return [health, enrol, token, certificate]


def _up(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq
    turns = PushTurns(hq.clock)

    @post(
        "/v1/push",
        opt=PUSH,
        status_code=200,
        summary="A batch of journal entries (NDJSON, zstd), with Sync-* headers",
        responses=errors(400, 401, 403, 409, 413, 422, 429, 503),
    )
    async def push(request: AnyRequest) -> Response[bytes]:
        node = node_of(request)
        async with turns.place():
            header = _push_header(request)
            body = await _bounded_body(request)
            async with turns.turn():
                taken = await in_thread(ingest.take, hq, server.contacts, node, header, body)
        _count(server, taken)
        await note_answer(server, node, taken)
        answer = taken.answer
        if isinstance(answer, PushAnswer):
            answer = msgspec.structs.replace(answer, next=turns.pace(taken))
        return Response(
            msgspec.json.encode(answer),
            status_code=PUSH_STATUS[type(taken.answer)],
            media_type="application/json",
        )

    @post(
        "/v1/telemetry",
        opt=PUSH,
        status_code=204,
        summary="Lossy figures of a machine, such as what waits there",
        responses=errors(400, 401, 403, 422),
    )
    @threaded
    def telemetry(request: AnyRequest, data: JSONBody[dict[str, int]]) -> None:
        if len(data) > figures.MAX_FIGURES:
            raise RuleViolationError("telemetry.too_many", limit=figures.MAX_FIGURES)
        queued = data.get("queued")
        oldest_ms = max(0, min(data.get("oldest_ms", 0), 2**53))
        node = node_of(request)
        server.contacts.heard(node, queued=None if queued is None else max(0, queued), oldest_ms=oldest_ms)
        server.figures.said(node, data)
        if "catalogue_shrunk" in data:
            snapshots.refused(hq, node, max(0, min(data["catalogue_shrunk"], 2**53)))

    @post(
        "/v1/telemetry/devices",
        opt=PUSH,
        status_code=204,
        summary="Lossy: how the devices of a machine are, at most once a minute",
        responses=errors(400, 401, 403, 422),
    )
    @threaded
    def devices(request: AnyRequest, data: JSONBody[DevicesSaid]) -> None:
        server.figures.devices(node_of(request), data)

    @get(
        "/v1/witness",
        opt=PUSH,
        summary="How far HQ has a stream of the caller's store",
        responses=errors(400, 401, 403, 404),
    )
    @threaded
    def witness(
        request: AnyRequest,
        node: Annotated[str, QueryParameter(max_length=80)],
        epoch: Annotated[str, QueryParameter(max_length=40)],
    ) -> PushAnswer:
        head = ingest.witness(hq, node_of(request).store, node.replace("\x00", ""), epoch.replace("\x00", ""))
        if head is None:
            raise RuleViolationError("stream.unknown")
        return PushAnswer(head.seq, head.chain_hash.hex(), head.seq, head.chain_hash.hex())

    return [push, telemetry, devices, witness]


def _down(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq

    @get(
        "/v1/pull",
        opt=PULL,
        summary="Rows of a feed scope above a cursor (NDJSON, zstd); waits for one if asked to",
        responses=errors(400, 401, 403, 410, 422),
    )
    async def pull(
        request: AnyRequest,
        scope_name: Annotated[str, QueryParameter(name="scope", max_length=80)],
        cursor: Annotated[int, QueryParameter(ge=0, le=2**62)] = 0,
        limit: Annotated[int, QueryParameter(ge=1, le=MAX_PULL_LIMIT)] = MAX_PULL_LIMIT,
        wait: Annotated[int, QueryParameter(ge=0, le=MAX_PULL_WAIT_S)] = 0,
        accepts: Annotated[str, QueryParameter(max_length=MAX_ACCEPTS_CHARS)] = "",
        fresh: Annotated[int, QueryParameter(ge=0, le=1)] = 0,
        generation: Annotated[str, QueryParameter(max_length=80)] = "",
    ) -> Response[bytes]:
        node = node_of(request)
        kinds = feed.parse_accepts(accepts)
        await in_thread(feed.check_scope, hq, node, scope_name)
        await in_thread(server.contacts.heard, node)
        ticket = server.bell.ticket(scope_name)
        page = await in_thread(feed.signed_page, hq, scope_name, cursor, limit, kinds, fresh=bool(fresh))
        up_to_date = page.head.head == cursor and generation in {"", hq.generation}
        if page.empty and wait and up_to_date:  # who knows another generation is told of ours at once
            with server.metrics.waiting.track_inprogress():
                await server.bell.wait(scope_name, ticket, wait)
            # who was shut out while waiting gets nothing
            await in_thread(access.still_trusted, hq, node)
            page = await in_thread(feed.signed_page, hq, scope_name, cursor, limit, kinds, fresh=bool(fresh))
        server.metrics.pages.inc()
        return _page_response(page)

    return [pull]


def _snapshots(server: Server) -> list[HTTPRouteHandler]:
    shop = server.snapshots

    @get(
        "/v1/snapshot/{zone:str}",
        opt=PULL,
        summary="The newest snapshot of the caller's price zone, its key sealed to the caller",
        responses=errors(400, 401, 403, 404, 503),
    )
    @threaded
    def manifest(request: AnyRequest, zone: FromPath[str]) -> SnapshotManifest:
        return shop.manifest(zone, node_of(request))

    @get(
        "/v1/snapshot/file/{id:str}",
        opt=PULL,
        summary="A snapshot's file, from a byte on (Range: bytes=N-)",
        responses=errors(400, 401, 403, 404, 416),
    )
    async def file(request: AnyRequest, id: FromPath[str]) -> Stream | Response[bytes]:
        path, size = await in_thread(shop.file, id, node_of(request))
        first = _first_byte(request.headers.get("range", ""), size)
        if first is None:
            return Response(b"", status_code=416, headers={"Content-Range": f"bytes */{size}"})
        headers = {"Accept-Ranges": "bytes", "Content-Length": str(size - first)}
        if "range" in request.headers:
            headers["Content-Range"] = f"bytes {first}-{size - 1}/{size}"
        status = 206 if "range" in request.headers else 200
        return Stream(_chunks(path, first), status_code=status, headers=headers, media_type="application/zstd")

    return [manifest, file]


def _receipts(server: Server) -> list[HTTPRouteHandler]:
    @get(
        "/v1/receipt",
        opt=PULL,
        summary="A receipt of any store with its lines, for goods that come back elsewhere",
        responses=errors(400, 401, 403, 404),
    )
    @threaded
    def receipt(number: Annotated[str, QueryParameter(max_length=60)]) -> FoundReceipt:
        return receipts.receipt(server.hq, number)

    return [receipt]


async def _bounded_body(request: AnyRequest) -> bytes:
    """The compressed body; refused as soon as it is too large, whatever its headers said, or when it takes for ever."""
    taken = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for chunk in request.stream():
                taken += chunk
                if len(taken) > MAX_COMPRESSED_BYTES:
                    raise WireDamageError("wire.too_large", limit=MAX_COMPRESSED_BYTES)
    except TimeoutError:
        raise EnvironmentFault("push.too_slow") from None
    return bytes(taken)


def _push_header(request: AnyRequest) -> PushHeader:
    try:
        return PushHeader.from_http({name.lower(): value for name, value in request.headers.items()})
    except (KeyError, ValueError) as bad:
        raise RuleViolationError("request.malformed", why=f"Sync-* headers: {bad}"[:100]) from bad


def _count(server: Server, taken: ingest.Taken) -> None:
    server.metrics.pushes.labels(type(taken.answer).__name__).inc()
    for outcome, count in (("new", taken.new), ("repeated", taken.repeated), ("quarantined", taken.quarantined)):
        if count:
            server.metrics.events.labels(outcome).inc(count)


def _page_response(page: feed.SignedPage) -> Response[bytes]:
    return Response(
        zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(page.body),
        media_type=CONTENT_TYPE,
        headers={
            "Content-Encoding": "zstd",
            "Sync-Cursor": str(page.head.to_rev),
            "Sync-Head": str(page.head.head),
            "Sync-Generation": page.head.generation,
            "Sync-Signature": page.signature,
            **({WORD_HEADER: page.word} if page.word else {}),
        },
    )


def _first_byte(text: str, size: int) -> int | None:
    """0 without a Range; None for one that cannot be served."""
    if not text:
        return 0
    unit, _, span = text.partition("=")
    first, _, last = span.partition("-")
    if unit.strip() != "bytes" or last or not first.isascii() or not first.isdigit() or len(first) > 15:
        return None
    return int(first) if int(first) < size else None


async def _chunks(path: Path, first: int) -> AsyncIterator[bytes]:
    source = await in_thread(path.open, "rb")
    try:
        await in_thread(source.seek, first)
        while chunk := await in_thread(source.read, FILE_CHUNK_BYTES):
            yield chunk
    finally:
        source.close()
