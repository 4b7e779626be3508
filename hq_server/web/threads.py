"""The one way from the event loop to code that waits for a database or a disk: a bounded pool of threads."""

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from anyio.to_thread import run_sync

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` in a worker thread and wait for it."""
    return await run_sync(partial(work, *args, **kwargs))


def threaded(handler: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """A route handler that runs in a worker thread.

    Not the framework's own `sync_to_thread`: it wraps a handler twice when two methods share a path.
    """

    @wraps(handler)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return await in_thread(handler, *args, **kwargs)

    return run
