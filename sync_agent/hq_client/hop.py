"""How something is asked of a peer: proven who asks, bounded in time and size, and with every answer noted.

Trouble comes out as `HopFault`, and in `last_error` until the peer answers again.
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
from retail_core.trust import tokens
from retail_core.trust.keys import SigningKey
from retail_core.wire.unreadable import UNREADABLE
from sync_agent.config import MAX_ANSWER_BYTES, REQUEST_TIMEOUT_S
from sync_agent.hq_client.lines import open_http, why_unreachable
from sync_agent.hq_client.retry_after import retry_after_ms

LOG = logging.getLogger(__name__)
RENEW_BEFORE_S = 60
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


class Hop:
    """A peer, and how it does."""

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

    async def hello(self, patience_s: float = REQUEST_TIMEOUT_S) -> bytes:
        """The peer's public health document, on a connection of its own. Raises HopFault."""
        asking = self.asking("GET", "/health", anonymous=True, patience=patience_s, http=self._asking_after)
        async with asking as answer:
            return await bounded(answer, MAX_ANSWER_BYTES)

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    @asynccontextmanager
    async def asking(
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
        async with self.asking("POST", "/v1/token", anonymous=True, headers=JSON, content=asked) as answer:
            text = await bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code not in {200, 201}:
            raise self._refused(answer, text)
        return decoded(text, Token)

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
        code, lock = code_of(text), _lock(text)
        facts = {"lock": lock} if lock else {}
        return self._fault(code or f"hop.status_{answer.status_code}", wish_ms, status=answer.status_code, **facts)

    def _fault(self, code: str, retry_after_ms: int = 0, **facts: str | int) -> HopFault:
        self.last_error = code
        return HopFault(code, retry_after_ms, peer=self.peer.name, **facts)


async def bounded(answer: httpx.Response, limit: int) -> bytes:
    """The raw body; a peer that sends more is not one of ours."""
    taken = bytearray()
    async for chunk in answer.aiter_raw():
        taken += chunk
        if len(taken) > limit:
            raise HopFault("hop.answer_too_large", limit=limit)
    return bytes(taken)


def decoded(text: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(text, type=kind)
    except UNREADABLE as bad:
        raise HopFault("hop.bad_answer", why=str(bad)[:100]) from bad


def code_of(text: bytes) -> str:
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
