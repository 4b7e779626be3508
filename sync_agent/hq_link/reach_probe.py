"""Sends head office's address a few packets that may pass one, two, three … routers, and hears where each one ended.

They are openings of a TCP connection to the very port the agent uses, closed again at once; nothing is said on them. Linux
tells who sent an ICMP answer without any privilege (`IP_RECVERR`); elsewhere nothing is known, which is an answer too.
"""

import errno
import select
import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic

from retail_core.sync.reach import Packet, Reach, Said, reach

HOPS = (1, 2, 3, 4, 5, 64)
PATIENCE_S = 1.0
IP_RECVERR, IPV6_RECVERR = 11, 25  # linux/in.h, linux/in6.h; not in Python 3.11
_FROM_ICMP, _FROM_ICMP6 = 2, 3
_EXPIRED = {(_FROM_ICMP, 11), (_FROM_ICMP6, 3)}
_ERROR = struct.Struct("=IBBBBII")  # struct sock_extended_err
_ERROR_ROOM = 256
_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}
_COMPLETE = 0x2  # of /proc/net/arp
NEIGHBOURS, ROUTES = Path("/proc/net/arp"), Path("/proc/net/route")


def resolved(host: str, port: int) -> tuple[int, str] | None:
    """(address family, address) of a name; None when nobody can say. May take as long as the system's resolver does."""
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        return None
    return family, str(where[0])


def probe(family: int, address: str, port: int) -> Reach:
    """Takes `PATIENCE_S` at most; to be called beside the event loop."""
    if not sys.platform.startswith("linux"):
        return Reach.UNKNOWN
    found = reach(_packets(family, address, port), address)
    if found is Reach.UNKNOWN and family == socket.AF_INET and _router_is_gone():
        return Reach.NO_WAY
    return found


def _packets(family: int, address: str, port: int) -> Sequence[Packet]:
    answers: list[Packet] = []
    poll, waiting = select.poll(), dict[int, tuple[socket.socket, int]]()
    with ExitStack() as stack:
        for hops in HOPS:
            sock = stack.enter_context(_opening(family, hops))
            began = sock.connect_ex((address, port))
            if began in _NO_WAY:
                answers.append(Packet(hops, Said.NO_WAY))
            else:
                waiting[sock.fileno()] = sock, hops
                poll.register(sock, select.POLLOUT | select.POLLERR)
        until = monotonic() + PATIENCE_S
        while waiting and (left_s := until - monotonic()) > 0:
            for number, _ in poll.poll(left_s * 1000):
                sock, hops = waiting.pop(number)
                poll.unregister(number)
                answers.append(_answer(sock, hops))
            if any(packet.said is Said.ARRIVED for packet in answers):
                break
    return answers


def _opening(family: int, hops: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, hops)
    else:
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hops)
    return sock


def _answer(sock: socket.socket, hops: int) -> Packet:
    with suppress(OSError):  # nothing waits there: it was no ICMP answer
        _, parts, _, _ = sock.recvmsg(0, _ERROR_ROOM, socket.MSG_ERRQUEUE)
        for _, _, data in parts:
            if len(data) >= _ERROR.size:
                return _told(data, hops)
    trouble = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if trouble in (0, errno.ECONNREFUSED, errno.ECONNRESET):
        return Packet(hops, Said.ARRIVED)
    return Packet(hops, Said.NO_WAY if trouble in _NO_WAY else Said.NOTHING)


def _told(data: bytes, hops: int) -> Packet:
    _, origin, kind, _, _, _, _ = _ERROR.unpack_from(data)
    if origin not in (_FROM_ICMP, _FROM_ICMP6):
        return Packet(hops, Said.NO_WAY)
    family, rest = int.from_bytes(data[_ERROR.size : _ERROR.size + 2], sys.byteorder), data[_ERROR.size + 2 :]
    by = socket.inet_ntop(socket.AF_INET, rest[2:6]) if family == socket.AF_INET else _six(rest)
    return Packet(hops, Said.EXPIRED if (origin, kind) in _EXPIRED else Said.TURNED_BACK, by)


def _six(rest: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET6, rest[6:22])


def _router_is_gone() -> bool:
    """True when the default router was called and never said where it is."""
    try:
        routes = [line.split() for line in ROUTES.read_text("ascii").splitlines()[1:]]
        known = [line.split() for line in NEIGHBOURS.read_text("ascii").splitlines()[1:]]
    except OSError:
        return False
    routers = {socket.inet_ntoa(int(row[2], 16).to_bytes(4, sys.byteorder)) for row in routes if int(row[1], 16) == 0}
    return any(row[0] in routers and not int(row[2], 16) & _COMPLETE for row in known)
