"""The pages of the manager's workspace, put together: a page is added here and nowhere else."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from pos_app.service.exception_report import ExceptionReport
from pos_app.service.till_choices import Choice
from pos_app.till import Till
from pos_app.ui.at_counter import AtCounter
from pos_app.ui.keys import Keys
from pos_app.ui.own_settings import OwnSettings
from pos_app.ui.screens.connection.presenter import ConnectionPresenter
from pos_app.ui.screens.connection.view import ConnectionView
from pos_app.ui.screens.day.presenter import DayPresenter
from pos_app.ui.screens.day.view import DayView
from pos_app.ui.screens.drawer.presenter import DrawerPresenter
from pos_app.ui.screens.drawer.view import DrawerView
from pos_app.ui.screens.exceptions.presenter import ExceptionsPresenter
from pos_app.ui.screens.exceptions.view import ExceptionsView
from pos_app.ui.screens.manager.presenter import ManagerPresenter
from pos_app.ui.screens.manager.view import ManagerView
from pos_app.ui.screens.recovery.presenter import RecoveryPresenter
from pos_app.ui.screens.recovery.view import RecoveryView
from pos_app.ui.screens.settings.presenter import SettingsPresenter
from pos_app.ui.screens.settings.view import SettingsView
from pos_app.ui.screens.staff.presenter import StaffPresenter
from pos_app.ui.screens.staff.view import StaffView
from pos_app.ui.screens.tills.presenter import TillsPresenter
from pos_app.ui.screens.tills.view import TillsView
from pos_app.ui.words import tr
from retail_core.domain.roles import Permission, may


def manager_workspace(
    till: Till, point: str, zone: ZoneInfo, keys: Keys, own: OwnSettings, counter: AtCounter
) -> ManagerPresenter:
    """Every page there is; who may not see one does not see its name."""

    def allowed(permission: Permission) -> Callable[[], bool]:
        def by_operator() -> bool:
            operator = till.signing_in.operator
            return operator is not None and may(operator.role, permission)

        return by_operator

    workspace = ManagerPresenter(ManagerView())
    drawer = DrawerPresenter(DrawerView(point), till.drawer, zone)
    workspace.add("drawer", lambda: tr("Drawer"), drawer, allowed(Permission.KEEP_DRAWER))
    day = DayPresenter(DayView(), till.drawer, till.store_drawers, zone)
    workspace.add("day", lambda: tr("Day report"), day, allowed(Permission.KEEP_DRAWER))
    reports = ExceptionReport(till.writer, till.links)
    exceptions = ExceptionsPresenter(ExceptionsView(), reports, zone, till.config.currency)
    workspace.add("exceptions", lambda: tr("Exceptions"), exceptions, allowed(Permission.SEE_EXCEPTIONS))
    staff = StaffPresenter(StaffView(), till.signing_in, zone)
    workspace.add("staff", lambda: tr("Staff"), staff, allowed(Permission.MANAGE_STAFF))
    settings = SettingsPresenter(
        SettingsView(), till.choices, keys, lambda: till.signing_in.operator, till.links.settings, till.config.currency
    )

    def chose(name: str) -> None:
        own.apply(Choice(name))
        workspace.turned.emit()  # keys and words of the page in front may be others

    settings.chose.connect(chose)
    settings.start_again.connect(workspace.start_again)
    workspace.add("settings", lambda: tr("Settings"), settings, allowed(Permission.SET_UP_TILL))
    way = ConnectionPresenter(ConnectionView(), till.connection, till.link, zone, counter.healths)
    workspace.add("connection", lambda: tr("Connection"), way)
    tills = TillsPresenter(TillsView(), till.tills, zone)
    workspace.add("tills", lambda: tr("Tills"), tills, allowed(Permission.SET_UP_TILL))
    recovery = RecoveryPresenter(RecoveryView(), till.recovery, zone)
    workspace.add("recovery", lambda: tr("Lost till"), recovery, allowed(Permission.SET_UP_TILL))
    return workspace
