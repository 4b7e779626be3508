"""The screens of one till, made of its services. `ui.workplace` decides which one is in front."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pos_app.till import Till
from pos_app.ui.at_counter import AtCounter
from pos_app.ui.keys import Keys
from pos_app.ui.managing import manager_workspace
from pos_app.ui.own_settings import OwnSettings
from pos_app.ui.screens.devices.presenter import DevicesPresenter
from pos_app.ui.screens.devices.view import DevicesView
from pos_app.ui.screens.manager.presenter import ManagerPresenter
from pos_app.ui.screens.moving_keys.presenter import MovingKeysPresenter
from pos_app.ui.screens.moving_keys.view import MovingKeysView
from pos_app.ui.screens.pay.presenter import PayPresenter
from pos_app.ui.screens.pay.view import PayView
from pos_app.ui.screens.pickup.presenter import PickupPresenter
from pos_app.ui.screens.pickup.view import PickupView
from pos_app.ui.screens.returns.after import AfterSale
from pos_app.ui.screens.returns.presenter import ReturnsPresenter
from pos_app.ui.screens.returns.view import ReturnsView
from pos_app.ui.screens.sell.presenter import SellPresenter
from pos_app.ui.screens.sell.view import SellView
from pos_app.ui.screens.sign_in.presenter import SignInPresenter
from pos_app.ui.screens.sign_in.view import SignInView
from pos_app.ui.wedge import WedgeFilter
from retail_core.domain.money import exponent
from retail_core.domain.roles import Permission, may


@dataclass(frozen=True, slots=True)
class Screens:
    sign_in: SignInPresenter
    sell: SellPresenter
    pay: PayPresenter
    pickup: PickupPresenter
    returns: ReturnsPresenter
    devices: DevicesPresenter
    manager: ManagerPresenter
    moving_keys: MovingKeysPresenter


def make_screens(
    till: Till, counter: AtCounter, wedge: WedgeFilter, zone: ZoneInfo, keys: Keys, own: OwnSettings
) -> Screens:
    """All screens, none of them shown yet."""
    point = "." if exponent(till.config.currency) else ""

    def may_set_up() -> bool:
        operator = till.signing_in.operator
        return operator is not None and may(operator.role, Permission.SET_UP_DEVICES)

    after = AfterSale(till.papers, till.post_voiding, till.home.folder, zone)
    after.operator, after.queued = lambda: till.signing_in.operator, counter.print_queued
    sell = SellPresenter(
        SellView(), till.selling, till.paying, till.discounting, till.lookup, till.parking, till.asking, zone,
        cards=till.card_selling,
        shopping=till.shopping,
        loyalty=till.loyalty, suggesting=till.suggesting, has_items=lambda: till.links.reference_name() is not None,
    )  # fmt: skip
    return Screens(
        SignInPresenter(SignInView(), till.signing_in),
        sell,
        PayPresenter(PayView(point), till.selling, till.paying, till.card_paying, till.tendering),
        PickupPresenter(PickupView(), till.fulfilling, till.clock, zone),
        ReturnsPresenter(ReturnsView(), till.returning, till.selling, after, zone),
        DevicesPresenter(DevicesView(), counter, wedge, may_set_up),
        manager_workspace(till, point, zone, keys, own, counter),
        MovingKeysPresenter(MovingKeysView(), keys, till.choices, lambda: till.signing_in.operator),
    )
