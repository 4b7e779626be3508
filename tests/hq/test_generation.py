"""A head office that was put back from a copy speaks with another generation, on either database, and keeps it."""

from hq_server.service.backups import begin_generation
from hq_server.storage.access import identity_value
from retail_core.durable.system import SystemIds
from tests.hq.support import Shop


def generation(shop: Shop) -> str:
    return shop.hq.database.write(lambda unit: identity_value(unit, "generation", "drawn at the first start"))


def test_the_generation_is_drawn_anew_once_and_stays(shop: Shop) -> None:
    first = generation(shop)
    assert generation(shop) == first
    drawn = begin_generation(shop.hq.database, SystemIds())
    assert drawn != first
    assert generation(shop) == drawn


def test_a_database_that_never_served_can_be_put_back_too(shop: Shop) -> None:
    drawn = begin_generation(shop.hq.database, SystemIds())
    assert generation(shop) == drawn
