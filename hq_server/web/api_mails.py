"""Receipts by e-mail over REST: what waits, what was sent, what failed and why. Whom they are for is told to nobody."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from hq_server.service import mails
from hq_server.storage.mails import MailRow
from hq_server.web.guards import NEEDS
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.mailing import MailState
from retail_core.domain.roles import Permission


class MailList(msgspec.Struct, frozen=True):
    mails: tuple[MailRow, ...]


def mail_routes(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq

    @get(
        "/api/mails",
        opt={NEEDS: Permission.VIEW_CASES},
        summary="Receipts by e-mail and what became of them, newest first",
        responses=errors(400, 401, 403),
    )
    @threaded
    def listed(
        state_name: Annotated[MailState | None, QueryParameter(name="state")] = None,
        store: Annotated[str | None, QueryParameter(max_length=40)] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=mails.MAX_LISTED)] = 100,
    ) -> MailList:
        return MailList(tuple(mails.listed(hq, state=state_name, store=store, limit=limit)))

    @post(
        "/api/mails/{store:str}/{mail_id:str}/retry",
        opt={NEEDS: Permission.CANCEL_ORDER},
        status_code=200,
        summary="Try a failed one again from the start",
        responses=errors(400, 401, 403, 404, 409, 422),
    )
    @threaded
    def retry(store: FromPath[str], mail_id: FromPath[str]) -> MailRow:
        return mails.retry(hq, store, mail_id)

    return [listed, retry]
