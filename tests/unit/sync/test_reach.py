"""Which part of the way to head office is down, from what the routers on it said."""

from collections.abc import Sequence

import pytest

from retail_core.sync.reach import Packet, Reach, Said, reach

SHOP, MODEM, CARRIER, HQ, HQ_ROUTER = "192.168.1.1", "192.168.0.1", "203.0.113.1", "198.51.100.7", "198.51.100.1"


def ended(hops: int, by: str) -> Packet:
    return Packet(hops, Said.EXPIRED, by)


def back(hops: int, by: str) -> Packet:
    return Packet(hops, Said.TURNED_BACK, by)


@pytest.mark.parametrize(
    ("packets", "found"),
    [
        ([], Reach.UNKNOWN),
        ([Packet(1, Said.NOTHING)], Reach.UNKNOWN),
        ([Packet(1, Said.NO_WAY), Packet(64, Said.NO_WAY)], Reach.NO_WAY),
        ([ended(1, SHOP)], Reach.ROUTER),
        ([back(1, SHOP), back(2, SHOP)], Reach.ROUTER),
        ([back(2, SHOP), back(64, SHOP)], Reach.ROUTER),  # the first answer got lost: whose it is nobody knows
        ([ended(1, SHOP), ended(2, MODEM)], Reach.ROUTER),  # two boxes in the shop
        ([ended(1, SHOP), ended(2, MODEM), ended(3, CARRIER)], Reach.BEYOND),
        ([ended(2, CARRIER)], Reach.BEYOND),  # a router of the shop that tells nothing
        ([ended(1, SHOP), back(64, HQ_ROUTER)], Reach.BEYOND),
        ([ended(1, SHOP), ended(2, CARRIER), Packet(64, Said.ARRIVED)], Reach.HOST),
    ],
)
def test_the_farthest_that_answered_counts(packets: Sequence[Packet], found: Reach) -> None:
    assert reach(packets, HQ) is found


def test_in_a_network_without_public_addresses_the_second_router_is_outside_the_shop() -> None:
    assert reach([ended(1, SHOP), ended(2, MODEM)], "10.0.0.9") is Reach.BEYOND
