"""One shape for every error: status by code, a plain sentence, the facts. Never a traceback, never a driver's text."""

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException, ValidationException

from hq_server.web.guards import AnyRequest
from hq_server.web.words import message
from retail_core.domain.errors import CodedError, EnvironmentFault, Fact, InvariantError
from retail_core.wire.messages import ErrorBody

log = logging.getLogger(__name__)
RETRY_AFTER_S = 2

STATUS: Mapping[str, int] = MappingProxyType(
    {
        "access.anonymous": 401,
        "access.wrong_origin": 403,
        "case.illegal_move": 409,
        "customer.card_taken": 409,
        "customer.erased": 409,
        "enrol.code_refused": 403,
        "feed.cursor_too_old": 410,
        "feed.scope_denied": 403,
        "job.illegal_move": 409,
        "key.none_kept": 409,
        "key.not_released": 409,
        "node.revoked": 403,
        "order.already_closed": 409,
        "order.key_reused": 409,
        "order.not_available": 409,
        "permission.denied": 403,
        "push.other_store": 403,
        "rate.too_many": 429,
        "request.malformed": 400,
        "request.no_key": 400,
        "sign_in.locked": 429,
        "sign_in.refused": 401,
        "snapshot.scope_denied": 403,
        "value.exists": 409,
        "wire.too_large": 413,
    }
)
UNKNOWN_THINGS = frozenset(
    {
        "case.unknown",
        "customer.unknown",
        "job.unknown",
        "mail.unknown",
        "node.unknown",
        "order.unknown",
        "place.unknown",
        "product.unknown",
        "recall.unknown",
        "receipt.unknown",
        "snapshot.unknown",
        "stream.unknown",
        "value.unknown",
    }
)
HTTP_CODES = MappingProxyType(
    {401: "access.anonymous", 403: "permission.denied", 404: "http.not_found", 405: "http.method_not_allowed", 413: "wire.too_large", 415: "http.unsupported_media_type"}
)  # fmt: skip


def status_of(error: CodedError) -> int:
    """The HTTP status of a coded error."""
    if isinstance(error, EnvironmentFault):
        return 503
    if isinstance(error, InvariantError):
        return 500
    if error.code in UNKNOWN_THINGS:
        return 404
    if error.code.startswith("token."):
        return 401
    return STATUS.get(error.code, 422)


def error_response(code: str, status: int, facts: Mapping[str, Fact]) -> Response[bytes]:
    """An ErrorBody as JSON."""
    body = msgspec.json.encode(ErrorBody(code, message(code, facts), dict(facts)))
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status in {429, 503} else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(body, status_code=status, media_type="application/json", headers=headers)


def on_coded(request: AnyRequest, error: CodedError) -> Response[bytes]:
    status = status_of(error)
    if status >= 500:
        log.error("%s: %s", request.url.path, error, extra={"code": error.code})
    return error_response(error.code, status, error.facts)


def on_http(_request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """What the framework refuses: unknown paths, methods, bodies of the wrong shape."""
    if isinstance(error, ValidationException) or error.status_code == 400:
        return error_response("request.malformed", 400, {"why": _why(error)})
    code = HTTP_CODES.get(error.status_code, f"http.status_{error.status_code}")
    response = error_response(code, error.status_code, {})
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


def on_bug(request: AnyRequest, error: Exception) -> Response[bytes]:
    """A fault of ours: logged with its traceback, told without it."""
    log.error("unexpected error at %s", request.url.path, exc_info=error, extra={"code": "server.bug"})
    return error_response("server.bug", 500, {})


def _why(error: HTTPException) -> str:
    places = cast("list[dict[str, str]]", error.extra) if isinstance(error.extra, list) else []
    found = [f"{one.get('key', '')}: {one.get('message', '')}".strip(": ") for one in places]
    return ("; ".join(found) or error.detail)[:300]
