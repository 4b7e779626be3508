"""Settings of a store's tills: checked, kept, and published. What groups there are says `retail_core.durable.settings`."""

from collections.abc import Mapping

import msgspec

from hq_server.service.context import Hq
from hq_server.storage import catalogue, feed, settings
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.database import Unit
from hq_server.storage.settings import Groups
from retail_core.durable.settings import GROUPS, checked_group, whole_group


class StoreSettings(msgspec.Struct, frozen=True):
    """What holds at a place: its row, and every group with the defaults of what was not set."""

    place: PlaceRow
    groups: Groups


def change_settings(
    hq: Hq, store: str, change: Mapping[str, object], groups: Mapping[str, Mapping[str, object] | None]
) -> StoreSettings:
    """Change some settings of a place: what is left out stays, a group that is None goes back to its defaults.

    Raises `place.unknown`, `settings.unknown_group`, `settings.unknown_field`, `settings.bad_value`.
    """

    def work(unit: Unit) -> StoreSettings:
        place, known = settings.place_with_groups(unit.conn, store)
        changed = msgspec.convert(msgspec.to_builtins(place) | dict(change), type=PlaceRow)
        wanted = {name: {} if given is None else known.get(name, {}) | dict(given) for name, given in groups.items()}
        for name, given in wanted.items():
            checked_group(name, given)
        catalogue.put_places(unit, [changed])
        settings.put_groups(unit, store, wanted)
        publish_settings(hq, unit, changed)
        return _whole(changed, known | wanted)

    return hq.database.write(work)


def settings_of(hq: Hq, store: str) -> StoreSettings:
    """Raises `place.unknown`."""

    return hq.database.read(lambda conn: _whole(*settings.place_with_groups(conn, store)))


def publish_settings(hq: Hq, unit: Unit, one: PlaceRow) -> None:
    """Send a store's settings to its tills. What was never set does not travel: the program's own defaults hold."""
    doc = settings.groups_of(unit.conn, one.place_id) | {
        "store": one.place_id, "name": one.name, "currency": one.currency, "zone": one.zone, "tz": one.timezone,
        "receipt_header": one.receipt_header, "receipt_footer": one.receipt_footer, "lang": one.lang,
        "cash_rounding_minor": one.cash_rounding_minor,
    }  # fmt: skip
    feed.publish(unit, feed.store_scope(one.place_id), [feed.Change("settings", "store", doc)], hq.clock.now_ms())


def _whole(place: PlaceRow, groups: Groups) -> StoreSettings:
    return StoreSettings(place, {name: whole_group(name, groups.get(name, {})) for name in GROUPS})
