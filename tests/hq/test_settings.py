"""Groups of settings at HQ: kept for each store, published to its tills, refused when no till could read them."""

import msgspec
import pytest

from hq_server.service import settings
from hq_server.storage import feed
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.people import PeopleRules
from retail_core.domain.roles import Role
from retail_core.durable.settings import SettingsDoc, read_settings_doc
from tests.hq.running import RunningHq
from tests.hq.support import OTHER_STORE, STORE, Shop

pytestmark = pytest.mark.xdist_group("hq-settings")


def published(shop: Shop, store: str) -> SettingsDoc:
    page = shop.hq.database.read(lambda conn: feed.page(conn, feed.store_scope(store), 0, 500))
    (doc,) = [row.doc for row in page.rows if row.kind == "settings"]
    return read_settings_doc(bytes(doc))


def test_a_group_is_set_for_one_store_and_reaches_its_tills(shop: Shop) -> None:
    said = settings.change_settings(shop.hq, STORE, {"lang": "de"}, {"people": {"idle_lock_s": 60}})
    assert said.groups["people"] == msgspec.to_builtins(PeopleRules(60))
    assert published(shop, STORE).people == PeopleRules(60)
    settings.change_settings(shop.hq, OTHER_STORE, {"lang": "de"}, {})
    assert published(shop, OTHER_STORE).people == PeopleRules()


def test_what_is_left_out_stays_and_none_takes_a_group_back(shop: Shop) -> None:
    settings.change_settings(shop.hq, STORE, {}, {"people": {"idle_lock_s": 60}})
    settings.change_settings(shop.hq, STORE, {}, {"people": {"pin_after_badge": True}})
    settings.change_settings(shop.hq, STORE, {"receipt_footer": ("Bye",)}, {})
    assert published(shop, STORE).people == PeopleRules(60, pin_after_badge=True)
    assert published(shop, STORE).receipt_footer == ("Bye",)
    settings.change_settings(shop.hq, STORE, {}, {"people": None})
    assert published(shop, STORE).people == PeopleRules()
    assert settings.settings_of(shop.hq, STORE).groups["people"] == msgspec.to_builtins(PeopleRules())


def test_a_refusal_changes_nothing(shop: Shop) -> None:
    before = settings.settings_of(shop.hq, STORE)
    with pytest.raises(RuleViolationError) as refused:
        settings.change_settings(shop.hq, STORE, {"lang": "xx"}, {"people": {"idle_lock_s": "soon"}})
    assert refused.value.code == "settings.bad_value"
    assert settings.settings_of(shop.hq, STORE) == before


def test_over_the_api(running: RunningHq) -> None:
    with running.as_role(Role.HQ_OPERATOR) as office, running.as_role(Role.HQ_VIEWER) as viewer:
        body = {"store": STORE, "groups": {"people": {"idle_lock_s": 90}}}
        assert viewer.put("/api/settings", json=body).status_code == 403
        assert office.put("/api/settings", json=body).json()["groups"]["people"]["idle_lock_s"] == 90
        shown = office.get("/api/settings", params={"store": STORE}).json()
        assert (shown["place"]["place_id"], shown["groups"]["people"]["idle_lock_s"]) == (STORE, 90)
        assert office.get("/api/settings", params={"store": "nowhere"}).status_code == 404
        for wrong, code, part in (
            ({"holograms": {}}, "settings.unknown_group", "people"),
            ({"people": {"lock": 1}}, "settings.unknown_field", "idle_lock_s"),
            ({"people": {"idle_lock_s": -1}}, "settings.bad_value", "idle_lock_s"),
        ):
            answer = office.put("/api/settings", json={"store": STORE, "groups": wrong})
            assert (answer.status_code, answer.json()["code"]) == (422, code)
            assert part in answer.json()["message"]
