"""What is asked of a peer, HQ or a neighbour in the store, question by question. Every wait and every answer is bounded.

Trouble comes out as `HopFault`; what the peer *says* (stored, gap, fork, damaged, too large) comes back as an answer.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
import msgspec

from retail_core.domain.receipts import FoundReceipt
from retail_core.trust.keys import unb64
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
from sync_agent.config import (
    CONNECT_TIMEOUT_S,
    LONG_POLL_SLACK_S,
    MAX_ANSWER_BYTES,
    MAX_PAGE_BYTES,
    SNAPSHOT_TIMEOUT_S,
)
from sync_agent.hq_client.hop import JSON, Hop, bounded, code_of, decoded
from sync_agent.storage.pages import PulledPage

REFERENCE_ACCEPTS = "item:1,tax:2,price:1"
STORE_ACCEPTS = (
    "order:1,staff:1,customer:1,settings:1,quick_key:1,node:1,recall:1,goods_rules:1,promotion:1"
    ",department:1,instrument:1,often_with:1,bought:1,store_role:1"
)
LEAST_POLL_MS = 500


class TooLargeAnswer(msgspec.Struct, frozen=True):
    """413: the batch must be smaller."""


class SnapshotWanted(msgspec.Struct, frozen=True):
    """410: our cursor is older than what the peer remembers; start anew."""


def accepts_of(scope: str) -> str:
    """The kinds of documents this program reads in a scope, each with its newest version."""
    return STORE_ACCEPTS if scope.startswith("store:") else REFERENCE_ACCEPTS


PushReply = PushAnswer | GapAnswer | ForkAnswer | DamagedAnswer | TooLargeAnswer


class SyncClient(Hop):
    """What is asked of a peer, in one event loop; close it at the end."""

    async def push(self, header: PushHeader, body: bytes) -> PushReply:
        """One batch. Raises HopFault."""
        fields = {**header.to_http(), "Content-Type": CONTENT_TYPE, "Content-Encoding": "zstd"}
        async with self.asking("POST", "/v1/push", headers=fields, content=body) as answer:
            text = await bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code == 200:
            return decoded(text, PushAnswer)
        if answer.status_code == 409:
            return decoded(text, ForkAnswer) if code_of(text) == "fork" else decoded(text, GapAnswer)
        if answer.status_code == 413:
            return TooLargeAnswer()
        if answer.status_code == 422 and code_of(text) == "damaged":
            return decoded(text, DamagedAnswer)
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
            async with self.asking("GET", "/v1/pull", params=asked, patience=patience) as answer:
                body = await bounded(answer, MAX_PAGE_BYTES)
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
        async with self.asking("GET", f"/v1/snapshot/{zone}", params=asked) as answer:
            text = await bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise self._refused(answer, text)
        return decoded(text, SnapshotManifest)

    @asynccontextmanager
    async def snapshot_from(self, snapshot_id: str, offset: int) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes of a snapshot file from `offset` on. Raises HopFault."""
        fields = {"Range": f"bytes={offset}-"} if offset else {}
        asking = self.asking("GET", f"/v1/snapshot/file/{snapshot_id}", headers=fields, patience=SNAPSHOT_TIMEOUT_S)
        async with asking as answer:
            if answer.status_code != (206 if offset else 200):
                raise self._refused(answer, await bounded(answer, MAX_ANSWER_BYTES))
            yield answer.aiter_raw()

    async def witness(self, node: str, epoch: str) -> PushAnswer | None:
        """How far the peer (and HQ, as it knows) has a stream; None when it has none of it. Raises HopFault."""
        async with self.asking("GET", "/v1/witness", params={"node": node, "epoch": epoch}) as answer:
            text = await bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise self._refused(answer, text)
        return decoded(text, PushAnswer)

    async def shared(self, source: str, cursor: int, wait_s: int) -> SharedPage | None:
        """What the store role tells above `cursor`; None when nothing is new. Raises HopFault."""
        asked = {"source": source, "cursor": cursor, "wait": wait_s}
        patience = httpx.Timeout(wait_s + LONG_POLL_SLACK_S, connect=CONNECT_TIMEOUT_S)
        began_ms = self._clock.monotonic_ms()
        async with self.asking("GET", "/v1/shared", params=asked, patience=patience) as answer:
            text = await bounded(answer, MAX_PAGE_BYTES)
        if answer.status_code == 204:  # a peer that does not wait must not make us spin
            await asyncio.sleep(max(0, LEAST_POLL_MS - (self._clock.monotonic_ms() - began_ms)) / 1000)
            return None
        if answer.status_code != 200:
            raise self._refused(answer, text)
        return decoded(text, SharedPage)

    async def remember(self, told: SharedPage) -> None:
        """Tell a new store role what we have of the old one's word. Raises HopFault."""
        content = msgspec.json.encode(told)
        async with self.asking("POST", "/v1/shared", headers=JSON, content=content) as answer:
            text = await bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code != 204:
            raise self._refused(answer, text)

    async def claim(self, request: ClaimRequest) -> ClaimReply:
        """Who works on a thing of the store. Raises HopFault."""
        content = msgspec.json.encode(request)
        async with self.asking("POST", "/v1/claim", headers=JSON, content=content) as answer:
            text = await bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code != 200:
            raise self._refused(answer, text)
        return decoded(text, ClaimReply)

    async def receipt(self, number: str) -> FoundReceipt | None:
        """A receipt with its lines and what came back of it; None when the peer has none of this number. Raises HopFault."""
        async with self.asking("GET", "/v1/receipt", params={"number": number}) as answer:
            text = await bounded(answer, MAX_PAGE_BYTES)
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise self._refused(answer, text)
        return decoded(text, FoundReceipt)

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
        async with self.asking(method, path, params=params, headers=fields, content=content) as answer:
            text = await bounded(answer, limit)
        if answer.status_code != 200:
            raise self._refused(answer, text)
        return text

    async def telemetry(self, figures: Mapping[str, int]) -> bool:
        """Lossy: figures for HQ's page. False when the peer does not take any. Raises HopFault."""
        async with self.asking("POST", "/v1/telemetry", headers=JSON, content=msgspec.json.encode(figures)) as answer:
            text = await bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code in {404, 405}:
            return False
        if answer.status_code not in {200, 201, 204}:
            raise self._refused(answer, text)
        return True

    async def devices(self, said: DevicesSaid) -> None:
        """Lossy: how the till's devices are. An older HQ does not take it. Raises HopFault."""
        content = msgspec.json.encode(said)
        async with self.asking("POST", "/v1/telemetry/devices", headers=JSON, content=content) as answer:
            text = await bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code not in {204, 404, 405}:
            raise self._refused(answer, text)

    async def certificate(self, tls_csr_pem: str) -> str:
        """HQ's newer certificate for this agent's LAN server. Raises HopFault."""
        content = msgspec.json.encode(CertificateRequest(tls_csr_pem))
        async with self.asking("POST", "/v1/certificate", headers=JSON, content=content) as answer:
            text = await bounded(answer, MAX_ANSWER_BYTES)
        if answer.status_code != 200:
            raise self._refused(answer, text)
        return decoded(text, CertificateAnswer).tls_cert_pem
