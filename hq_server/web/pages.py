"""Pages for people: the sign-in form and Today, which keeps itself up to date over one event stream."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated
from urllib.parse import quote

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.response import Redirect, ServerSentEvent, ServerSentEventMessage

from hq_server.service import access, today
from hq_server.service.context import TODAY, Hq
from hq_server.web.enrol_page import enrol_routes
from hq_server.web.forms import form_of
from hq_server.web.guards import ANONYMOUS, COOKIE, NEEDS, PAGE, AnyRequest, caller_of, check_own_form
from hq_server.web.machines_page import machine_routes
from hq_server.web.paper import HTML, Pages
from hq_server.web.shut_out_page import shut_out_routes
from hq_server.web.state import Server
from hq_server.web.threads import in_thread
from hq_server.web.today_view import TodayView, view_of
from hq_server.web.words import message
from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.domain.roles import Permission

TODAY_PAGE = {PAGE: True, NEEDS: Permission.VIEW_TODAY}
REFRESH_S = 10.0  # ages go on although nothing happens
AT_MOST_EVERY_S = 1.0
MAX_STREAMS = 200
KEPT_BOARDS = 16


class Boards:
    """Today's figures, computed at most once a second however many look at them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._guard = asyncio.Lock()
        self._made: dict[str | None, tuple[int, TodayView]] = {}

    async def latest(self, sku: str | None) -> TodayView:
        async with self._guard:
            now_ms = self._server.hq.clock.monotonic_ms()
            made = self._made.get(sku)
            if made is not None and now_ms - made[0] < AT_MOST_EVERY_S * 1000:
                return made[1]
            view = view_of(await in_thread(today.today, self._server.hq, self._server.contacts, sku))
            if len(self._made) >= KEPT_BOARDS:
                self._made.clear()
            self._made[sku] = (now_ms, view)
            return view


def page_routes(server: Server) -> list[HTTPRouteHandler]:
    pages = Pages()
    return [
        *_signing_in(server.hq, pages),
        *_today(server, pages),
        *machine_routes(server, pages),
        *enrol_routes(server, pages),
        *shut_out_routes(server, pages),
    ]


def _signing_in(hq: Hq, pages: Pages) -> list[HTTPRouteHandler]:
    @get("/sign-in", opt={ANONYMOUS: True}, sync_to_thread=False, include_in_schema=False)
    def form() -> Response[str]:
        return Response(pages.html("sign_in.html", refused="", name=""), media_type=HTML)

    @post("/sign-in", opt={ANONYMOUS: "limited"}, include_in_schema=False)
    async def sign_in(request: AnyRequest) -> Response[str]:
        fields = await form_of(request)
        check_own_form(request, None, fields)
        name = fields.get("name", "")
        try:
            made = await in_thread(access.sign_in, hq, name, fields.get("password", ""))
        except RuleViolationError as refused:
            words = message(refused.code, refused.facts)
            body = pages.html("sign_in.html", refused=words, name=name[:60])
            return Response(body, status_code=429 if refused.code == "sign_in.locked" else 401, media_type=HTML)
        cookie = Cookie(
            COOKIE, value=made.secret, path="/", secure=True, httponly=True, samesite="strict",
            max_age=access.SESSION_MS // 1000,
        )  # fmt: skip
        return Redirect("/", status_code=303, cookies=[cookie])

    @post("/sign-out", opt=TODAY_PAGE, include_in_schema=False)
    async def sign_out(request: AnyRequest) -> Response[str]:
        check_own_form(request, caller_of(request), await form_of(request))
        await in_thread(access.sign_out, hq, request.cookies.get(COOKIE, ""))
        gone = Cookie(COOKIE, value="", path="/", secure=True, httponly=True, samesite="strict", max_age=0)
        return Redirect("/sign-in", status_code=303, cookies=[gone])

    return [form, sign_in, sign_out]


def _today(server: Server, pages: Pages) -> list[HTTPRouteHandler]:
    boards = Boards(server)
    open_streams = 0

    @get("/", opt=TODAY_PAGE, include_in_schema=False)
    async def page(
        request: AnyRequest, sku: Annotated[str | None, QueryParameter(max_length=40)] = None
    ) -> Response[str]:
        person = caller_of(request)
        events = f"/today/events?sku={quote(sku)}" if sku else "/today/events"
        body = pages.html(
            "today.html", view=await boards.latest(sku), events=events, person=person.name, csrf=person.csrf
        )
        return Response(body, media_type=HTML)

    @get("/today/events", opt=TODAY_PAGE, include_in_schema=False)
    async def events(
        request: AnyRequest, sku: Annotated[str | None, QueryParameter(max_length=40)] = None
    ) -> ServerSentEvent:
        nonlocal open_streams
        if open_streams >= MAX_STREAMS:
            raise EnvironmentFault("today.too_many_open")
        open_streams += 1

        def ended() -> None:
            nonlocal open_streams
            open_streams -= 1

        secret = request.cookies.get(COOKIE, "")
        return ServerSentEvent(_changes(server, boards, pages, sku, secret, ended))

    return [page, events]


async def _changes(
    server: Server, boards: Boards, pages: Pages, sku: str | None, secret: str, ended: Callable[[], None]
) -> AsyncIterator[ServerSentEventMessage]:
    """What changed on the page, at most once a second, until the reader goes, signs out, or the server stops."""
    shown: dict[str, str] = {}
    try:
        while not server.bell.closing:
            ticket = server.bell.ticket(TODAY)
            if await in_thread(access.session, server.hq, secret) is None:
                return
            parts = pages.fragments(await boards.latest(sku))
            changed = {name: html for name, html in parts.items() if shown.get(name) != html}
            for name, html in changed.items():
                yield ServerSentEventMessage(data=html, event=name)
            if not changed:
                yield ServerSentEventMessage(data=None, comment="still here")
            shown = parts
            await server.bell.pause(AT_MOST_EVERY_S)
            await server.bell.wait(TODAY, ticket, REFRESH_S)
    finally:
        ended()
