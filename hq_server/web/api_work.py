"""What needs attention, over REST: today's figures, exception cases, jobs, metrics, and the API's description."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from hq_server.service import cases, machines, today
from hq_server.service.today import Today
from hq_server.storage import work
from hq_server.web.guards import NEEDS, AnyRequest, caller_of
from hq_server.web.openapi import JsonObject, errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.cases import CaseState, ExceptionCase
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.jobs import Job
from retail_core.domain.roles import Permission

CASES = {NEEDS: Permission.VIEW_CASES}
ACTIONS = frozenset({"take", "close", "reopen"})
MAX_LISTED = 500


class CaseList(msgspec.Struct, frozen=True):
    cases: tuple[ExceptionCase, ...]


class CaseChanged(msgspec.Struct, frozen=True):
    case_id: str
    state: CaseState


class JobList(msgspec.Struct, frozen=True):
    jobs: tuple[Job, ...]


def work_routes(server: Server, schema: Callable[[], JsonObject]) -> list[HTTPRouteHandler]:
    return [*_cases(server), *_figures(server, schema)]


def _cases(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq

    @get(
        "/api/exceptions",
        opt=CASES,
        summary="What somebody must look at, newest first",
        responses=errors(400, 401, 403),
    )
    @threaded
    def listed(
        state_name: Annotated[CaseState | None, QueryParameter(name="state")] = None,
        store: Annotated[str | None, QueryParameter(max_length=40)] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=MAX_LISTED)] = 100,
    ) -> CaseList:
        return CaseList(tuple(cases.listed(hq, state=state_name, store=store, limit=limit)))

    @post(
        "/api/exceptions/{store:str}/{case_id:str}/{action:str}",
        opt={NEEDS: Permission.CANCEL_ORDER},
        status_code=200,
        summary="Take, close or reopen a case",
        responses=errors(400, 401, 403, 404, 409, 422),
    )
    @threaded
    def act(request: AnyRequest, store: FromPath[str], case_id: FromPath[str], action: FromPath[str]) -> CaseChanged:
        if action not in ACTIONS:
            raise RuleViolationError("case.unknown_action", action=action[:20], by=caller_of(request).name)
        return CaseChanged(case_id, cases.act(hq, store, case_id, action))

    @get(
        "/api/jobs",
        opt=CASES,
        summary="Long work and how far it is",
        responses=errors(400, 401, 403),
    )
    @threaded
    def jobs(limit: Annotated[int, QueryParameter(ge=1, le=MAX_LISTED)] = 100) -> JobList:
        return JobList(tuple(hq.database.read(lambda conn: work.jobs(conn, limit))))

    return [listed, act, jobs]


def _figures(server: Server, schema: Callable[[], JsonObject]) -> list[HTTPRouteHandler]:
    @get(
        "/api/today",
        opt={NEEDS: Permission.VIEW_TODAY},
        summary="The figures of the Today page",
        responses=errors(400, 401, 403),
    )
    @threaded
    def figures(sku: Annotated[str | None, QueryParameter(max_length=40)] = None) -> Today:
        return today.today(server.hq, server.contacts, sku)

    @get(
        "/metrics",
        opt={NEEDS: Permission.READ_METRICS},
        media_type="text/plain",
        summary="Counters in Prometheus' format",
        responses=errors(401, 403),
    )
    @threaded
    def metrics() -> Response[bytes]:
        server.metrics.show_machines(machines.machines(server.hq))
        return Response(server.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @get(
        "/openapi.json",
        opt={NEEDS: Permission.VIEW_ORDERS},
        summary="This description",
        responses=errors(401, 403),
    )
    @threaded
    def description() -> dict[str, Any]:
        return schema()

    return [figures, metrics, description]
