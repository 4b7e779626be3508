"""After a stop in the middle: which sale was the last, that it is paid, and what of it is in doubt, so that nobody rings it again."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject

from pos_app.locale.mark import _
from pos_app.service.card_paying import CardState
from pos_app.storage.recovering import PutBack
from pos_app.storage.resuming import Resumed
from pos_app.storage.spool import JobState
from pos_app.till import Till
from pos_app.ui.amounts import format_money
from pos_app.ui.notices import Notice
from pos_app.ui.screens.sign_in.presenter import SignInPresenter
from pos_app.ui.shell import Shell
from pos_app.ui.theme import Tone
from pos_app.ui.words import ltr, tr

PAPER: Mapping[JobState | None, str] = MappingProxyType(
    {
        JobState.CONFIRMED: _("Its receipt was printed."),
        JobState.QUEUED: _("Its receipt is still to be printed."),
        JobState.UNKNOWN: _("Nobody knows whether its receipt came out; print a copy if it did not."),
        JobState.CANCELLED: _("Its receipt was not printed."),
        None: _("No receipt was wanted."),
    }
)


class Resuming(QObject):
    """Says it on the locked till, and once more to whoever signs in first."""

    def __init__(self, till: Till, shell: Shell, sign_in: SignInPresenter) -> None:
        super().__init__()
        self._till, self._shell = till, shell
        self._resumed, self._put_back = till.resumed, till.put_back
        sign_in.signed_in.connect(self._signed_in)

    def say(self) -> None:
        """Nothing to say after a till that was closed properly."""
        if self._resumed:
            self._shell.notify(self._notice(self._resumed))
        if self._put_back:
            self._shell.notify(Notice(self._put_back_words(self._put_back), Tone.WARNING))

    def _signed_in(self, _operator: object) -> None:
        self.say()
        self._resumed = self._put_back = None

    def _put_back_words(self, done: PutBack) -> str:
        if not done.copy_ms:
            return tr(
                "This till's file was damaged and there was no copy: it begins an empty one. Count the drawer; what was sold"
                " before is at head office as far as it was sent."
            )
        at = datetime.fromtimestamp(done.copy_ms / 1000, UTC).astimezone(ZoneInfo(self._till.config.timezone))
        return tr(
            "This till's file was damaged. The copy of {time} was put back. Count the drawer; what was sold since is at head"
            " office as far as it was sent.",
            time=ltr(at.strftime("%Y-%m-%d %H:%M")),
        )

    def _notice(self, resumed: Resumed) -> Notice:
        total = format_money(resumed.total_minor, resumed.currency)
        words = [tr("The last sale is {receipt}, {total}. It is paid.", receipt=ltr(resumed.receipt), total=total)]
        words.append(tr(PAPER[resumed.paper]))
        in_doubt = self._till.card_paying.state is CardState.DOUBT
        if in_doubt:
            words.append(tr("A card payment of the open sale is in doubt: press Pay to ask the terminal."))
        sure = resumed.paper is not JobState.UNKNOWN and not in_doubt
        return Notice(" ".join(words), Tone.INFO if sure else Tone.WARNING)
