"""What neighbours in the store may ask of this agent: the same protocol as HQ's, for enrolled nodes of this store only.

Anonymous callers get `/health` and a token in exchange for a signed assertion; everything else wants the token.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import msgspec
from litestar import Litestar, MediaType, Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.durable.link import NodeDoc
from retail_core.trust.locks import LockPage
from retail_core.wire.claim_rounds import MAX_ROUND_BYTES, ClaimRound
from retail_core.wire.envelope import StreamId
from retail_core.wire.messages import (
    CONTENT_TYPE,
    MAX_ACCEPTS_CHARS,
    MAX_COMPRESSED_BYTES,
    MAX_PULL_WAIT_S,
    ClaimRequest,
    DamagedAnswer,
    ErrorBody,
    PushAnswer,
    PushHeader,
    SharedPage,
)
from retail_core.wire.recovery import SeenReceipts
from retail_core.wire.unreadable import UNREADABLE
from sync_agent.feed_cache import page_headers
from sync_agent.hq_client.client import SnapshotWanted
from sync_agent.hq_client.hop import HQ_AGE_HEADER, HopFault, Token
from sync_agent.hq_link.receipt_line import receipt_found
from sync_agent.lan_desk import Hello, LanDesk
from sync_agent.storage import streams
from sync_agent.storage.seen import seen_here
from sync_agent.store_role.turns import BODY_WITHIN_S, BUSY

LOG = logging.getLogger(__name__)
MAX_JSON_BYTES = 16 * 1024
MAX_LOCK_BYTES = 64 * 1024
MAX_REMEMBERED_BYTES = 4 * 1024 * 1024
MAX_USED_ASSERTIONS = 4_096
DAMAGED = "push.damaged"
BAD_INPUT = frozenset({400, 401, 403, 413, 422})
"""Statuses of bad input, which is counted; "not here" and "not now" are no fault of the asker."""
CHUNK_BYTES = 256 * 1024
STATUS_OF = MappingProxyType(
    {
        "token": 401,
        "node.revoked": 401,
        "push.other_store": 403,
        "feed.scope_denied": 403,
        "snapshot.scope_denied": 403,
        "node.locked": 403,
        "trust.alone_too_long": 403,
        "receipt.unknown": 404,
        "snapshot.unknown": 404,
        "store_role.elsewhere": 409,
        "stream.unknown": 404,
        "wire.too_large": 413,
        "request.too_large": 413,
    }
)
"""HTTP status by code or by the code's family; other rules answer 400, faults 503."""
SENTENCE_OF = MappingProxyType(
    {
        "node.locked": "A manager of the store has locked this till. A manager at another till lets it in again.",
        "trust.alone_too_long": "This machine has had no word of head office for 35 days and lets nobody in until it has.",
    }
)
"""For whoever looks at the answer; the page of the till says it in its own words."""
AnyRequest = Request[Any, Any, State]


# ── routes ───────────────────────────────────────────────────────────────────────────────────────


@get("/health", sync_to_thread=False)
def health(desk: LanDesk) -> Hello:
    return desk.hello()


class Assertion(msgspec.Struct, forbid_unknown_fields=True):
    assertion: str


@post("/v1/token", status_code=200)
async def token(request: AnyRequest, desk: LanDesk) -> Token:
    text = await _body(request, MAX_JSON_BYTES)
    try:
        asked = msgspec.json.decode(text, type=Assertion)
    except UNREADABLE as bad:
        raise RuleViolationError("token.malformed") from bad
    return desk.token(asked.assertion)


@post("/v1/push", status_code=200)
async def push(request: AnyRequest, desk: LanDesk, caller: NodeDoc) -> Response[bytes]:
    try:
        header = PushHeader.from_http({name.lower(): value for name, value in request.headers.items()})
    except (KeyError, ValueError) as bad:
        raise RuleViolationError("push.bad_header", why=str(bad)[:60]) from bad
    async with desk.turns.place(caller.node_id):
        body = await _body_in_time(request)
        async with desk.turns.turn():
            answer = await desk.intake.take(caller, header, body)
    if isinstance(answer, PushAnswer):
        answer = msgspec.structs.replace(answer, next=desk.turns.pace(answer.through - header.from_seq))
    status = 200 if isinstance(answer, PushAnswer) else 422 if isinstance(answer, DamagedAnswer) else 409
    if isinstance(answer, DamagedAnswer):
        desk.note_refusal(DAMAGED, caller.node_id)
    return _json(answer, status)


@get("/v1/pull")
async def pull(
    desk: LanDesk,
    caller: NodeDoc,
    wanted: Annotated[str, QueryParameter(name="scope", max_length=80)],
    cursor: Annotated[int, QueryParameter(ge=0)],
    wait: Annotated[int, QueryParameter(ge=0, le=MAX_PULL_WAIT_S)] = 0,
    accepts: Annotated[str, QueryParameter(max_length=MAX_ACCEPTS_CHARS)] = "",
    fresh: Annotated[int, QueryParameter(ge=0, le=1)] = 0,
) -> Response[bytes]:
    page = await desk.page(wanted, cursor, wait, accepts, fresh=bool(fresh))
    desk.still(caller)
    if page is None:
        return Response(b"", status_code=204)
    if isinstance(page, SnapshotWanted):
        return _json(ErrorBody("feed.cursor_too_old", "load a snapshot"), 410)
    fields = {**page_headers(page), "Content-Encoding": "zstd"}
    return Response(page.packed, media_type=CONTENT_TYPE, headers=fields)


@get("/v1/snapshot/{zone:str}")
async def manifest(
    desk: LanDesk,
    caller: NodeDoc,
    zone: FromPath[str],
    instead_of: Annotated[str, QueryParameter(max_length=80)] = "",
) -> Response[bytes]:
    if zone != desk.files.config.zone:
        raise RuleViolationError("snapshot.scope_denied", zone=zone[:40])
    found = await desk.references.serve(zone, caller.public_key, instead_of)
    if found is None:
        raise RuleViolationError("snapshot.unknown")
    return _json(found, 200)


@get("/v1/snapshot/file/{snapshot_id:str}")
async def snapshot_file(request: AnyRequest, desk: LanDesk, snapshot_id: FromPath[str]) -> Stream:
    path = desk.references.kept_file(snapshot_id)
    if path is None:
        raise RuleViolationError("snapshot.unknown")
    size = path.stat().st_size
    start = _range_start(request.headers.get("range", ""))
    if start >= size:
        raise RuleViolationError("snapshot.bad_range", size=size)
    fields = {"Content-Length": str(size - start)}
    if start:
        fields["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
    return Stream(
        _chunks(path, start), status_code=206 if start else 200, headers=fields, media_type="application/zstd"
    )


@get("/v1/shared")
async def shared(
    desk: LanDesk,
    caller: NodeDoc,
    source: Annotated[str, QueryParameter(max_length=40)],
    cursor: Annotated[int, QueryParameter(ge=0)],
    wait: Annotated[int, QueryParameter(ge=0, le=MAX_PULL_WAIT_S)] = 0,
) -> Response[bytes]:
    told = await desk.store_board().page(source, cursor, wait)
    desk.still(caller)
    return Response(b"", status_code=204) if told is None else _json(told, 200)


@post("/v1/shared", status_code=204)
async def remembered(request: AnyRequest, desk: LanDesk) -> None:
    """What a neighbour remembers of an earlier store role's word."""
    try:
        told = msgspec.json.decode(await _body(request, MAX_REMEMBERED_BYTES), type=SharedPage)
    except UNREADABLE as bad:
        raise RuleViolationError("shared.malformed") from bad
    await desk.store_board().remember(told.rows)


@post("/v1/locks", status_code=200)
async def locks(request: AnyRequest, desk: LanDesk) -> Response[bytes]:
    """Tills that a manager locked, as the asker knows them; answered with all that are known here."""
    try:
        told = msgspec.json.decode(await _body(request, MAX_LOCK_BYTES), type=LockPage)
    except UNREADABLE as bad:
        raise RuleViolationError("lock.malformed") from bad
    return _json(await desk.locks.take(told), 200)


@post("/v1/claim", status_code=200)
async def claim(request: AnyRequest, desk: LanDesk, caller: NodeDoc) -> Response[bytes]:
    text = await _body(request, MAX_JSON_BYTES)
    try:
        asked = msgspec.json.decode(text, type=ClaimRequest)
    except UNREADABLE as bad:
        raise RuleViolationError("claim.malformed") from bad
    said = await desk.store_board().claims(caller.node_id, ClaimRound((asked,)))
    return _json(said.claims[0], 200)


@post("/v1/claims", status_code=200)
async def claims(request: AnyRequest, desk: LanDesk, caller: NodeDoc) -> Response[bytes]:
    """Everything a till's payment needs, in one question."""
    text = await _body(request, MAX_ROUND_BYTES)
    try:
        asked = msgspec.json.decode(text, type=ClaimRound)
    except UNREADABLE as bad:
        raise RuleViolationError("claim.malformed") from bad
    return _json(await desk.store_board().claims(caller.node_id, asked), 200)


@get("/v1/receipt")
async def receipt(desk: LanDesk, number: Annotated[str, QueryParameter(max_length=60)]) -> Response[bytes]:
    """What head office says; while it cannot be asked, a journal of this store."""
    found = await receipt_found(desk.files, (desk.hq,), number)
    if found is None:
        raise RuleViolationError("receipt.unknown", receipt=number)
    return _json(found, 200)


@get("/v1/witness")
async def witness(desk: LanDesk, node: str, epoch: str) -> Response[bytes]:
    found = await desk.files.run(lambda files: streams.witnessed(files, StreamId(node[:80], epoch[:40])))
    if found is None:
        raise RuleViolationError("stream.unknown")
    return _json(found, 200)


@get("/v1/seen")
async def seen(desk: LanDesk, register: Annotated[str, QueryParameter(max_length=10)]) -> SeenReceipts:
    """The last receipts of a register's machines that this machine has copies of."""
    return await desk.files.run(lambda files: seen_here(files, register))


def lan_app(desk: LanDesk) -> Litestar:
    """The application; every route but `/health` and `/v1/token` refuses an anonymous caller."""

    async def the_caller(request: AnyRequest) -> NodeDoc:
        return desk.caller(request.headers.get("authorization", ""))

    async def with_age(response: Response[Any]) -> Response[Any]:
        age_ms = desk.hq_age_ms()
        if age_ms is not None:
            response.headers[HQ_AGE_HEADER] = str(max(0, age_ms))
        return response

    def known_caller(connection: Any, _: object) -> None:
        desk.caller(connection.headers.get("authorization", ""))

    enrolled = Router(
        "/",
        route_handlers=[
            push,
            pull,
            manifest,
            snapshot_file,
            witness,
            seen,
            shared,
            remembered,
            locks,
            claim,
            claims,
            receipt,
        ],
        guards=[known_caller],
        dependencies={"caller": Provide(the_caller)},
    )

    def noted(answer: Callable[[AnyRequest, Any], Response[bytes]]) -> Callable[[AnyRequest, Any], Response[bytes]]:
        def handler(request: AnyRequest, error: Exception) -> Response[bytes]:
            response = answer(request, error)
            if response.status_code in BAD_INPUT:
                code = msgspec.json.decode(response.content, type=ErrorBody).code
                desk.note_refusal(code, desk.claimed_by(request.headers.get("authorization", "")))
            return response

        return handler

    return Litestar(
        route_handlers=[health, token, enrolled],
        dependencies={"desk": Provide(lambda: desk, sync_to_thread=False)},
        after_request=with_age,
        exception_handlers={
            RuleViolationError: noted(_refused),
            EnvironmentFault: _faulty,
            HTTPException: noted(_http_error),
            500: _bug,
        },
        request_max_body_size=MAX_REMEMBERED_BYTES + MAX_JSON_BYTES,
        openapi_config=None,
        logging_config=None,
    )


# ── serving ──────────────────────────────────────────────────────────────────────────────────────


# ── helpers ──────────────────────────────────────────────────────────────────────────────────────


async def _body(request: AnyRequest, limit: int) -> bytes:
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > limit:
            raise RuleViolationError("request.too_large", limit=limit)
    return bytes(taken)


async def _body_in_time(request: AnyRequest) -> bytes:
    """The body of a batch. Who sends it byte by byte gives its place in the line back."""
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            return await _body(request, MAX_COMPRESSED_BYTES)
    except TimeoutError:
        raise EnvironmentFault("push.too_slow") from None


async def _chunks(path: Path, start: int) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _range_start(text: str) -> int:
    """`bytes=N-` only; anything else means from the beginning."""
    unit, _, rest = text.partition("=")
    first = rest.removesuffix("-")
    return int(first) if unit == "bytes" and rest.endswith("-") and first.isdigit() else 0


def _json(said: msgspec.Struct, status: int) -> Response[bytes]:
    return Response(msgspec.json.encode(said), status_code=status, media_type=MediaType.JSON)


def _refused(_: AnyRequest, refused: RuleViolationError) -> Response[bytes]:
    status = STATUS_OF.get(refused.code) or STATUS_OF.get(refused.code.partition(".")[0], 400)
    said = SENTENCE_OF.get(refused.code) or str(refused)[:200]
    return _json(ErrorBody(refused.code, said, dict(refused.facts)), status)


def _faulty(_: AnyRequest, fault: EnvironmentFault) -> Response[bytes]:
    wait_ms = fault.retry_after_ms if isinstance(fault, HopFault) else 0
    answer = _json(ErrorBody(fault.code, "not now"), 429 if fault.code == BUSY else 503)
    answer.headers["Retry-After"] = str(max(1, wait_ms // 1000))
    return answer


def _http_error(_: AnyRequest, error: HTTPException) -> Response[bytes]:
    return _json(ErrorBody(f"http.{error.status_code}", error.detail[:100]), error.status_code)


def _bug(_: AnyRequest, error: Exception) -> Response[bytes]:
    LOG.error("a request could not be answered", exc_info=error, extra={"code": "lan.bug"})
    return _json(ErrorBody("lan.bug", "this is a fault of ours"), 500)
