"""A till that its store has locked: it goes to its lock screen, says so there, and lets managers sign in alone."""

from collections.abc import Callable

from pos_app.till import Till
from pos_app.ui.screens.sign_in.presenter import SignInPresenter
from pos_app.ui.words import tr
from retail_core.domain.errors import RuleViolationError


class LockedTill:
    """`look` is cheap enough for every second. A payment that is under way is ended first."""

    def __init__(self, till: Till, sign_in: SignInPresenter, lock: Callable[[], None]) -> None:
        self._till, self._sign_in, self._lock = till, sign_in, lock

    def look(self) -> None:
        locked, operator = self._till.tills.own_lock(), self._till.signing_in.operator
        words = ""
        if locked:
            words = tr("{name} has locked this till for the store. A manager signs in.", name=locked.by_name)
        self._sign_in.show_lock(words)
        if operator is None:
            return
        try:
            self._till.tills.check_role(operator.role)
        except RuleViolationError:
            self._lock()
