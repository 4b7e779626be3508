"""The description of the API: what the framework finds, and what it cannot know (errors, strictness, who may call)."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
from litestar.openapi.datastructures import ResponseSpec

from hq_server.web.guards import ANONYMOUS, NEEDS
from retail_core.wire.messages import ErrorBody

JsonObject = dict[str, Any]
SCHEME = "bearer"
ANSWERS = {
    400: "The request is not as described.",
    401: "Nobody known is asking.",
    403: "Not allowed.",
    404: "There is no such thing.",
    405: "This path knows no such method.",
    409: "It contradicts what is here.",
    410: "Too old; load a snapshot.",
    413: "Too large.",
    415: "Not a content type this route reads.",
    416: "There is nothing in that range.",
    422: "It breaks a rule of the shop.",
    429: "Too many requests.",
    503: "Not now; ask again soon.",
}


def errors(*statuses: int) -> dict[int, ResponseSpec]:
    """Every error of every route is an ErrorBody."""
    return {
        status: ResponseSpec(ErrorBody, description=ANSWERS[status], generate_examples=False)
        for status in sorted({*statuses, 429, 503})
    }


def finished(
    schema: JsonObject, routes: Sequence[tuple[str, str, Mapping[str, object]]], strict: set[str]
) -> JsonObject:
    """The framework's schema with security, lists of one kind, and `additionalProperties: false` on the structs named in `strict`.

    `routes` are (path, lower-case method, options of its handler).
    """
    schema["components"].setdefault("securitySchemes", {})[SCHEME] = {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token of `omnitill-hq admin token`, or a machine's token of /v1/token.",
    }
    for path, method, opt in routes:
        operation = schema["paths"].get(path, {}).get(method)
        if operation is None:
            continue
        operation["security"] = [] if opt.get(ANONYMOUS) else [{SCHEME: []}]
        needs = opt.get(NEEDS)
        if needs is not None:
            operation["x-permission"] = str(needs)
    _mend_lists(schema)
    for name, component in schema["components"].get("schemas", {}).items():
        if name.rpartition("_")[2] in strict or name in strict:
            component["additionalProperties"] = False
    return schema


def _mend_lists(part: object) -> None:
    """An annotated `tuple[X, ...]` comes as "one of X and anything", which no X is: its dots are no second kind."""
    if isinstance(part, dict):
        known = cast("JsonObject", part)
        items = known.get("items")
        kinds = cast("JsonObject", items).get("oneOf", ()) if isinstance(items, dict) else ()
        if len(kinds) == 2 and kinds[1] == {}:
            known["items"] = kinds[0]
        for inside in known.values():
            _mend_lists(inside)
    elif isinstance(part, list):
        for inside in cast("list[object]", part):
            _mend_lists(inside)


def strict_names(structs: Sequence[type[msgspec.Struct]]) -> set[str]:
    """Names of structs that refuse fields they do not know."""
    return {one.__name__ for one in structs if one.__struct_config__.forbid_unknown_fields}
