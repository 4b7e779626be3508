"""One peer, HQ or a neighbour in the store, as the protocol sees it. Every wait and every answer is bounded.

Trouble comes out as `HopFault`; what the peer *says* (stored, gap, fork, damaged, too large) comes back as an answer.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Self, TypeVar

import httpx
import msgspec

from retail_core.domain.clock import Clock, OtherClock
from retail_core.domain.errors import EnvironmentFault
from retail_core.domain.ids import IdSource
from retail_core.domain.receipts import FoundReceipt
from retail_core.trust import tokens
from retail_core.trust.keys import SigningKey, unb64
from retail_core.wire.devices import DevicesSaid
from retail_core.wire.messages import (
    CONTENT_TYPE,
    WORD_HEADER,
    CertificateAnswer,
    CertificateRequest,
    ClaimReply,
    ClaimRequest,
    DamagedAnswer,
    ForkAnswer,
    GapAnswer,
    PageHead,
    PushAnswer,
    PushHeader,
    SharedPage,
    SnapshotManifest,
)
from retail_core.wire.unreadable import UNREADABLE
from sync_agent.config import (
    CONNECT_TIMEOUT_S,
    LONG_POLL_SLACK_S,
    MAX_ANSWER_BYTES,
    MAX_PAGE_BYTES,
    REQUEST_TIMEOUT_S,
    SNAPSHOT_TIMEOUT_S,
)
from sync_agent.hq_client.lines import open_http, why_unreachable
from sync_agent.hq_client.retry_after import retry_after_ms
from sync_agent.storage.pages import PulledPage

REFERENCE_ACCEPTS = "item:1,tax:1,price:1"
STORE_ACCEPTS = (
    "order:1,staff:1,customer:1,settings:1,quick_key:1,node:1,recall:1,goods_rules:1,promotion:1"
    ",department:1,instrument:1,often_with:1,bought:1,store_role:1"
)
LOG = logging.getLogger(__name__)
RENEW_BEFORE_S = 60
LEAST_POLL_MS = 500
DATE_STEP_MS = 2_000
"""A Date tells whole seconds, and is up to one old."""
JSON = MappingProxyType({"Content-Type": "application/json"})
NEVER_MS = -(2**62)
MAX_AGE_DIGITS = 15
HQ_AGE_HEADER = "Sync-Hq-Age"
"""On a neighbour's answers: how many milliseconds ago HQ last answered it; absent when never."""
_T = TypeVar("_T")


class HopFault(EnvironmentFault):
    """A peer gave no usable answer. `retry_after_ms` is its own wish, 0 when it has none."""

    def __init__(self, code: str, retry_after_ms: int = 0, **facts: str | int | bool | None) -> None:
        super().__init__(code, **facts)
        self.retry_after_ms = retry_after_ms


class TooLargeAnswer(msgspec.Struct, frozen=True):
    """413: the batch must be smaller."""


class SnapshotWanted(msgspec.Struct, frozen=True):
    """410: our cursor is older than what the peer remembers; start anew."""


def accepts_of(scope: str) -> str:
    """The kinds of documents this program reads in a scope, each with its newest version."""
    return STORE_ACCEPTS if scope.startswith("store:") else REFERENCE_ACCEPTS


class Peer(msgspec.Struct, frozen=True):
    """Where to reach a peer and how it must prove itself. `tls_name` is empty when the host itself is checked."""

    name: str  # "hq" or "store"
    url: str
    audience: str
    tls_name: str = ""


class Token(msgspec.Struct, frozen=True):
    """The answer to an assertion."""

    access_token: str
    expires_in: int = tokens.BEARER_S


PushReply = PushAnswer | GapAnswer | ForkAnswer | DamagedAnswer | TooLargeAnswer


class SyncClient:
    """Use within one event loop; close it at the end."""

    def __init__(
        self, peer: Peer, node: str, key: SigningKey, context: ssl.SSLContext, clock: Clock, ids: IdSource
    ) -> None:
        self.peer = peer
        self.last_contact_ms = 0
        self.last_error = ""
        self.hq_contact_ms = 0
        self._peer_clock = OtherClock()
        self._node, self._key, self._clock, self._ids = node, key, clock, ids
        self.on_back: Callable[[], None] | None = None  # called when the peer answers again after it did not
        self.on_date: Callable[[int], None] | None = None  # told with each answer what the peer's clock shows
        self.on_word: Callable[[str, str], None] | None = None  # told with each page: its scope, HQ's word or none
        self._away = False
        self._token, self._token_until_s = "", 0
        self._renewing = asyncio.Lock()
        self.heard_mono_ms = NEVER_MS  # when it last answered, by the clock that never jumps
        self._http = open_http(peer.url, context, connections=16, kept=8)
        # how it does is asked on a connection of its own: that never waits behind a batch
        self._asking_after = open_http(peer.url, context, connections=1, kept=1)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._asking_after.aclose()
        await self._http.aclose()

    @property
    def offset_ms(self) -> int:
        """How far the peer's clock is ahead of ours, to a second."""
        return self._peer_clock.offset_ms(self._clock)

    # ── the protocol ─────────────────────────────────────────────────────────────────────────────

    async def push(self, header: PushHeader, body: bytes) -> PushReply:
        """One batch. Raises HopFault."""
        fields = {**header.to_http(), "Content-Type": CONTENT_TYPE, "Content-Encoding": "zstd"}
        async with self._asking("POST", "/v1/push", headers=fields, content=body) as answer:
            text = await _bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code == 200:
            return _decoded(text, PushAnswer)
        if answer.status_code == 409:
            return _decoded(text, ForkAnswer) if _code(text) == "fork" else _decoded(text, GapAnswer)
        if answer.status_code == 413:
            return TooLargeAnswer()
        if answer.status_code == 422 and _code(text) == "damaged":
            return _decoded(text, DamagedAnswer)
        raise self._refused(answer, text)

    async def pull(
        self,
        scope: str,
        cursor: int,
        limit: int,
        wait_s: int,
        *,
        accepts: str = "",
        fresh: bool = False,
        generation: str = "",
    ) -> PulledPage | SnapshotWanted:
        """Rows above `cursor` in the versions of `accepts` (ours), waiting up to `wait_s` for one. Raises HopFault.

        `fresh`: the reader began at 0 and is not at the head yet. `generation` is the one it knows: HQ does not wait when its
        own is another.
        """
        asked: dict[str, str | int] = {"scope": scope, "cursor": cursor, "limit": limit, "wait": wait_s}
        asked["accepts"] = accepts or accepts_of(scope)
        asked |= {"fresh": 1} if fresh else {}
        asked |= {"generation": generation} if generation else {}
        patience = httpx.Timeout(wait_s + LONG_POLL_SLACK_S, connect=CONNECT_TIMEOUT_S)
        while True:
            began_ms = self._clock.monotonic_ms()
            async with self._asking("GET", "/v1/pull", params=asked, patience=patience) as answer:
                body = await _bounded(answer, MAX_PAGE_BYTES)
            nothing_new = answer.status_code == 204 or answer.headers.get("Sync-Cursor") == str(cursor)
            if wait_s and nothing_new:  # a peer that does not wait must not make us spin
                await asyncio.sleep(max(0, LEAST_POLL_MS - (self._clock.monotonic_ms() - began_ms)) / 1000)
            if answer.status_code != 204:  # a neighbour cannot sign that nothing is new: it is asked again
                break
        if answer.status_code == 410:
            return SnapshotWanted()
        if answer.status_code != 200:
            raise self._refused(answer, body)
        try:
            head = PageHead(
                scope, cursor, int(answer.headers["Sync-Cursor"]), int(answer.headers["Sync-Head"]),
                answer.headers["Sync-Generation"],
            )  # fmt: skip
            page = PulledPage(head, body, unb64(answer.headers["Sync-Signature"]))
        except (KeyError, ValueError) as bad:
            raise self._fault("hop.bad_answer", why=str(bad)[:100]) from bad
        if self.on_word is not None:
            self.on_word(scope, answer.headers.get(WORD_HEADER, ""))
        return page

    async def manifest(self, zone: str, instead_of: str = "") -> SnapshotManifest | None:
        """The newest snapshot of a price zone, its key sealed to this node; None when there is none. Raises HopFault.

        `instead_of` is the id of the one in use, which will not do any more: a neighbour then looks for a newer one.
        """
        asked = {"instead_of": instead_of} if instead_of else {}
        async with self._asking("GET", f"/v1/snapshot/{zone}", params=asked) as answer:
            text = await _bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise self._refused(answer, text)
        return _decoded(text, SnapshotManifest)

    @asynccontextmanager
    async def snapshot_from(self, snapshot_id: str, offset: int) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes of a snapshot file from `offset` on. Raises HopFault."""
        fields = {"Range": f"bytes={offset}-"} if offset else {}
        asking = self._asking("GET", f"/v1/snapshot/file/{snapshot_id}", headers=fields, patience=SNAPSHOT_TIMEOUT_S)
        async with asking as answer:
            if answer.status_code != (206 if offset else 200):
                raise self._refused(answer, await _bounded(answer, MAX_ANSWER_BYTES))
            yield answer.aiter_raw()

    async def witness(self, node: str, epoch: str) -> PushAnswer | None:
        """How far the peer (and HQ, as it knows) has a stream; None when it has none of it. Raises HopFault."""
        async with self._asking("GET", "/v1/witness", params={"node": node, "epoch": epoch}) as answer:
            text = await _bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise self._refused(answer, text)
        return _decoded(text, PushAnswer)

    async def shared(self, source: str, cursor: int, wait_s: int) -> SharedPage | None:
        """What the store role tells above `cursor`; None when nothing is new. Raises HopFault."""
        asked = {"source": source, "cursor": cursor, "wait": wait_s}
        patience = httpx.Timeout(wait_s + LONG_POLL_SLACK_S, connect=CONNECT_TIMEOUT_S)
        began_ms = self._clock.monotonic_ms()
        async with self._asking("GET", "/v1/shared", params=asked, patience=patience) as answer:
            text = await _bounded(answer, MAX_PAGE_BYTES)
        if answer.status_code == 204:  # a peer that does not wait must not make us spin
            await asyncio.sleep(max(0, LEAST_POLL_MS - (self._clock.monotonic_ms() - began_ms)) / 1000)
            return None
        if answer.status_code != 200:
            raise self._refused(answer, text)
        return _decoded(text, SharedPage)

    async def remember(self, told: SharedPage) -> None:
        """Tell a new store role what we have of the old one's word. Raises HopFault."""
        content = msgspec.json.encode(told)
        async with self._asking("POST", "/v1/shared", headers=JSON, content=content) as answer:
            text = await _bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code != 204:
            raise self._refused(answer, text)

    async def claim(self, request: ClaimRequest) -> ClaimReply:
        """Who works on a thing of the store. Raises HopFault."""
        content = msgspec.json.encode(request)
        async with self._asking("POST", "/v1/claim", headers=JSON, content=content) as answer:
            text = await _bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code != 200:
            raise self._refused(answer, text)
        return _decoded(text, ClaimReply)

    async def receipt(self, number: str) -> FoundReceipt | None:
        """A receipt with its lines and what came back of it; None when the peer has none of this number. Raises HopFault."""
        async with self._asking("GET", "/v1/receipt", params={"number": number}) as answer:
            text = await _bounded(answer, MAX_PAGE_BYTES)
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise self._refused(answer, text)
        return _decoded(text, FoundReceipt)

    async def asked(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        content: bytes | None = None,
        limit: int = MAX_ANSWER_BYTES,
    ) -> bytes:
        """Any other question with one good answer, 200. Raises HopFault with the peer's own code."""
        fields = None if content is None else JSON
        async with self._asking(method, path, params=params, headers=fields, content=content) as answer:
            text = await _bounded(answer, limit)
        if answer.status_code != 200:
            raise self._refused(answer, text)
        return text

    async def telemetry(self, figures: Mapping[str, int]) -> bool:
        """Lossy: figures for HQ's page. False when the peer does not take any. Raises HopFault."""
        async with self._asking("POST", "/v1/telemetry", headers=JSON, content=msgspec.json.encode(figures)) as answer:
            text = await _bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code in {404, 405}:
            return False
        if answer.status_code not in {200, 201, 204}:
            raise self._refused(answer, text)
        return True

    async def devices(self, said: DevicesSaid) -> None:
        """Lossy: how the till's devices are. An older HQ does not take it. Raises HopFault."""
        content = msgspec.json.encode(said)
        async with self._asking("POST", "/v1/telemetry/devices", headers=JSON, content=content) as answer:
            text = await _bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code not in {204, 404, 405}:
            raise self._refused(answer, text)

    async def certificate(self, tls_csr_pem: str) -> str:
        """HQ's newer certificate for this agent's LAN server. Raises HopFault."""
        content = msgspec.json.encode(CertificateRequest(tls_csr_pem))
        async with self._asking("POST", "/v1/certificate", headers=JSON, content=content) as answer:
            text = await _bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code != 200:
            raise self._refused(answer, text)
        return _decoded(text, CertificateAnswer).tls_cert_pem

    async def hello(self, patience_s: float = REQUEST_TIMEOUT_S) -> bytes:
        """The peer's public health document, on a connection of its own. Raises HopFault."""
        asking = self._asking("GET", "/health", anonymous=True, patience=patience_s, http=self._asking_after)
        async with asking as answer:
            return await _bounded(answer, MAX_ANSWER_BYTES)

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    @asynccontextmanager
    async def _asking(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        anonymous: bool = False,
        patience: httpx.Timeout | float = REQUEST_TIMEOUT_S,
        params: Mapping[str, str | int] | None = None,
        content: bytes | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> AsyncIterator[httpx.Response]:
        http = http or self._http
        began_ms = self._clock.monotonic_ms()
        fields = {"Accept-Encoding": "zstd", **(headers or {})}
        if not anonymous:
            fields["Authorization"] = f"Bearer {await self._bearer()}"
        request = http.build_request(
            method, path, headers=fields, timeout=patience, extensions=self._name(), params=params, content=content
        )
        try:
            answer = await http.send(request, stream=True)
            try:
                self._heard(answer)
                yield answer
            finally:
                await answer.aclose()
        except httpx.HTTPError as down:
            if self.heard_mono_ms > began_ms:  # it has answered something else since: this one question is lost
                raise HopFault(why_unreachable(down), peer=self.peer.name, why=type(down).__name__) from down
            if not self._away:
                LOG.info(
                    "%s does not answer: %s", self.peer.name, type(down).__name__, extra={"code": "hop.unreachable"}
                )
            self._away = True
            raise self._fault(why_unreachable(down), why=type(down).__name__) from down
        except RuntimeError as closed:
            if not http.is_closed:
                raise
            raise self._fault("hop.closed") from closed

    async def _bearer(self) -> str:
        async with self._renewing:
            now_s = self._clock.now_ms() // 1000
            if not self._token or now_s >= self._token_until_s - RENEW_BEFORE_S:
                token = await self._renew(now_s)
                self._token, self._token_until_s = token.access_token, now_s + token.expires_in
            return self._token

    async def _renew(self, now_s: int) -> Token:
        # in the peer's time, so that a wrong clock in the shop locks nobody out
        proof = tokens.assertion(
            self._node, self._key, self.peer.audience, now_s + self.offset_ms // 1000, self._ids.next()
        )
        asked = msgspec.json.encode({"assertion": proof})
        async with self._asking("POST", "/v1/token", anonymous=True, headers=JSON, content=asked) as answer:
            text = await _bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code not in {200, 201}:
            raise self._refused(answer, text)
        return _decoded(text, Token)

    def _name(self) -> dict[str, str]:
        return {"sni_hostname": self.peer.tls_name} if self.peer.tls_name else {}

    def _heard(self, answer: httpx.Response) -> None:
        was_away, self._away = self._away, False
        self.last_contact_ms, self.last_error = self._clock.now_ms(), ""
        self.heard_mono_ms = self._clock.monotonic_ms()
        self._note_date(answer.headers.get("Date", ""))
        if was_away:
            LOG.info("%s answers again", self.peer.name, extra={"code": "hop.back"})
            if self.on_back is not None:
                self.on_back()
        if answer.status_code == 401:
            self._token = ""
        age = answer.headers.get(HQ_AGE_HEADER, "")
        if age.isascii() and age.isdigit() and len(age) <= MAX_AGE_DIGITS:
            self.hq_contact_ms = self.last_contact_ms - int(age)

    def _note_date(self, date: str) -> None:
        try:
            shown_ms = int(parsedate_to_datetime(date).timestamp() * 1000)
        except (ValueError, OverflowError):
            return
        self._peer_clock = self._peer_clock.shown(shown_ms, self._clock.monotonic_ms(), DATE_STEP_MS)
        if self.on_date is not None:
            self.on_date(shown_ms)

    def _refused(self, answer: httpx.Response, text: bytes) -> HopFault:
        wish_ms = retry_after_ms(
            answer.headers.get("Retry-After", ""), answer.headers.get("Date", ""), self._clock.now_ms()
        )
        code, lock = _code(text), _lock(text)
        facts = {"lock": lock} if lock else {}
        return self._fault(code or f"hop.status_{answer.status_code}", wish_ms, status=answer.status_code, **facts)

    def _fault(self, code: str, retry_after_ms: int = 0, **facts: str | int) -> HopFault:
        self.last_error = code
        return HopFault(code, retry_after_ms, peer=self.peer.name, **facts)


async def _bounded(answer: httpx.Response, limit: int) -> bytes:
    """The raw body; a peer that sends more is not one of ours."""
    taken = bytearray()
    async for chunk in answer.aiter_raw():
        taken += chunk
        if len(taken) > limit:
            raise HopFault("hop.answer_too_large", limit=limit)
    return bytes(taken)


def _decoded(text: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(text, type=kind)
    except UNREADABLE as bad:
        raise HopFault("hop.bad_answer", why=str(bad)[:100]) from bad


def _code(text: bytes) -> str:
    try:
        return msgspec.json.decode(text, type=_Coded).code
    except UNREADABLE:
        return ""


def _lock(text: bytes) -> str:
    """The lock that a neighbour keeps us out by."""
    try:
        return msgspec.json.decode(text, type=_Locked).facts.lock
    except UNREADABLE:
        return ""


class _Coded(msgspec.Struct):
    code: str = ""


class _LockFacts(msgspec.Struct, frozen=True):
    lock: str = ""


class _Locked(msgspec.Struct):
    facts: _LockFacts = _LockFacts()
