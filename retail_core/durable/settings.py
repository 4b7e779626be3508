"""Settings of a store as HQ publishes them: flat words and amounts, and one group of rules for each area.

A group is a frozen Struct of its area's domain module and one field of `SettingsDoc`; that field is all that makes it
known to HQ's route and to the tills. Its defaults hold until HQ says otherwise, so a group may only grow by fields that
have one. HQ refuses what it cannot read; a till leaves out what it does not know.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

import msgspec

from retail_core.domain.cardguard import CardRules
from retail_core.domain.counting import CountRules
from retail_core.domain.customers import CustomerRules
from retail_core.domain.discounts import DiscountRules
from retail_core.domain.drawer import DrawerRules
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.guards import LineRules
from retail_core.domain.keeping import KeepingRules
from retail_core.domain.loyalty import LoyaltyRules
from retail_core.domain.people import PeopleRules
from retail_core.domain.returns import ReturnRules
from retail_core.domain.tax import TaxRules
from retail_core.domain.tender import TenderRules

MAX_WHY = 200


class SettingsDoc(msgspec.Struct, frozen=True):
    """Settings of the store. `unread` names the groups this program could not read; their defaults hold instead."""

    store: str
    name: str
    currency: str
    zone: str
    tz: str
    receipt_header: tuple[str, ...] = ()
    receipt_footer: tuple[str, ...] = ()
    lang: str = "en"
    cash_rounding_minor: int = 0
    cards: CardRules = CardRules()
    counts: CountRules = CountRules()
    discounts: DiscountRules = DiscountRules()
    drawer: DrawerRules = DrawerRules()
    keeping: KeepingRules = KeepingRules()
    lines: LineRules = LineRules()
    customers: CustomerRules = CustomerRules()
    loyalty: LoyaltyRules = LoyaltyRules()
    people: PeopleRules = PeopleRules()
    returns: ReturnRules = ReturnRules()
    tenders: TenderRules = TenderRules()
    tax: TaxRules = TaxRules()
    unread: tuple[str, ...] = ()


GROUPS: Mapping[str, type[msgspec.Struct]] = MappingProxyType(
    {
        field.name: field.type
        for field in msgspec.structs.fields(SettingsDoc)
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)
    }
)
"""Name → Struct of every group there is."""


def checked_group(name: str, given: Mapping[str, object]) -> None:
    """Raises RuleViolationError `settings.unknown_group`, `settings.unknown_field`, `settings.bad_value`."""
    group = GROUPS.get(name)
    if group is None:
        raise RuleViolationError("settings.unknown_group", group=name[:40], known=", ".join(sorted(GROUPS)))
    known = {field.encode_name for field in msgspec.structs.fields(group)}
    for field in given:
        if field not in known:
            raise RuleViolationError(
                "settings.unknown_field", group=name, field=field[:40], known=", ".join(sorted(known))
            )
    try:
        msgspec.convert(given, type=group)
    except msgspec.ValidationError as wrong:
        raise RuleViolationError("settings.bad_value", group=name, why=str(wrong)[:MAX_WHY]) from wrong


def whole_group(name: str, given: Mapping[str, object]) -> dict[str, Any]:
    """What holds: the values given, and the defaults of those that are not."""
    return cast("dict[str, Any]", msgspec.to_builtins(msgspec.convert(given, type=GROUPS[name])))


def read_settings_doc(doc: bytes) -> SettingsDoc:
    """The settings in `doc`. Raises msgspec.DecodeError when more than groups cannot be read."""
    try:
        return msgspec.json.decode(doc, type=SettingsDoc)
    except msgspec.ValidationError:
        parts = msgspec.json.decode(doc, type=dict[str, msgspec.Raw])
        unread = tuple(name for name in GROUPS if name in parts and not _readable(name, parts[name]))
        kept = {name: part for name, part in parts.items() if name not in unread}
        settings = msgspec.json.decode(msgspec.json.encode(kept), type=SettingsDoc)
        return msgspec.structs.replace(settings, unread=unread)


def _readable(name: str, part: msgspec.Raw) -> bool:
    try:
        msgspec.json.decode(part, type=GROUPS[name])
    except msgspec.ValidationError:
        return False
    return True
