"""One head office for tests that only hurt the way to it; whoever kills or fills it makes one of their own."""

from tests.agent.conftest import folder, hq, store

__all__ = ["folder", "hq", "store"]
