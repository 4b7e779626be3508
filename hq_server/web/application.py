"""All routes under one guard, one shape of errors, one set of headers."""

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Response, Router
from litestar.datastructures import MutableScopeHeaders
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.response import Redirect
from litestar.routes import HTTPRoute
from litestar.static_files import create_static_files_router  # pyright: ignore[reportUnknownVariableType] - its hooks are untyped
from litestar.types import Message, Scope

from hq_server.service.masterdata import PriceIn, QuickKeyIn
from hq_server.service.orders import Wish, WishLine
from hq_server.service.quotes import Basket, QuoteLine
from hq_server.service.staff import Person
from hq_server.service.taxes import TaxChange
from hq_server.web import (
    api_access,
    api_cashiers,
    api_customers,
    api_departments,
    api_drawers,
    api_goods,
    api_lost,
    api_mails,
    api_master,
    api_promotions,
    api_quotes,
    api_settings,
    api_snapshots,
    api_stock,
    api_suggestions,
    api_taxes,
    api_value,
)
from hq_server.web.api_orders import order_routes
from hq_server.web.api_work import work_routes
from hq_server.web.errors import error_response, on_bug, on_coded, on_http
from hq_server.web.guards import ANONYMOUS, AnyRequest, Guard, NotSignedInError
from hq_server.web.openapi import JsonObject, finished, strict_names
from hq_server.web.pages import page_routes
from hq_server.web.refused import noted
from hq_server.web.state import Server
from hq_server.web.sync_routes import AssertionIn, sync_routes
from retail_core.domain.errors import CodedError
from retail_core.wire.messages import MAX_COMPRESSED_BYTES, CertificateRequest, EnrolRequest
from retail_core.wire.recovery import AskedIds, SealedKey, SealedKeys
from retail_core.wire.unreadable import UNREADABLE

VERSION = "0.1.0"
STATIC = Path(__file__).parents[1] / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Strict-Transport-Security": "max-age=31536000",
}
STRICT = strict_names(
    [
        api_access.CodeIn, api_access.TokenIn, api_access.UserIn, api_customers.ConsentIn, api_customers.CustomerIn, api_customers.FindIn, api_departments.DepartmentIn, api_master.ProductIn,
        api_master.StoreIn, api_settings.SettingsIn, api_promotions.CouponsIn, api_promotions.PromotionIn, api_stock.MoveIn, api_stock.MoveLine,
        api_value.AdjustIn, api_value.CodeIn, api_value.InstrumentIn,
        api_goods.RecallIn, api_goods.RcnIn, api_goods.MarkdownIn, api_goods.GoodsRulesIn, api_lost.ReleaseIn, AskedIds, Basket, QuoteLine, SealedKey, SealedKeys, TaxChange, AssertionIn, CertificateRequest, EnrolRequest, Person, PriceIn, QuickKeyIn, Wish, WishLine,
    ]
)  # fmt: skip


def make_app(server: Server) -> Litestar:
    """The ASGI application."""

    @cache
    def schema() -> JsonObject:
        # described by a second application, so that the one that serves has no routes of the framework's own
        described = _application(server, dict, OpenAPIConfig("omnitill HQ", VERSION))
        found = msgspec.to_builtins(described.openapi_schema.to_schema())
        return finished(found, routes_of(described), STRICT)

    return _application(server, schema, None)


def routes_of(app: Litestar) -> list[tuple[str, str, Mapping[str, object]]]:
    """(path, method, options) of every route, those not in the description too."""
    return [
        (route.path_format, method.lower(), handler.opt)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
    ]


def _application(server: Server, schema: Callable[[], JsonObject], description: OpenAPIConfig | None) -> Litestar:
    static = create_static_files_router(
        path="/static",
        directories=[STATIC],
        opt={ANONYMOUS: True},
        cache_control=None,
        include_in_schema=False,
    )
    handlers: list[HTTPRouteHandler | Router] = [
        *sync_routes(server),
        *order_routes(server),
        *api_master.master_routes(server),
        *api_stock.stock_routes(server),
        *api_goods.goods_routes(server),
        *api_departments.department_routes(server),
        *api_taxes.tax_routes(server),
        *api_quotes.quote_routes(server),
        *api_drawers.drawer_routes(server),
        *api_promotions.promotion_routes(server),
        *api_customers.customer_routes(server),
        *api_suggestions.suggestion_routes(server),
        *api_settings.settings_routes(server),
        *api_snapshots.snapshot_routes(server),
        *api_cashiers.cashier_routes(server),
        *api_value.value_routes(server),
        *api_mails.mail_routes(server),
        *api_access.access_routes(server),
        *api_lost.lost_routes(server),
        *work_routes(server, schema),
        *page_routes(server),
        static,
    ]
    return Litestar(
        handlers,
        guards=[Guard(server.hq)],
        before_request=_check_request,
        before_send=[_headers(server)],
        exception_handlers={
            CodedError: noted(server, on_coded),
            NotSignedInError: _to_sign_in,
            HTTPException: noted(server, on_http),
            Exception: on_bug,
        },
        request_max_body_size=MAX_COMPRESSED_BYTES + 1024,
        openapi_config=description,
        logging_config=None,
        on_startup=[server.bell.attach],
    )


async def _check_request(request: AnyRequest) -> Response[bytes] | None:
    """What the framework lets through: a NUL (PostgreSQL cannot store one), and "12" where a number belongs."""
    raw = request.scope["raw_path"] + request.scope["query_string"]
    if b"%00" in raw or b"\x00" in raw:
        return error_response("request.malformed", 400, {"why": "a NUL character in the address"})
    wanted = request.route_handler.parsed_fn_signature.parameters.get("data")
    if wanted is None:
        return None
    body = await request.body()
    if b"\\u0000" in body:
        return error_response("request.malformed", 400, {"why": "a NUL character in a text"})
    try:
        msgspec.json.decode(body, type=wanted.annotation)
    except UNREADABLE as bad:
        return error_response("request.malformed", 400, {"why": str(bad)[:300]})
    return None


def _to_sign_in(request: AnyRequest, _error: NotSignedInError) -> Response[Any]:
    if request.url.path in {"/", "/machines"} or request.url.path.startswith("/machines/"):
        return Redirect("/sign-in", status_code=303)
    return error_response("access.anonymous", 401, {})


def _headers(server: Server) -> Callable[[Message, Scope], Awaitable[None]]:
    async def add(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        server.metrics.requests.labels(str(message["status"])).inc()
        headers = MutableScopeHeaders.from_message(message)
        for name, value in HEADERS.items():
            headers[name] = value
        if not scope["path"].startswith("/static/"):
            headers["Cache-Control"] = "no-store"

    return add
