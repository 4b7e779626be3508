"""Who may call a route. A route names one permission, or says that nobody need be known; one that says nothing is shut.

Programs and machines send a bearer token; people have a session cookie, which opens pages only. A page that changes
something must come from our own form (Sec-Fetch-Site or Origin, and the session's token), besides SameSite=Strict.
"""

import hmac
from collections.abc import Mapping
from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from hq_server.service import access
from hq_server.service.access import Caller
from hq_server.service.context import Hq
from hq_server.web.limits import Buckets
from hq_server.web.threads import in_thread
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.roles import Permission, Role

NEEDS: Final = "needs"
ANONYMOUS: Final = "anonymous"
PAGE: Final = "page"
COOKIE: Final = "__Host-hq"
CALLER: Final = "caller"
BEARER = "bearer "
CSRF_FIELD = "csrf"
AnyConnection = ASGIConnection[Any, Any, Any, Any]  # no typed user, auth or state
AnyRequest = Request[Any, Any, Any]


class NotSignedInError(Exception):
    """A page was asked for without a session: the browser goes to the sign-in form."""


class Guard:
    """The one guard of all routes."""

    def __init__(self, hq: Hq) -> None:
        self._hq = hq
        self._api = Buckets(hq.clock, per_minute=6_000, burst=2_000)
        self._strangers = Buckets(hq.clock)

    async def __call__(self, connection: AnyConnection, handler: BaseRouteHandler) -> None:
        """Raises RuleViolationError `access.anonymous`, `permission.denied`, `token.*`, `rate.too_many`."""
        opt: Mapping[str, object] = handler.opt
        if opt.get(ANONYMOUS):
            self._strangers_pay(connection, opt)
            return
        needs = opt.get(NEEDS)
        caller = await (self._person(connection) if opt.get(PAGE) else self._program(connection))
        if caller.role is not Role.NODE:
            self._api.take(caller.name)
        if not isinstance(needs, Permission) or not caller.may(needs):
            raise RuleViolationError("permission.denied", role=caller.role.value)
        connection.scope["state"][CALLER] = caller

    def _strangers_pay(self, connection: AnyConnection, opt: Mapping[str, object]) -> None:
        if opt[ANONYMOUS] == "limited":
            self._strangers.take(connection.client.host if connection.client else "")

    async def _program(self, connection: AnyConnection) -> Caller:
        header = connection.headers.get("authorization", "")
        if not header.lower().startswith(BEARER):
            raise RuleViolationError("access.anonymous")
        return await in_thread(access.caller_of, self._hq, header[len(BEARER) :].strip())

    async def _person(self, connection: AnyConnection) -> Caller:
        secret = connection.cookies.get(COOKIE, "")
        caller = await in_thread(access.session, self._hq, secret) if secret else None
        if caller is None:
            raise NotSignedInError
        return caller


def caller_of(connection: AnyConnection) -> Caller:
    """The caller the guard let in."""
    found = connection.scope["state"].get(CALLER)
    if not isinstance(found, Caller):
        raise RuleViolationError("access.anonymous")
    return found


def check_own_form(connection: AnyConnection, caller: Caller | None, form: Mapping[str, str]) -> None:
    """Raises RuleViolationError `access.wrong_origin` unless a form of ours was sent by this session."""
    site = connection.headers.get("sec-fetch-site", "")
    origin = connection.headers.get("origin", "")
    ours = site == "same-origin" or (not site and origin == f"{connection.url.scheme}://{connection.url.netloc}")
    if not ours:
        raise RuleViolationError("access.wrong_origin")
    if caller is not None and not hmac.compare_digest(caller.csrf, form.get(CSRF_FIELD, "")):
        raise RuleViolationError("access.wrong_origin")
