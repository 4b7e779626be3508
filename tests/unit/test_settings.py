"""Groups of settings: what HQ refuses, and what a till makes of a document from another release."""

import msgspec
import pytest

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.people import IDLE_LOCK_S, LONGEST_IDLE_LOCK_S, PeopleRules
from retail_core.durable.settings import GROUPS, SettingsDoc, checked_group, read_settings_doc, whole_group

FLAT = {"store": "S0319", "name": "Store 319", "currency": "EUR", "zone": "north", "tz": "Europe/Berlin"}


def document(**groups: object) -> bytes:
    return msgspec.json.encode(FLAT | groups)


def test_every_group_has_defaults_and_a_field_of_its_own() -> None:
    assert GROUPS["people"] is PeopleRules
    settings = read_settings_doc(document())
    for name, group in GROUPS.items():
        assert getattr(settings, name) == group()
        checked_group(name, whole_group(name, {}))


def test_a_store_locks_its_tills_sooner() -> None:
    settings = read_settings_doc(document(people={"idle_lock_s": 60}))
    assert settings.people == PeopleRules(60)
    assert settings.unread == ()
    assert whole_group("people", {"idle_lock_s": 60}) == {"idle_lock_s": 60, "pin_after_badge": False, "two_people": ()}


@pytest.mark.parametrize(
    ("group", "given", "code"),
    [
        ("holograms", {}, "settings.unknown_group"),
        ("people", {"idle_lock": 60}, "settings.unknown_field"),
        ("people", {"idle_lock_s": "soon"}, "settings.bad_value"),
        ("people", {"idle_lock_s": -1}, "settings.bad_value"),
        ("people", {"idle_lock_s": LONGEST_IDLE_LOCK_S + 1}, "settings.bad_value"),
    ],
)
def test_what_no_till_could_read_is_refused(group: str, given: dict[str, object], code: str) -> None:
    with pytest.raises(RuleViolationError) as refused:
        checked_group(group, given)
    assert refused.value.code == code


def test_a_group_of_a_newer_release_is_left_alone_and_one_that_cannot_be_read_leaves_its_defaults() -> None:
    settings = read_settings_doc(document(holograms={"x": 1}, people={"idle_lock_s": "soon"}, receipt_footer=["Bye"]))
    assert settings.people.idle_lock_s == IDLE_LOCK_S
    assert settings.unread == ("people",)
    assert settings.receipt_footer == ("Bye",)
    assert read_settings_doc(document(people={"idle_lock_s": 5, "by_face": True})).people == PeopleRules(5)


def test_a_document_that_is_no_settings_at_all_is_not_hidden() -> None:
    with pytest.raises(msgspec.ValidationError):
        read_settings_doc(b'{"store": "S1", "people": {}}')
    assert isinstance(read_settings_doc(document()), SettingsDoc)
