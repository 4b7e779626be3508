"""Processes of one head office tell one another what changed, and who could not be told at once is told soon."""

import asyncio
import contextlib
import os

from hq_server.service.contacts import Contacts
from hq_server.storage import access
from hq_server.web.bell import Bell
from hq_server.web.siblings import EVERYTHING, Ear, Siblings
from tests.hq.support import Shop, enrolled


class Office:
    """Two processes' ends, in one event loop."""

    def __init__(self) -> None:
        self.ears = [Ear.new(), Ear.new()]
        self.one, self.two = (Siblings(self.ears, ear) for ear in self.ears)
        self.heard: list[str] = []
        self.news = asyncio.Event()

    def hear(self, topics: frozenset[str]) -> None:
        self.heard += sorted(topics)
        self.news.set()

    async def until_heard(self, topic: str) -> None:
        async with asyncio.timeout(10):
            while topic not in self.heard:
                self.news.clear()
                await self.news.wait()

    def close(self) -> None:
        self.one.deafen()
        self.two.deafen()
        for ear in self.ears:
            ear.close()


def test_one_hears_what_another_changed_and_not_itself() -> None:
    async def scene() -> None:
        office = Office()
        office.two.listen(office.hear)
        office.one.listen(lambda topics: office.heard.append(f"echo of {topics}"))
        office.one.tell(frozenset({"store:S1", "catalogue"}))
        await office.until_heard("store:S1")
        assert sorted(office.heard) == ["catalogue", "store:S1"]
        office.one.tell(frozenset(f"store:S{n:06}" for n in range(2_000)))  # more than a pipe takes whole
        await office.until_heard(EVERYTHING)
        office.close()

    asyncio.run(scene())


def test_who_was_too_busy_to_hear_is_told_that_anything_may_have_changed() -> None:
    async def scene() -> None:
        office = Office()
        office.one.listen(lambda _: None)
        for line in (b"store:S1\n" * 100, b"\n"):  # to the last byte
            with contextlib.suppress(BlockingIOError):
                while os.write(office.ears[1].write, line):
                    continue
        office.one.tell(frozenset({"store:S2"}))
        office.two.listen(office.hear)
        await office.until_heard(EVERYTHING)
        office.close()

    asyncio.run(scene())


def test_everything_wakes_whoever_waits_for_anything() -> None:
    async def scene() -> None:
        bell = Bell()
        bell.attach()
        ticket = bell.ticket("store:S1")
        waiting = asyncio.create_task(bell.wait("store:S1", ticket, 10))
        await asyncio.sleep(0)
        bell.heard(frozenset({EVERYTHING}))
        assert await waiting
        assert await bell.wait("never heard of", 0, 10)  # a change between reading and waiting is not missed

    asyncio.run(scene())


def test_two_processes_keep_one_record_of_a_machine(shop: Shop) -> None:
    """What one of them was told is not undone by the other, who was not."""
    node = enrolled(shop.hq, "till-1").node
    one, two = Contacts(shop.hq), Contacts(shop.hq)
    one.heard(node, queued=7, oldest_ms=5, clock_offset_ms=30)
    shop.clock.later(20_000)
    two.heard(node)
    (known,) = shop.hq.database.read(access.contacts)
    assert (known.queued, known.oldest_ms, known.clock_offset_ms) == (7, 5, 30)
    assert known.seen_ms == shop.clock.now_ms()
