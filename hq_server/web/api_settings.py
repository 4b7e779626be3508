"""A store's settings over REST. Which groups there are, and what is in them: `retail_core.durable.settings`."""

from typing import Annotated, Any

import msgspec
from litestar import get, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter

from hq_server.service import settings
from hq_server.service.fields import Id, Name, ShortText, Small
from hq_server.service.settings import StoreSettings
from hq_server.web.guards import NEEDS
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.roles import Permission

EDIT = {NEEDS: Permission.EDIT_MASTER_DATA}
MAX_GROUPS = 40
GroupsIn = Annotated[dict[ShortText, dict[ShortText, Any] | None], msgspec.Meta(max_length=MAX_GROUPS)]


class SettingsIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of a store's tills; what is left out stays as it is, a group that is null goes back to its defaults."""

    store: Id
    name: Name | None = None
    lang: ShortText | None = None
    receipt_header: tuple[ShortText, ...] | None = None
    receipt_footer: tuple[ShortText, ...] | None = None
    cash_rounding_minor: Small | None = None
    groups: GroupsIn = {}


def settings_routes(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq

    @put("/api/settings", opt=EDIT, summary="Change a store's settings", responses=errors(400, 401, 403, 404, 413, 422))
    @threaded
    def change(data: JSONBody[SettingsIn]) -> StoreSettings:
        flat = {
            name: value
            for name, value in msgspec.structs.asdict(data).items()
            if value is not None and name not in {"store", "groups"}
        }
        return settings.change_settings(hq, data.store, flat, data.groups)

    @get("/api/settings", opt=EDIT, summary="What holds in a store", responses=errors(400, 401, 403, 404))
    @threaded
    def show(store: Annotated[str, QueryParameter(min_length=1, max_length=40)]) -> StoreSettings:
        return settings.settings_of(hq, store)

    return [change, show]
