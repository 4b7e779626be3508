"""Who may come in, over REST: enrolment codes, machines, API tokens, people."""

from typing import Annotated

import msgspec
from litestar import delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter

from hq_server.service import access, enrolment, shutting_out, store_roles
from hq_server.service.enrolment import CodeMade
from hq_server.service.fields import Id, Name
from hq_server.storage import access as stored
from hq_server.storage.access import ApiToken, Node
from hq_server.storage.figures import NodeFigures, figures_of
from hq_server.web.guards import NEEDS, AnyRequest, caller_of
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.places import NodeRole
from retail_core.domain.roles import Permission, Role
from retail_core.durable.link import StoreRoleDoc

ENROL = {NEEDS: Permission.ENROL}
MANAGE = {NEEDS: Permission.MANAGE_ACCESS}


class CodeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which machine the code is for."""

    store: Id
    register: Id
    role: NodeRole = NodeRole.TILL
    store_role: bool = False


class TokenIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    role: Role = Role.SERVICE
    days: Annotated[int, msgspec.Meta(ge=1, le=1095)] = 365


class TokenMade(msgspec.Struct, frozen=True):
    """`token` is shown here and never again."""

    token: str
    token_id: str
    until_ms: int


class UserIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    password: Annotated[str, msgspec.Meta(max_length=200)]
    role: Role = Role.HQ_VIEWER


class UserMade(msgspec.Struct, frozen=True):
    name: str
    role: str


class NodeList(msgspec.Struct, frozen=True):
    nodes: tuple[Node, ...]


class FiguresList(msgspec.Struct, frozen=True):
    machines: tuple[NodeFigures, ...]


class TokenList(msgspec.Struct, frozen=True):
    tokens: tuple[ApiToken, ...]


def access_routes(server: Server) -> list[HTTPRouteHandler]:
    return [*_machines(server), *_programs(server)]


def _machines(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq

    @post(
        "/api/enrolment-codes",
        opt=ENROL,
        status_code=201,
        summary="A one-time code for a machine, good for ten minutes",
        responses=errors(400, 401, 403, 404, 422),
    )
    @threaded
    def code(request: AnyRequest, data: JSONBody[CodeIn]) -> CodeMade:
        by = caller_of(request).name
        return enrolment.new_code(hq, data.store, data.register, data.role.value, by, store_role=data.store_role)

    @get("/api/nodes", opt=ENROL, summary="Enrolled machines", responses=errors(400, 401, 403))
    @threaded
    def nodes(store: Annotated[str | None, QueryParameter(max_length=40)] = None) -> NodeList:
        return NodeList(tuple(hq.database.read(lambda conn: stored.nodes(conn, store))))

    @get(
        "/api/nodes/figures",
        opt=ENROL,
        summary="What each machine said of itself last: queues, papers, disk, files",
        responses=errors(400, 401, 403),
    )
    @threaded
    def figures(store: Annotated[str | None, QueryParameter(max_length=40)] = None) -> FiguresList:
        return FiguresList(tuple(hq.database.read(lambda conn: figures_of(conn, store))))

    @post(
        "/api/nodes/{node_id:str}/revoke",
        opt=ENROL,
        status_code=200,
        summary="Shut a machine out",
        responses=errors(400, 401, 403, 404),
    )
    @threaded
    def revoke(request: AnyRequest, node_id: FromPath[str]) -> Node:
        return shutting_out.revoke(hq, node_id, caller_of(request).name)

    @post(
        "/api/nodes/{node_id:str}/store-role",
        opt=ENROL,
        status_code=200,
        summary="An agent ties its store together from now on; every other one gives that up",
        responses=errors(400, 401, 403, 404),
    )
    @threaded
    def store_role(node_id: FromPath[str]) -> StoreRoleDoc:
        return store_roles.appoint(hq, node_id)

    return [code, nodes, figures, revoke, store_role]


def _programs(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq

    @post(
        "/api/tokens",
        opt=MANAGE,
        status_code=201,
        summary="An API token for a program",
        responses=errors(400, 401, 403, 422),
    )
    @threaded
    def token(data: JSONBody[TokenIn]) -> TokenMade:
        made, text = access.new_token(hq, data.name, data.role.value, data.days)
        return TokenMade(text, made.token_id, made.until_ms)

    @get("/api/tokens", opt=MANAGE, summary="API tokens", responses=errors(401, 403))
    @threaded
    def tokens() -> TokenList:
        return TokenList(tuple(hq.database.read(stored.tokens)))

    @delete(
        "/api/tokens/{token_id:str}",
        opt=MANAGE,
        status_code=204,
        summary="End an API token",
        responses=errors(400, 401, 403),
    )
    @threaded
    def end_token(token_id: FromPath[str]) -> None:
        access.revoke_token(hq, token_id)

    @put(
        "/api/users",
        opt=MANAGE,
        summary="Make a person or change their password and role",
        responses=errors(400, 401, 403, 422),
    )
    @threaded
    def user(data: JSONBody[UserIn]) -> UserMade:
        access.put_user(hq, data.name, data.password, data.role.value)
        return UserMade(data.name, data.role.value)

    return [token, tokens, end_token, user]
