"""What neighbours in the store may ask of this agent: the same protocol as HQ's, for enrolled nodes of this store only.

Anonymous callers get `/health` and a token in exchange for a signed assertion; everything else wants the token.
"""

import logging
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import msgspec
import uvicorn
from litestar import Litestar, MediaType, Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.domain.ids import IdSource
from retail_core.domain.roles import Role
from retail_core.durable.link import NodeDoc
from retail_core.trust import tokens
from retail_core.trust.keys import SigningKey
from retail_core.wire.envelope import StreamId
from retail_core.wire.messages import (
    CONTENT_TYPE,
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
from sync_agent.config import PULL_LIMIT, STOP_WITHIN_S, AgentHome
from sync_agent.feed_cache import FeedCache, checked_rows, page_headers
from sync_agent.hq_client.client import HQ_AGE_HEADER, HopFault, SnapshotWanted, SyncClient, Token, accepts_of
from sync_agent.hq_link.receipt_line import receipt_found
from sync_agent.hq_link.references import References
from sync_agent.storage import streams
from sync_agent.storage.files import Files
from sync_agent.storage.pages import PulledPage
from sync_agent.storage.seen import seen_here
from sync_agent.store_role.intake import Intake
from sync_agent.store_role.shared_board import SharedBoard

LOG = logging.getLogger(__name__)
MAX_JSON_BYTES = 16 * 1024
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
        "receipt.unknown": 404,
        "snapshot.unknown": 404,
        "store_role.elsewhere": 409,
        "stream.unknown": 404,
        "wire.too_large": 413,
        "request.too_large": 413,
    }
)
"""HTTP status by code or by the code's family; other rules answer 400, faults 503."""
AnyRequest = Request[Any, Any, State]


def audience_of(node: str) -> str:
    """Whom a token for this agent is meant for: a proof given to one agent is no use at another."""
    return f"omnitill-agent/{node}"


class Hello(msgspec.Struct, frozen=True):
    """The public health document of an agent."""

    node: str
    store: str
    store_role: bool
    term: str
    hq_up: bool = False
    hq_error: str = ""  # why not, and how far this machine gets on the way there
    reach: str = ""
    generation: int = 0  # of the store role this agent has, or has last heard of


class LanDesk:
    """Everything the routes need, and who may use them."""

    def __init__(
        self,
        files: Files,
        key: SigningKey,
        clock: Clock,
        ids: IdSource,
        *,
        nodes: Callable[[], Mapping[str, NodeDoc]],
        intake: Intake,
        cache: FeedCache,
        references: References,
        hq: SyncClient,
        hello: Callable[[], Hello],
        hq_age_ms: Callable[[], int | None],
        board: SharedBoard | None,
    ) -> None:
        self.files, self.clock, self.intake = files, clock, intake
        self.cache, self.references, self.hq = cache, references, hq
        self.hello, self.hq_age_ms, self.nodes = hello, hq_age_ms, nodes
        self._key, self._ids, self._board = key, ids, board
        self._audience = audience_of(files.config.agent_node)
        self._used: dict[str, int] = {}
        self.refused: Counter[str] = Counter()  # since the start, by code

    def token(self, assertion: str) -> Token:
        """A fifteen-minute token for a signed assertion used once. Raises RuleViolationError `token.*`."""
        node = self._node(tokens.unchecked_subject(assertion))
        now_s = self.clock.now_ms() // 1000
        claims = tokens.check_assertion(assertion, node.public_key, self._audience, now_s)
        if claims.expires_s > now_s + tokens.ASSERTION_S + tokens.LEEWAY_S:
            raise RuleViolationError("token.too_long")
        self._use(f"{node.node_id}/{claims.token_id}", claims.expires_s + tokens.LEEWAY_S, now_s)
        text = tokens.bearer(
            node.node_id, self._key, self._audience, now_s, self._ids.next(),
            store=self.files.config.store, role=Role.NODE.value,
        )  # fmt: skip
        return Token(text)

    def caller(self, authorization: str) -> NodeDoc:
        """The node behind a bearer token. Raises RuleViolationError `token.*`."""
        scheme, _, text = authorization.partition(" ")
        if scheme.lower() != "bearer" or not text:
            raise RuleViolationError("token.missing")
        claims = tokens.check_bearer(text, self._key.public_text, self._audience, self.clock.now_ms() // 1000)
        return self._node(claims.subject)

    def claimed_by(self, authorization: str) -> str:
        """Whom a bearer token names, true or not, for the log."""
        try:
            return tokens.unchecked_subject(authorization.partition(" ")[2])[:80]
        except RuleViolationError:
            return ""

    def store_board(self) -> SharedBoard:
        """Raises RuleViolationError `store_role.elsewhere`."""
        if self._board is None:
            raise RuleViolationError("store_role.elsewhere")
        return self._board

    async def page(
        self, scope: str, cursor: int, wait_s: int, accepts: str, *, fresh: bool
    ) -> PulledPage | SnapshotWanted | None:
        """A kept page, or the one that comes within `wait_s`, or what HQ answers to the same question.

        None: nothing is new. Raises RuleViolationError `feed.scope_denied` and HopFault.
        """
        config = self.files.config
        if scope not in {"catalogue", f"price:{config.zone}", f"store:{config.store}"}:
            raise RuleViolationError("feed.scope_denied", scope=scope[:60])
        ours = not accepts or accepts == accepts_of(scope)
        if ours:
            kept = await self.cache.page_from(scope, cursor)
            if kept is not None:
                return kept
            if cursor == self.cache.own_cursor(scope):
                return await self.cache.wait_from(scope, cursor, wait_s)
        page = await self.hq.pull(scope, cursor, PULL_LIMIT, wait_s, accepts=accepts, fresh=fresh)
        if isinstance(page, PulledPage):
            checked_rows(page, self.cache.feed_key)
            if ours:  # a page in other versions is for its asker alone
                await self.cache.keep(page)
        return page

    def _node(self, node_id: str) -> NodeDoc:
        node = self.nodes().get(node_id)
        if node is None:
            raise RuleViolationError("token.unknown")
        return node

    def note_refusal(self, code: str, node: str) -> None:
        """Bad input of a neighbour, or of somebody who says so: counted for the health page, told in the log."""
        self.refused[code] += 1
        LOG.warning("refused input of %s", node or "somebody unknown", extra={"code": code})

    def _use(self, token_id: str, until_s: int, now_s: int) -> None:
        self._used = {used: until for used, until in self._used.items() if until >= now_s}
        if token_id in self._used:
            raise RuleViolationError("token.used_before")
        if len(self._used) >= MAX_USED_ASSERTIONS:
            raise EnvironmentFault("token.too_many")
        self._used[token_id] = until_s


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
    except (msgspec.DecodeError, UnicodeDecodeError) as bad:
        raise RuleViolationError("token.malformed") from bad
    return desk.token(asked.assertion)


@post("/v1/push", status_code=200)
async def push(request: AnyRequest, desk: LanDesk, caller: NodeDoc) -> Response[bytes]:
    try:
        header = PushHeader.from_http({name.lower(): value for name, value in request.headers.items()})
    except (KeyError, ValueError) as bad:
        raise RuleViolationError("push.bad_header", why=str(bad)[:60]) from bad
    answer = await desk.intake.take(caller, header, await _body(request, MAX_COMPRESSED_BYTES))
    status = 200 if isinstance(answer, PushAnswer) else 422 if isinstance(answer, DamagedAnswer) else 409
    if isinstance(answer, DamagedAnswer):
        desk.note_refusal(DAMAGED, caller.node_id)
    return _json(answer, status)


@get("/v1/pull")
async def pull(
    desk: LanDesk,
    wanted: Annotated[str, QueryParameter(name="scope", max_length=80)],
    cursor: Annotated[int, QueryParameter(ge=0)],
    wait: Annotated[int, QueryParameter(ge=0, le=MAX_PULL_WAIT_S)] = 0,
    accepts: Annotated[str, QueryParameter(max_length=400)] = "",
    fresh: Annotated[int, QueryParameter(ge=0, le=1)] = 0,
) -> Response[bytes]:
    page = await desk.page(wanted, cursor, wait, accepts, fresh=bool(fresh))
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
    source: Annotated[str, QueryParameter(max_length=40)],
    cursor: Annotated[int, QueryParameter(ge=0)],
    wait: Annotated[int, QueryParameter(ge=0, le=MAX_PULL_WAIT_S)] = 0,
) -> Response[bytes]:
    told = await desk.store_board().page(source, cursor, wait)
    return Response(b"", status_code=204) if told is None else _json(told, 200)


@post("/v1/shared", status_code=204)
async def remembered(request: AnyRequest, desk: LanDesk) -> None:
    """What a neighbour remembers of an earlier store role's word."""
    try:
        told = msgspec.json.decode(await _body(request, MAX_REMEMBERED_BYTES), type=SharedPage)
    except (msgspec.DecodeError, UnicodeDecodeError) as bad:
        raise RuleViolationError("shared.malformed") from bad
    await desk.store_board().remember(told.rows)


@post("/v1/claim", status_code=200)
async def claim(request: AnyRequest, desk: LanDesk, caller: NodeDoc) -> Response[bytes]:
    text = await _body(request, MAX_JSON_BYTES)
    try:
        asked = msgspec.json.decode(text, type=ClaimRequest)
    except (msgspec.DecodeError, UnicodeDecodeError) as bad:
        raise RuleViolationError("claim.malformed") from bad
    return _json(await desk.store_board().claim(caller.node_id, asked), 200)


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
        route_handlers=[push, pull, manifest, snapshot_file, witness, seen, shared, remembered, claim, receipt],
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


class QuietServer(uvicorn.Server):
    """A server among others in one program: signals are the program's business."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises EnvironmentFault `port.in_use` or `port.unusable`."""
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as taken:
        code = "port.in_use" if taken.errno == 98 else "port.unusable"
        raise EnvironmentFault(code, host=host, port=port, why=taken.strerror) from taken


def tls_server(app: Litestar, home: AgentHome) -> QuietServer:
    """The LAN server with the agent's certificate. Raises EnvironmentFault `tls.unusable`."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=STOP_WITHIN_S,
        ssl_keyfile=home.tls_key, ssl_certfile=home.certificate, ssl_keyfile_password=home.tls_password,
        timeout_keep_alive=30, limit_concurrency=512, backlog=128,
    )  # fmt: skip
    try:
        config.load()
    except OSError as bad:
        raise EnvironmentFault("tls.unusable", file=home.certificate.name, why=str(bad)[:100]) from bad
    return QuietServer(config)


def plain_server(app: Litestar) -> QuietServer:
    """For loopback only."""
    return QuietServer(
        uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    )


# ── helpers ──────────────────────────────────────────────────────────────────────────────────────


async def _body(request: AnyRequest, limit: int) -> bytes:
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > limit:
            raise RuleViolationError("request.too_large", limit=limit)
    return bytes(taken)


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
    return _json(ErrorBody(refused.code, str(refused)[:200], dict(refused.facts)), status)


def _faulty(_: AnyRequest, fault: EnvironmentFault) -> Response[bytes]:
    wait_ms = fault.retry_after_ms if isinstance(fault, HopFault) else 0
    answer = _json(ErrorBody(fault.code, "not now"), 503)
    answer.headers["Retry-After"] = str(max(1, wait_ms // 1000))
    return answer


def _http_error(_: AnyRequest, error: HTTPException) -> Response[bytes]:
    return _json(ErrorBody(f"http.{error.status_code}", error.detail[:100]), error.status_code)


def _bug(_: AnyRequest, error: Exception) -> Response[bytes]:
    LOG.error("a request could not be answered", exc_info=error, extra={"code": "lan.bug"})
    return _json(ErrorBody("lan.bug", "this is a fault of ours"), 500)
