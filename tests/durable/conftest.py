"""The configuration of one machine."""

import pytest

from retail_core.durable.home import MachineConfig
from tests.durable.till_file import NODE


@pytest.fixture
def config() -> MachineConfig:
    return MachineConfig(
        store="S0319", store_name="Store 319", register="T1", role="till", zone="north", timezone="Europe/Berlin",
        currency="EUR", till_node=NODE, agent_node="", series=("A", "B"), hq_url="https://hq.example:8443",
        ca_sha256="00" * 32, feed_public_key="",
    )  # fmt: skip
