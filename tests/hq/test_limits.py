"""What a hostile batch may cost, and what an answer may cost in time."""

import time
from pathlib import Path

import psutil
import pytest
import zstandard

from hq_server.service.ingest import take
from retail_core.wire.batch import WireDamageError
from tests.hq.running import running_hq
from tests.hq.support import Shop, enrolled, sale

BOMB_BYTES = 1024**3
MAX_EXTRA_BYTES = 32 * 1024**2
MAX_REFUSAL_S = 0.5  # a busy machine; alone it takes about 20 ms


def test_a_bomb_of_a_gigabyte_costs_little_memory_and_time(shop: Shop) -> None:
    packer = zstandard.ZstdCompressor(level=3).compressobj()
    zeros = bytes(8 * 1024 * 1024)
    bomb = b"".join(packer.compress(zeros) for _ in range(BOMB_BYTES // len(zeros))) + packer.flush()
    till = enrolled(shop.hq, "till-1").says(sale("R1", ("THROW", 1, 2999)))
    header, _ = till.batch()
    process = psutil.Process()
    before = process.memory_info().rss
    begun = time.perf_counter()
    with pytest.raises(WireDamageError) as refused:
        take(shop.hq, shop.contacts, till.node, header, bomb)
    assert refused.value.code == "wire.too_large"
    assert time.perf_counter() - begun < MAX_REFUSAL_S
    assert process.memory_info().rss - before < MAX_EXTRA_BYTES


def test_no_answer_waits_for_an_acknowledgement(tmp_path: Path) -> None:
    """Small answers on an open line once took 45 ms each, because the socket waited to fill a packet."""
    with running_hq(tmp_path / "hq", None) as running, running.client() as stranger:
        stranger.get("/health")
        begun = time.perf_counter()
        for _ in range(40):
            stranger.get("/health")
        assert time.perf_counter() - begun < 1.0
