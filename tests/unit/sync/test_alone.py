"""A store trusts its machines 35 days without head office, whatever its clocks are set to."""

from retail_core.sync.alone import DAY_MS, TRUST_ALONE_MS, Alone, Kept, days_left

NOON, YEAR_MS = 1_764_000_000_000, 365 * DAY_MS


class Machine:
    """One machine: time passes, its clock is set, it is switched off and on."""

    def __init__(self) -> None:
        self.wall_ms, self.mono_ms = NOON, 5_000
        self.alone = Alone.begun(None, self.wall_ms, self.mono_ms)

    def runs(self, passed_ms: int) -> "Machine":
        self.wall_ms += passed_ms
        self.mono_ms += passed_ms
        return self.counts()

    def is_set(self, by_ms: int) -> "Machine":
        self.wall_ms += by_ms
        return self.counts()

    def is_off(self, for_ms: int, clock_moves_by_ms: int | None = None) -> "Machine":
        self.wall_ms += for_ms if clock_moves_by_ms is None else clock_moves_by_ms
        self.mono_ms = 5_000
        self.alone = Alone.begun(self.alone.kept(), self.wall_ms, self.mono_ms)
        return self

    def counts(self) -> "Machine":
        self.alone = self.alone.counted(self.wall_ms, self.mono_ms)
        return self

    @property
    def days(self) -> int:
        return self.alone.silent_ms // DAY_MS


def test_trust_ends_after_35_days_of_running_and_of_standing_still() -> None:
    machine = Machine()
    for _ in range(34):
        machine.runs(DAY_MS // 2).is_off(DAY_MS // 2)
    assert machine.days == 34
    assert not machine.alone.ended
    assert machine.runs(DAY_MS).alone.ended


def test_a_clock_that_is_set_while_the_machine_runs_changes_nothing() -> None:
    for by_ms in (YEAR_MS, -30 * DAY_MS, 3_600_000, -3_600_000):
        machine = Machine().runs(DAY_MS).is_off(DAY_MS // 2).runs(DAY_MS // 2).is_set(by_ms)
        assert machine.days == 2 if abs(by_ms) > DAY_MS else machine.days in (1, 2)
        assert machine.runs(DAY_MS).is_off(DAY_MS).days in (3, 4)


def test_a_clock_that_woke_up_wrong_is_put_right_and_the_days_with_it() -> None:
    ahead = Machine().runs(DAY_MS).is_off(DAY_MS, clock_moves_by_ms=YEAR_MS)
    assert ahead.alone.ended
    assert ahead.is_set(DAY_MS - YEAR_MS).days == 2
    behind = Machine().runs(DAY_MS).is_off(DAY_MS, clock_moves_by_ms=-YEAR_MS)
    assert behind.days == 1
    assert behind.is_set(DAY_MS + YEAR_MS).days == 2
    assert behind.is_set(-YEAR_MS).days == 2, "that the clock is wrong again does not make the night shorter"


def test_the_last_week_is_told_ahead() -> None:
    assert [days_left(days) for days in (0, 27, 28, 34, 35, 90)] == [None, None, 7, 1, 0, 0]


def test_head_office_itself_ends_it_at_once() -> None:
    machine = Machine().runs(TRUST_ALONE_MS)
    machine.alone = machine.alone.heard(0)
    assert machine.alone.silent_ms == 0
    machine.alone = machine.alone.heard(NOON)
    assert machine.alone.kept() == Kept(NOON, 0, machine.wall_ms)
    assert machine.is_set(YEAR_MS).alone.silent_ms == 0


def test_a_word_that_lay_with_a_neighbour_counts_from_when_it_was_said() -> None:
    machine = Machine()
    machine.alone = machine.alone.heard(NOON)
    machine.runs(30 * DAY_MS)
    machine.alone = machine.alone.carried(NOON + 10 * DAY_MS)
    assert machine.days == 20
    machine.alone = machine.alone.carried(NOON + 10 * DAY_MS)
    assert machine.days == 20, "the same once more says nothing"
    machine.alone = machine.alone.carried(NOON + 31 * DAY_MS)
    assert machine.alone.silent_ms == 0
