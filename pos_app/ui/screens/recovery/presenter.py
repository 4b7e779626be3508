"""The page of lost tills: which receipts were seen of them, and bringing in what only a found disk has."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pos_app.service.recovery import RecoveryDesk, SeenOfSeries, seen_by_series
from pos_app.ui.keymap import RECOVERY_KEYS, Act, Slot
from pos_app.ui.screens.recovery.state import DiskRow, RecoveryState, SeriesRow
from pos_app.ui.screens.recovery.view import RecoveryView
from pos_app.ui.screens.screen import Screen
from pos_app.ui.theme import Tone
from pos_app.ui.words import ltr, ntr, tr, words_for
from retail_core.domain.approvals import Approval, ApprovalNeededError
from retail_core.domain.errors import CodedError
from retail_core.durable.recovery import LostDoc, SalvageDoc, SalvageStage

NAMED = 12
"""Receipts named on the page; the others are counted."""
NO_LINE = ("hop.", "hq.")


class RecoveryPresenter(Screen):
    keys = RECOVERY_KEYS

    def __init__(self, view: RecoveryView, desk: RecoveryDesk, zone: ZoneInfo) -> None:
        super().__init__(view)
        self._view, self._desk, self._zone = view, desk, zone
        self._shown: RecoveryState | None = None
        self._folder = ""
        self._slots: tuple[Slot, ...] = ()
        view.chosen.connect(self.choose)

    def shown(self) -> None:
        self._shown = None
        self._desk.look()
        self.refresh()

    def refresh(self) -> None:
        lost, disk = self._desk.lost(), self._desk.disk()
        self._keep_choice(lost)
        state = self._in_words(lost, disk)
        if state != self._shown:
            self._shown = state
            self._view.show_state(state)
        slots = self._strip_for(disk)
        if slots != self._slots:
            self._slots = slots
            self.strip_changed.emit()

    def strip(self) -> tuple[Slot, ...]:
        return self._slots or self._strip_for(self._desk.disk())

    def choose(self, folder: str) -> None:
        self._folder = folder
        self.refresh()

    def act(self, act: Act) -> None:
        disk = self._desk.disk()
        match act:
            case Act.LOOK_AROUND:
                self._desk.look()
            case Act.UP | Act.DOWN:
                self._move(1 if act is Act.DOWN else -1)
            case Act.READ_DISK if self._folder and not _working(disk):
                self._desk.read(self._folder, self.refresh, self.explain)
            case Act.STOP_READING if _working(disk):
                self._desk.stop(self.refresh, self.explain)
            case Act.SEND_DISK if disk and disk.stage is SalvageStage.READY:
                self._send(None)
            case _:
                return

    def _send(self, approval: Approval | None) -> None:
        def failed(error: CodedError) -> None:
            if isinstance(error, ApprovalNeededError):
                self.ask_approval(error, self._send)
            else:
                self.explain(error)

        self._desk.send(self.refresh, failed, approval)

    def _move(self, by: int) -> None:
        lost = self._desk.lost()
        folders = [disk.folder for disk in lost.disks] if lost else []
        if folders:
            at = folders.index(self._folder) if self._folder in folders else -by
            self.choose(folders[(at + by) % len(folders)])

    def _keep_choice(self, lost: LostDoc | None) -> None:
        folders = [disk.folder for disk in lost.disks] if lost else []
        if self._folder not in folders:
            self._folder = folders[0] if folders else ""

    def _strip_for(self, disk: SalvageDoc | None) -> tuple[Slot, ...]:
        slots = [
            Slot(0, Act.BACK, "Esc", tr("Back to sale")),
            Slot(1, Act.LOOK_AROUND, "F2", tr("Look around")),
        ]
        if _working(disk):
            slots.append(Slot(6, Act.STOP_READING, "F8", tr("Stop")))
        elif self._folder:
            slots.append(Slot(4, Act.READ_DISK, "F6", tr("Read the disk")))
        if disk and disk.stage is SalvageStage.READY:
            slots.append(Slot(9, Act.SEND_DISK, "F9", tr("Send"), main=True))
        return tuple(slots)

    # ── in words ─────────────────────────────────────────────────────────────────────────────────

    def _in_words(self, lost: LostDoc | None, disk: SalvageDoc | None) -> RecoveryState:
        series = tuple(self._series(one) for one in seen_by_series(lost)) if lost else ()
        about = tr("No earlier till of this register is known.") if lost else ""
        if series:
            about = tr("Numbers after these may be on its disk alone.")
        disks = tuple(
            DiskRow(one.folder, ltr(f"{one.register} · {one.folder}"), one.folder == self._folder)
            for one in (lost.disks if lost else ())
        )
        no_disk = "" if disks else tr("No disk of a till of this store is plugged in. Plug it in, then look around.")
        stage, tone = self._stage(disk)
        return RecoveryState(series, about, disks, no_disk, stage, tone, _details(disk, self._folder))

    def _series(self, seen: SeenOfSeries) -> SeriesRow:
        details: list[str] = []
        if seen.unread:
            last = ltr(seen.on_the_way[-1])
            details.append(tr("Head office does not answer. The store has up to {receipt}.", receipt=last))
        elif seen.last_at_hq:
            at = datetime.fromtimestamp(seen.at_hq_ms / 1000, UTC).astimezone(self._zone)
            time = ltr(at.strftime("%Y-%m-%d %H:%M"))
            details.append(tr("Head office has up to {receipt}, {time}.", receipt=ltr(seen.last_at_hq), time=time))
        else:
            details.append(tr("Head office has none of them yet."))
        if seen.on_the_way and not seen.unread:
            details.append(tr("On the way from the store: {receipts}", receipts=_listed(seen.on_the_way)))
        return SeriesRow(seen.series, tr("Number series {series}", series=ltr(seen.series)), tuple(details))

    def _stage(self, disk: SalvageDoc | None) -> tuple[str, Tone]:
        if disk is None:
            return "", Tone.INFO
        match disk.stage:
            case SalvageStage.READY:
                n = disk.lacking
                return ntr(
                    "Head office lacks {n} record of it. A manager decides whether it is sent.",
                    "Head office lacks {n} records of it. A manager decides whether they are sent.",
                    n,
                ), Tone.WARNING
            case SalvageStage.DONE if disk.lacking:
                n = disk.lacking
                return ntr(
                    "Sent. Head office still lacks {n} record of it.",
                    "Sent. Head office still lacks {n} records of it.",
                    n,
                ), Tone.WARNING
            case SalvageStage.DONE:
                return tr("Head office has everything of this disk."), Tone.OK
            case SalvageStage.KEYS_WANTED:
                return tr(
                    "The keys of this disk are missing. Ask head office to release those of machine {machine}, then read it"
                    " again.",
                    machine=ltr(disk.machine),
                ), Tone.WARNING
            case SalvageStage.STOPPED:
                return tr("Stopped. What has arrived at head office stays there."), Tone.WARNING
            case SalvageStage.FAILED if disk.code.startswith(NO_LINE):
                return tr("Head office does not answer. Read the disk again when it does."), Tone.ERROR
            case SalvageStage.FAILED:
                return words_for(disk.code, {"file": disk.register, "folder": disk.folder}), Tone.ERROR
            case _:
                percent = min(100, disk.done * 100 // disk.total) if disk.total else 0
                words = WORKING[disk.stage]()
                return (f"{words} · {ltr(f'{percent} %')}" if disk.total else words), Tone.INFO


WORKING: Mapping[SalvageStage, Callable[[], str]] = MappingProxyType(
    {
        SalvageStage.COPYING: lambda: tr("The disk is copied"),
        SalvageStage.CHECKING: lambda: tr("Its records are checked"),
        SalvageStage.COMPARING: lambda: tr("It is compared with head office"),
        SalvageStage.SENDING: lambda: tr("It is sent to head office"),
    }
)


def _working(disk: SalvageDoc | None) -> bool:
    return disk is not None and disk.stage.working


def _details(disk: SalvageDoc | None, chosen: str) -> tuple[str, ...]:
    if disk is None:
        return (tr("A disk is copied first and never changed. Nothing of it is sent before a manager agrees."),)
    found = [] if disk.folder == chosen else [ltr(f"{disk.register} · {disk.folder}")]
    if disk.bad:
        found.append(tr("The first record that is not as it was written: {detail}", detail=ltr(disk.bad)))
    if disk.receipts:
        found.append(tr("Receipts among them: {receipts}", receipts=_listed(disk.receipts)))
    return tuple(found)


def _listed(receipts: tuple[str, ...]) -> str:
    named = ", ".join(ltr(one) for one in receipts[:NAMED])
    return f"{named} …" if len(receipts) > NAMED else named
