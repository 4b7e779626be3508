"""Whatever a machine sends that is refused is counted by its code and, where people should know, opens a case."""

from collections.abc import Callable
from typing import TypeVar

import msgspec
from litestar import Response
from litestar.background_tasks import BackgroundTask

from hq_server.service import ingest
from hq_server.service.access import Caller
from hq_server.service.refusals import DAMAGED
from hq_server.storage.access import Node
from hq_server.web.guards import CALLER, AnyRequest
from hq_server.web.state import Server
from hq_server.web.threads import in_thread
from retail_core.wire.messages import DamagedAnswer, ErrorBody

MACHINES_ASK = "/v1/"
BAD_INPUT = frozenset({400, 401, 403, 413, 422})
"""Statuses of bad input; "not here", "not now" and "too old" are no fault of the asker."""
E = TypeVar("E", bound=Exception)
Handler = Callable[[AnyRequest, E], Response[bytes]]


def noted(server: Server, answer: Handler[E]) -> Handler[E]:
    """An exception handler that also counts what it refuses to machines."""

    def handler(request: AnyRequest, error: E) -> Response[bytes]:
        response = answer(request, error)
        if request.url.path.startswith(MACHINES_ASK) and response.status_code in BAD_INPUT:
            said = msgspec.json.decode(response.content, type=ErrorBody)
            server.metrics.refused.labels(said.code).inc()
            caller = request.scope["state"].get(CALLER)
            known = caller.name if isinstance(caller, Caller) and caller.node else ""
            node_id = known or str(said.facts.get("node", ""))
            if server.refusals.is_news(node_id, said.code):
                response.background = BackgroundTask(
                    in_thread, server.refusals.tell, node_id, said.code, dict(said.facts)
                )
        return response

    return handler


async def note_answer(server: Server, pusher: Node, taken: ingest.Taken) -> None:
    """Damage is an answer of the protocol, so that the sender looks again; it is bad input all the same."""
    if not isinstance(taken.answer, DamagedAnswer):
        return
    server.metrics.refused.labels(DAMAGED).inc()
    if server.refusals.is_news(pusher.node_id, DAMAGED):
        await in_thread(server.refusals.tell, pusher.node_id, DAMAGED, {})
