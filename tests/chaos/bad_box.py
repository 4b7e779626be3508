"""A box on the way to head office that opens what passes, as some networks have them, and spoils one entry each time it sees it."""

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import httpx
import zstandard

from retail_core.wire.batch import STAND_IN, expand
from sync_agent.hq_client.tls import pinned_context
from tests.agent.support import LOOPBACK, free_port
from tests.agent.town import Hq
from tests.support.https import Answer, Asked, answering

PATIENCE_S = 60
SHORT = re.compile(r"(?<=\bwait=)\d+")
"""No long polls through the box: it could not be taken away while one hangs."""
COMPACT = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
PASSED_ON = frozenset({"content-type", "content-encoding", "date", "retry-after", "sync-hq-age"})
HOP_BY_HOP = frozenset({"host", "connection", "content-length", "transfer-encoding"})


@dataclass
class BadBox:
    """`spoils` is the type of the entry it cannot leave alone: the first one of all it sees."""

    url: str
    spoils: str
    position: int = 0
    spoiled: int = 0

    def answer(self, http: httpx.Client, asked: Asked) -> Answer:
        """What head office says to it, spoiled or not."""
        body = self._spoil(asked.body) if asked.path == "/v1/push" else asked.body
        fields = {name: text for name, text in asked.headers.items() if name not in HOP_BY_HOP}
        request = http.build_request(asked.method, SHORT.sub("1", asked.target), headers=fields, content=body or None)
        said = http.send(request, stream=True)
        try:
            packed = b"".join(said.iter_raw())
        finally:
            said.close()
        kept = {
            name: text
            for name, text in said.headers.items()
            if name in PASSED_ON or name.startswith("sync-") or name == "content-range"
        }
        return Answer(said.status_code, packed, kept)

    def _spoil(self, body: bytes) -> bytes:
        lines = [json.loads(line) for line in expand([body]).splitlines()]
        for line in lines:
            if line["type"] == self.spoils and line["type"] != STAND_IN and self.position in {0, line["seq"]}:
                self.position = line["seq"]
                self.spoiled += 1
                line["at"] += 1
                packed = b"".join(COMPACT(one).encode() + b"\n" for one in lines)
                return zstandard.ZstdCompressor().compress(packed)
        return body


@contextlib.contextmanager
def bad_box(hq: Hq, spoils: str) -> Iterator[BadBox]:
    """In the way of whoever is enrolled by its address."""
    port = free_port()
    box = BadBox(f"https://{LOOPBACK}:{port}", spoils)
    pair = hq.home.server_certificate, hq.home.server_key, hq.home.keys.device_secret().hex()
    trusting = pinned_context(hq.ca_pem)
    with (
        httpx.Client(base_url=hq.url, verify=trusting, trust_env=False, timeout=PATIENCE_S) as http,
        answering(port, partial(box.answer, http), pair) as faults,
    ):
        yield box
    assert [one for one in faults if "Timeout" not in one] == []
