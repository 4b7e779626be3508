"""What the top strip says: store and till, workspaces with their badges, the sync lamp, devices, operator and clock."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pos_app.locale.mark import _
from pos_app.service.link_status import LinkState, LinkView
from pos_app.till import Till
from pos_app.ui.shell import PillState, TopState, till_title
from pos_app.ui.theme import Tone
from pos_app.ui.words import tr


def top_state(
    till: Till, zone: ZoneInfo, spaces: Sequence[str], space: str, devices: tuple[PillState, ...], waiting_orders: int
) -> TopState:
    """The strip as it is now. `space` is the workspace in front, of those in `spaces` the operator may open."""
    config, operator = till.config, till.signing_in.operator
    clock = datetime.fromtimestamp(till.clock.now_ms() / 1000, tz=UTC).astimezone(zone)
    names = {"sell": (tr("Sell"), 0), "pickup": (tr("Pickup"), waiting_orders), "manager": (tr("Manager"), 0)}
    return TopState(
        till_title(config.store_name, config.register, config.role),
        tuple((name, *names[name]) for name in spaces),
        space if operator else "",
        lamp_state(till.link.read()),
        devices,
        operator.name if operator else "",
        f"{clock:%H:%M}",
    )


OFF_WORDS: Mapping[LinkState, str] = MappingProxyType(
    {
        LinkState.AGENT_DOWN: _("Agent stopped"),
        LinkState.NO_NETWORK: _("No network"),
        LinkState.NO_INTERNET: _("No internet"),
        LinkState.HQ_OFFLINE: _("HQ offline"),
        LinkState.LOCKED: _("Locked by the store"),
        LinkState.ALONE: _("Tills apart"),
        LinkState.ALONE_SOON: _("Long without HQ"),
        LinkState.CLOCK_WRONG: _("Clock is wrong"),
    }
)


def lamp_state(link: LinkView) -> PillState:
    """The sync lamp in plain words; selling never waits for it."""
    queued = tr(" · {n} queued", n=link.queued) if link.queued else ""
    if link.state in OFF_WORDS:
        return PillState("sync", tr(OFF_WORDS[link.state]) + queued, Tone.WARNING)
    match link.state:
        case LinkState.CATCHING_UP:
            return PillState("sync", tr("Catching up") + queued, Tone.INFO)
        case LinkState.STARTING:
            return PillState("sync", tr("Connecting") + queued, Tone.INFO)
        case LinkState.OTHERS_SILENT:
            return PillState("sync", tr("Other tills silent") + queued, Tone.INFO)
        case _:
            return PillState("sync", tr("All synced") if not link.queued else tr("Syncing") + queued, Tone.OK)
