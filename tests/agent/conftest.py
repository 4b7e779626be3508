"""One HQ for all tests of the agent; each test has stores of its own, and the prices it knows."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.agent.town import Hq

_numbers = count(401)


@pytest.fixture(scope="session")
def hq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hq]:
    running = Hq(tmp_path_factory.mktemp("hq") / "home")
    try:
        yield running
    finally:
        running.close()


@pytest.fixture
def store(hq: Hq) -> str:
    hq.usual_prices()
    return hq.store(f"S{next(_numbers):04d}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
