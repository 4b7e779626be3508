"""Training on the program as it runs in a shop, with its printer, drawer and card terminal: another file, other numbers.

What a trainee sells is on paper that says so; the drawer stays shut, nothing of it is in the till's own journal, and a
crash in the middle of it leaves a real till.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from retail_core.durable.verify import verify_file
from tests.devices.support import eventually
from tests.support.alone import Alone, alone
from tests.support.shop import ITEMS, MANAGER_PIN
from tools.demo.hands import Hands
from tools.demo.processes import DemoError

MILK, CHICKEN = ITEMS[:2]
CHANGED_WITHIN_S = 30.0
NOTHING_SENT = "Nothing is sent"


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Alone]:
    with alone(tmp_path) as (till, _):
        till.sign_in()
        yield till


def change_over(till: Alone, *, training: bool) -> None:
    """The window makes way for the other one, which is locked."""
    till.hands.close()

    def there() -> bool:
        try:
            hands = Hands(till.control)
        except OSError:
            return False
        try:
            seen = hands.look()
        except DemoError:
            seen = {"screen": "", "lamp": ""}
        if seen["screen"] == "sign_in" and (seen["lamp"] == NOTHING_SENT) is training:
            till.hands = hands
            return True
        hands.close()
        return False

    assert eventually(there, CHANGED_WITHIN_S), "the window does not come back"
    till.sign_in()


def begin(till: Alone) -> None:
    till.hands.key("Ctrl+J")
    till.on("approval_title")
    till.hands.type(MANAGER_PIN)
    press_last(till, "Enter")
    change_over(till, training=True)


def press_last(till: Alone, key: str) -> None:
    """The window may be gone before it can answer."""
    with suppress(DemoError):
        till.hands.key(key)


def journal(till: Alone) -> list[tuple[str, str]]:
    return [(str(kind), str(actor)) for kind, actor in till.rows("SELECT type, actor FROM event ORDER BY n")]


def test_training_comes_and_goes_and_leaves_the_real_till_as_it_was(till: Alone) -> None:
    till.scan(MILK.code)
    assert till.pay("F12") == "S0319-T1-A-000001"
    assert till.printer.wait_for(lambda: len(till.printer.jobs) == 1 and len(till.printer.kicks) == 1)
    till.scan(CHICKEN.code)  # a real basket is open
    begin(till)
    before = journal(till)
    assert before[-2:] == [("audit.approved", "op-1"), ("audit.training_started", "op-1")]
    assert till.hands.look()["lines"] == []
    till.scan(MILK.code)
    assert till.pay("F12") == "S0319-T1-TR-000001"
    assert till.printer.wait_for(lambda: len(till.printer.jobs) == 2)
    assert till.printer.jobs[-1].text.count("TRAINING") == 2
    till.scan(MILK.code)
    till.pay("F12")
    assert len(till.printer.kicks) == 1, "the drawer stays shut"
    assert journal(till) == before, "nothing of it is in the real journal"
    press_last(till, "Ctrl+J")
    change_over(till, training=False)
    assert [line["name"] for line in till.hands.look()["lines"]] == [CHICKEN.name]
    assert till.pay("F12") == "S0319-T1-A-000002"
    assert ("audit.training_ended", "op-1") in journal(till)
    home = till.shop.home
    public = {till.shop.config.till_node: home.keys.signing_key("till").public_text}
    assert verify_file(home.till_db, home.keys.file_key("till.db"), public).ok


def test_a_crash_while_somebody_trains_leaves_a_real_till(till: Alone) -> None:
    begin(till)
    till.scan(MILK.code)
    till.pay("F12")
    till.crash()
    seen = till.hands.look()
    assert (seen["lines"], seen["lamp"] == NOTHING_SENT) == ([], False)
    assert ("audit.training_ended", "system") in journal(till)
    till.scan(MILK.code)
    assert till.pay("F12") == "S0319-T1-A-000001"
