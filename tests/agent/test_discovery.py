"""Neighbours on a network that loses datagrams: what was not heard is asked for again."""

import asyncio
import socket
import struct
from collections import Counter

from zeroconf._dns import DNSAddress, DNSPointer, DNSRecord, DNSService, DNSText
from zeroconf._protocol.incoming import DNSIncoming
from zeroconf._protocol.outgoing import DNSOutgoing
from zeroconf.const import _CLASS_IN, _TYPE_A, _TYPE_PTR, _TYPE_SRV, _TYPE_TXT

from sync_agent.discovery import SERVICE, Announcement, Discovery
from tests.agent.support import LOOPBACK

GROUP, PORT = "224.0.0.251", 5353
IS_ANSWER = 0x8400
TTL_S = 120
STORE = "S-discovery"
NAME, HOST = f"other-agent.{SERVICE}", "other-agent.local."
WITHIN_S = 60


def records() -> dict[int, DNSRecord]:
    said = b"".join(bytes([len(pair)]) + pair for pair in (b"store=" + STORE.encode(), b"role=store"))
    return {
        _TYPE_PTR: DNSPointer(SERVICE, _TYPE_PTR, _CLASS_IN, TTL_S, NAME),
        _TYPE_SRV: DNSService(NAME, _TYPE_SRV, _CLASS_IN, TTL_S, 0, 0, 8787, HOST),
        _TYPE_TXT: DNSText(NAME, _TYPE_TXT, _CLASS_IN, TTL_S, said),
        _TYPE_A: DNSAddress(HOST, _TYPE_A, _CLASS_IN, TTL_S, socket.inet_aton(LOOPBACK)),
    }


class HardOfHearing(asyncio.DatagramProtocol):
    """Answers exactly what is asked, but the first `deaf_for` questions of each kind got lost. Announces nothing."""

    def __init__(self, deaf_for: int) -> None:
        self._deaf_for = deaf_for
        self.asked: Counter[int] = Counter()
        self._out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))

    def datagram_received(self, data: bytes, addr: object) -> None:
        incoming = DNSIncoming(data)
        if not incoming.is_query():
            return
        for question in incoming.questions:
            record = records().get(question.type)
            if record is None or question.name not in (SERVICE, NAME, HOST):
                continue
            self.asked[question.type] += 1
            if self.asked[question.type] > self._deaf_for:
                answer = DNSOutgoing(IS_ANSWER)
                answer.add_answer_at_time(record, 0)
                for packet in answer.packets():
                    self._out.sendto(packet, (GROUP, PORT))

    def close(self) -> None:
        self._out.close()


def on_the_group() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(("", PORT))
    member = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(LOOPBACK))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    sock.setblocking(False)
    return sock


async def heard_of(deaf_for: int) -> Discovery:
    own = Announcement("own-agent", STORE, "agent", "1.a", 8788)
    heard = asyncio.Event()
    discovery = Discovery(own, [LOOPBACK], heard.set)
    transport, other = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: HardOfHearing(deaf_for), sock=on_the_group()
    )
    running = asyncio.create_task(discovery.run())
    try:
        async with asyncio.timeout(WITHIN_S):
            await heard.wait()
    finally:
        running.cancel()
        await asyncio.wait([running])
        transport.close()
        other.close()
    return discovery


def test_a_neighbour_whose_answers_got_lost_is_asked_again_until_it_is_heard() -> None:
    """The library asks four times for names, the last time after 14 s, and a few times for an address."""
    found = asyncio.run(heard_of(deaf_for=4)).neighbours
    assert [(one.urls, one.role) for one in found] == [((f"https://{LOOPBACK}:8787",), "store")]
