"""The question before a machine is shut out: which one it is, and what that does and does not do."""

from urllib.parse import quote

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from hq_server.service import shutting_out
from hq_server.service.shutting_out import Standing
from hq_server.web.forms import form_of
from hq_server.web.guards import NEEDS, PAGE, AnyRequest, caller_of, check_own_form
from hq_server.web.paper import HTML, Pages
from hq_server.web.state import Server
from hq_server.web.threads import in_thread
from hq_server.web.today_view import age
from hq_server.web.words import tr
from retail_core.domain.roles import Permission

SHUT_OUT_PAGE = {PAGE: True, NEEDS: Permission.ENROL}


def what_happens(one: Standing) -> list[str]:
    """Pure: everything a person should know before they do it."""
    waiting = tr("It said last that {n} entries wait there.").format(n=f"{one.queued:,}") if one.queued else ""
    copies = tr("Of what it has not sent yet, the copies that other machines of its store keep still come in.")
    return [
        tr("Head office refuses it at once. The machines of its store refuse it within 60 seconds, or as soon as their line is back."),
        tr("Every sale that has come in from it stays."),
        f"{copies} {waiting}".rstrip(),
        tr("If it is a till that is still in somebody's hands, it can go on by itself; nothing it does from now on is taken from it."),
        tr("This cannot be undone. The machine, or another one at this register, has to be enrolled anew."),
    ]  # fmt: skip


def said_after(one: Standing) -> str:
    """Pure: what the page of machines says once it is done; nothing of a machine that is not shut out."""
    if one.revoked_ms is None:
        return ""
    return tr("{register} in {store} is shut out.").format(register=one.register, store=one.store_name)


def heard(one: Standing) -> str:
    return tr("never heard") if one.age_ms is None else tr("{age} ago").format(age=age(one.age_ms))


def shut_out_routes(server: Server, pages: Pages) -> list[HTTPRouteHandler]:
    hq = server.hq

    @get("/machines/{node_id:str}/shut-out", opt=SHUT_OUT_PAGE, include_in_schema=False)
    async def question(request: AnyRequest, node_id: FromPath[str]) -> Response[str]:
        one = await in_thread(shutting_out.standing, hq, node_id)
        if one.revoked_ms is not None:
            return _done(node_id)
        person = caller_of(request)
        body = pages.html(
            "shut_out.html", one=one, heard=heard(one), happens=what_happens(one), person=person.name, csrf=person.csrf
        )
        return Response(body, media_type=HTML)

    @post("/machines/{node_id:str}/shut-out", opt=SHUT_OUT_PAGE, include_in_schema=False)
    async def shut_out(request: AnyRequest, node_id: FromPath[str]) -> Response[str]:
        person = caller_of(request)
        check_own_form(request, person, await form_of(request))
        await in_thread(shutting_out.shut_out, hq, node_id, person.name)
        return _done(node_id)

    return [question, shut_out]


def _done(node_id: str) -> Redirect:
    """To the page of machines, which says what became of this one."""
    return Redirect(f"/machines?out={quote(node_id)}", status_code=303)
