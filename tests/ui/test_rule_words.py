"""No rule of head office is hidden from the manager: whichever of them changes, the settings page says something else."""

from typing import Any

import msgspec
import pytest

from pos_app.ui.rule_words import store_rules
from retail_core.domain.customers import ConsentText, Purpose
from retail_core.domain.loyalty import LoyaltyRules, TierRule
from retail_core.domain.people import ByTwo
from retail_core.domain.tax import Rounding
from retail_core.domain.tender import ForeignRate, TenderKind
from retail_core.durable.settings import GROUPS, SettingsDoc

SETTINGS = SettingsDoc("S0319", "Store 319", "EUR", "z1", "Europe/Berlin", loyalty=LoyaltyRules(earn_points=1))
MORE = 10_000  # of anything: a percent, a hundred euros, ten thousand days
OTHER: dict[str, Any] = {
    "own_prefixes": ("9280",),
    "no_discount_departments": ("tobacco",),
    "no_discount_skus": ("1001",),
    "texts": (ConsentText(Purpose.LOYALTY, "loyalty/2", "May we?"),),
    "tiers": (TierRule("gold", 150),),
    "kinds": (TenderKind.CASH,),
    "foreign": (ForeignRate("USD", 920_000),),
    "two_people": (ByTwo.VARIANCE,),
    "rounding": Rounding.LINE,
    "stands_for": {"std": ("state", "city")},
}
RULES = [(group, field.name) for group, rules in GROUPS.items() for field in msgspec.structs.fields(rules)]


def other(name: str, now: Any) -> Any:
    return OTHER[name] if name in OTHER else not now if isinstance(now, bool) else now + MORE


@pytest.mark.parametrize(("group", "name"), RULES)
def test_every_rule_is_on_the_page(group: str, name: str) -> None:
    rules = getattr(SETTINGS, group)
    changed = msgspec.structs.replace(rules, **{name: other(name, getattr(rules, name))})
    assert store_rules(msgspec.structs.replace(SETTINGS, **{group: changed})) != store_rules(SETTINGS)


def test_the_page_says_who_may_do_what_alone() -> None:
    alone = dict(store_rules(SETTINGS)[-1].rules)
    assert alone["Sell, and take goods back within the rules"] == "everybody"
    assert alone["Give up a whole sale"] == "from Supervisor up"
    assert alone["See the exception report"] == "Manager"


def test_every_value_is_said_in_words() -> None:
    for group in store_rules(SETTINGS):
        for words, value in group.rules:
            assert words, group.title
            assert value, words
