"""The rules a store has from head office, in words: what a manager may read and only head office may change."""

from collections.abc import Mapping
from types import MappingProxyType

from pos_app.locale.catalogue import NAMES
from pos_app.locale.mark import _
from pos_app.ui.screens.settings.state import RuleGroup
from pos_app.ui.screens.staff.presenter import role_words
from pos_app.ui.words import ltr, ntr, tr
from retail_core.domain.discounts import PPM_PER_PERCENT
from retail_core.domain.money import format_money
from retail_core.domain.people import ByTwo
from retail_core.domain.quantity import format_quantity
from retail_core.domain.roles import Permission, Role, may
from retail_core.domain.tax import Rounding
from retail_core.domain.tender import ForeignRate, TenderKind
from retail_core.durable.settings import SettingsDoc

S_PER_MINUTE = 60
Rules = tuple[tuple[str, str], ...]
TENDERS: Mapping[TenderKind, str] = MappingProxyType(
    {
        TenderKind.CASH: _("Cash"),
        TenderKind.CARD: _("Card"),
        TenderKind.GIFT_CARD: _("Gift card"),
        TenderKind.STORE_CREDIT: _("Store credit"),
        TenderKind.POINTS: _("Loyalty points"),
        TenderKind.ACCOUNT: _("On account"),
        TenderKind.FOREIGN_CASH: _("Foreign cash"),
    }
)


BY_TWO: Mapping[ByTwo, str] = MappingProxyType(
    {
        ByTwo.VARIANCE: _("a large difference in the drawer"),
        ByTwo.POST_VOID: _("reversing a sale"),
        ByTwo.RETURN: _("a return beyond the rules"),
    }
)
PEOPLE = (Role.CASHIER, Role.SUPERVISOR, Role.MANAGER)
ALONE: Mapping[Permission, str] = MappingProxyType(
    {
        Permission.SELL: _("Sell, and take goods back within the rules"),
        Permission.KEEP_DRAWER: _("Open, count and close the drawer"),
        Permission.VOID_SALE: _("Give up a whole sale"),
        Permission.POST_VOID: _("Reverse the last sale"),
        Permission.RETURN_FREELY: _("Take goods back beyond the rules"),
        Permission.EXEMPT: _("Sell without tax"),
        Permission.MOVE_CASH: _("Put money into the drawer, or take it out"),
        Permission.APPROVE_VARIANCE: _("Agree to a large difference"),
        Permission.CLOSE_DAY: _("Close the day"),
        Permission.TRAIN: _("Begin training"),
        Permission.MANAGE_STAFF: _("Unlock PINs"),
        Permission.SEE_EXCEPTIONS: _("See the exception report"),
        Permission.TAKE_STORE_ROLE: _("Make another till the store's first machine"),
        Permission.LOCK_TILL: _("Lock another till, and let it in again"),
    }
)
"""What a store asks about; whoever may not, does it with somebody who may."""
ROUNDINGS: Mapping[Rounding, str] = MappingProxyType(
    {Rounding.DOCUMENT: _("once on the whole sale"), Rounding.LINE: _("line by line")}
)


def store_rules(settings: SettingsDoc) -> tuple[RuleGroup, ...]:
    """Area by area, in the order in which a manager meets them."""
    return (
        RuleGroup(tr("Store"), _store(settings)),
        RuleGroup(tr("Discounts by hand"), _discounts(settings)),
        RuleGroup(tr("Returns"), _returns(settings)),
        RuleGroup(tr("Ways to pay"), _tenders(settings)),
        RuleGroup(tr("Loyalty points"), _loyalty(settings)),
        RuleGroup(tr("Drawer"), _drawer(settings)),
        RuleGroup(tr("People"), _people(settings)),
        RuleGroup(tr("Questions and guards"), _guards(settings)),
        RuleGroup(tr("Who may do what alone"), _alone()),
    )


def _store(settings: SettingsDoc) -> Rules:
    rounding = settings.cash_rounding_minor
    return (
        (tr("Name"), settings.name or "–"),
        (tr("Price list"), ltr(settings.zone) if settings.zone else "–"),
        (tr("Currency"), ltr(settings.currency)),
        (tr("Receipts speak"), NAMES.get(settings.lang, settings.lang)),
        (tr("Cash is rounded to"), _money(rounding, settings) if rounding else tr("the cent")),
        (
            tr("Before they are paid goods lie in a basket up to"),
            ntr("{n} minute", "{n} minutes", settings.counts.basket_minutes),
        ),
        (tr("The journal of sales is kept for"), ntr("{n} year", "{n} years", settings.keeping.journal_years)),
        (tr("Taxes are rounded"), tr(ROUNDINGS[settings.tax.rounding])),
        *((tr("Taxes of {name}", name=ltr(of)), ltr(" + ".join(bear))) for of, bear in settings.tax.stands_for.items()),
    )


def _discounts(settings: SettingsDoc) -> Rules:
    rules = settings.discounts
    never = (*rules.no_discount_departments, *rules.no_discount_skus)
    return (
        (tr("A cashier takes off at most"), _percent(rules.cashier_ppm)),
        (tr("A supervisor takes off at most"), _percent(rules.supervisor_ppm)),
        (tr("A manager takes off at most"), _percent(rules.manager_ppm)),
        (tr("A cashier lowers a price by at most"), _percent(rules.cashier_price_ppm)),
        (tr("A supervisor lowers a price by at most"), _percent(rules.supervisor_price_ppm)),
        (tr("A manager lowers a price by at most"), _percent(rules.manager_price_ppm)),
        (tr("A price is raised by at most"), _percent(rules.price_up_ppm)),
        (tr("Never discounted"), ltr(", ".join(never)) if never else tr("nothing")),
    )


def _returns(settings: SettingsDoc) -> Rules:
    rules = settings.returns
    without = tr("never")
    if rules.without_receipt:
        without = _up_to(rules.without_receipt_minor, settings)
    return (
        (tr("Goods come back within"), _days(rules.days) if rules.days else tr("no limit")),
        (tr("Of one sale, without a second person"), _up_to(rules.max_minor, settings)),
        (tr("Without a receipt"), without),
        (tr("Cash for what was paid by card"), tr("yes") if rules.cash_for_card else tr("with a second person")),
    )


def _tenders(settings: SettingsDoc) -> Rules:
    rules = settings.tenders
    over = rules.card_over_minor
    return (
        (tr("Offered"), ", ".join(tr(TENDERS[kind]) for kind in rules.kinds)),
        (tr("Foreign cash"), ", ".join(_rate(one, settings.currency) for one in rules.foreign) or tr("none")),
        (tr("Cash back on a card"), _up_to(over, settings) if over else tr("none")),
        (
            tr("On a gift card at once"),
            ltr(f"{_amount(rules.card_min_minor, settings)} – {_amount(rules.card_max_minor, settings)}"),
        ),
        (tr("Store credit is good for"), _days(rules.credit_days) if rules.credit_days else tr("for ever")),
    )


def _loyalty(settings: SettingsDoc) -> Rules:
    rules = settings.loyalty
    earn = tr("{n} for {amount}", n=ltr(str(rules.earn_points)), amount=_money(rules.earn_minor, settings))
    pay = tr("{n} for {amount}", n=ltr(str(rules.pay_points)), amount=_money(rules.pay_minor, settings))
    tiers = ", ".join(f"{tier.name} {_whole_percent(tier.percent)}" for tier in rules.tiers)
    return (
        (tr("Earned"), earn if rules.earn_points else tr("none")),
        (tr("Worth at the till"), pay if rules.pay_minor else tr("nothing")),
        (tr("Spent at most while head office is not heard of"), ltr(str(rules.offline_points))),
        (tr("Tiers earn"), tiers or tr("all the same")),
    )


def _drawer(settings: SettingsDoc) -> Rules:
    rules = settings.drawer
    return (
        (tr("Counted again, then agreed to, above a difference of"), _money(rules.limit_minor, settings)),
        (tr("Openings without a sale before somebody must agree"), ltr(str(rules.free_no_sales))),
    )


def _people(settings: SettingsDoc) -> Rules:
    rules = settings.people
    idle = rules.idle_lock_s
    minutes = idle // S_PER_MINUTE
    after = ntr("{n} minute", "{n} minutes", minutes) if minutes else ntr("{n} second", "{n} seconds", idle)
    return (
        (tr("A till nobody touches locks itself after"), after if idle else tr("never")),
        (
            tr("Takes two people, whatever their role"),
            ", ".join(tr(BY_TWO[act]) for act in rules.two_people) or tr("nothing"),
        ),
        (tr("With a badge"), tr("the PIN as well") if rules.pin_after_badge else tr("the badge alone")),
    )


def _guards(settings: SettingsDoc) -> Rules:
    return (
        (tr("Asks once above a quantity of"), ltr(format_quantity(settings.lines.ask_above_milli))),
        (tr("Asks once above a line of"), _money(settings.lines.ask_above_minor, settings)),
        (tr("Own numbers that look like a payment card's"), ltr(", ".join(settings.cards.own_prefixes)) or tr("none")),
        (tr("New customers are asked"), "\n".join(one.text for one in settings.customers.texts) or tr("nothing")),
    )


def _alone() -> Rules:
    return tuple((tr(words), _from_role(permission)) for permission, words in ALONE.items())


def _from_role(permission: Permission) -> str:
    lowest = next(role for role in PEOPLE if may(role, permission))
    if lowest is PEOPLE[0]:
        return tr("everybody")
    return role_words(lowest) if lowest is PEOPLE[-1] else tr("from {role} up", role=role_words(lowest))


def _amount(minor: int, settings: SettingsDoc) -> str:
    return format_money(minor, settings.currency)


def _money(minor: int, settings: SettingsDoc) -> str:
    return ltr(_amount(minor, settings))


def _up_to(minor: int, settings: SettingsDoc) -> str:
    return tr("at most {amount}", amount=_money(minor, settings)) if minor else tr("no limit")


def _percent(ppm: int) -> str:
    whole, rest = divmod(ppm, PPM_PER_PERCENT)
    return ltr(f"{whole} %" if not rest else f"{ppm / PPM_PER_PERCENT:g} %")


def _whole_percent(percent: int) -> str:
    return ltr(f"{percent} %")


def _days(days: int) -> str:
    return ntr("{n} day", "{n} days", days)


def _rate(rate: ForeignRate, own: str) -> str:
    return ltr(f"1 {rate.currency} = {rate.rate / 10**rate.exponent:g} {own}")
