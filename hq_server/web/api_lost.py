"""Lost machines: what their store may ask for over the protocol, and the release of their keys by an administrator."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter

from hq_server.service import lost_machines
from hq_server.service.fields import ShortText
from hq_server.storage.lost_machines import Release
from hq_server.web.guards import NEEDS, AnyRequest, caller_of
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.sync_routes import node_of
from hq_server.web.threads import threaded
from retail_core.domain.roles import Permission
from retail_core.wire.recovery import AskedIds, LackedIds, ReleasedKeys, SealedKeys, SeenReceipts

PUSH, MANAGE = {NEEDS: Permission.SYNC_PUSH}, {NEEDS: Permission.MANAGE_ACCESS}


class ReleaseIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the keys of a lost machine are given to its store."""

    reason: ShortText


class KeysKept(msgspec.Struct, frozen=True):
    """How many keys were new."""

    kept: int


def lost_routes(server: Server) -> list[HTTPRouteHandler]:
    return [*_facts(server), *_keys(server)]


def _facts(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq

    @get(
        "/v1/seen",
        opt=PUSH,
        summary="The last receipt HQ has of every number series of a register of the caller's store",
        responses=errors(400, 401, 403),
    )
    @threaded
    def seen(request: AnyRequest, register: Annotated[str, QueryParameter(max_length=10)]) -> SeenReceipts:
        return lost_machines.seen(hq, node_of(request).store, register)

    @post(
        "/v1/lacking",
        opt=PUSH,
        status_code=200,
        summary="Which of these facts of the caller's store HQ does not have",
        responses=errors(400, 401, 403, 422),
    )
    @threaded
    def lacking(request: AnyRequest, data: JSONBody[AskedIds]) -> LackedIds:
        return lost_machines.lacking(hq, node_of(request).store, data.ids)

    return [seen, lacking]


def _keys(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq

    @post(
        "/v1/sealed-keys",
        opt=PUSH,
        status_code=200,
        summary="Keys of the caller's files, sealed so that only HQ can open them",
        responses=errors(400, 401, 403, 422),
    )
    @threaded
    def sealed(request: AnyRequest, data: JSONBody[SealedKeys]) -> KeysKept:
        return KeysKept(lost_machines.keep(hq, node_of(request), data))

    @get(
        "/v1/released-keys",
        opt=PUSH,
        summary="Keys of a lost machine of the caller's store that were released, sealed to the caller",
        responses=errors(400, 401, 403, 409),
    )
    @threaded
    def released(request: AnyRequest, node: Annotated[str, QueryParameter(max_length=80)]) -> ReleasedKeys:
        return lost_machines.take(hq, node_of(request), node)

    @post(
        "/api/nodes/{node_id:str}/release-keys",
        opt=MANAGE,
        status_code=200,
        summary="For a day, let one machine of its store have the keys of a lost machine's files",
        responses=errors(400, 401, 403, 404, 409, 422),
    )
    @threaded
    def release(request: AnyRequest, node_id: FromPath[str], data: JSONBody[ReleaseIn]) -> Release:
        return lost_machines.release(hq, node_id, data.reason, caller_of(request).name)

    return [sealed, released, release]
