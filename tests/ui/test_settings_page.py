"""The settings page: what a manager chooses for this till holds at once and after a restart; the store's rules are read."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QPushButton, QScrollArea, QWidget

from pos_app.counter import Counter
from pos_app.devices.sound.tables import SoundTable
from pos_app.devices.sound.tones import Tone, wav
from pos_app.service.till_choices import Choice
from pos_app.storage.prefs import prefs_of
from pos_app.storage.training_home import TrainingHome
from pos_app.ui import theme
from pos_app.ui.keymap import SELL_KEYS, Act
from pos_app.ui.words import in_force
from retail_core.durable.engine import open_ro
from tests.devices.support import eventually
from tests.devices.test_sound import player
from tests.support.shop import ITEMS, MANAGER_PIN, Shop, at_till
from tests.ui.conftest import Cashier
from tests.ui.test_people_pages import to_page
from tools.demo.hands import Hands
from tools.demo.processes import DemoError

MILK = ITEMS[0]


@pytest.fixture
def manager(cashier: Cashier) -> Cashier:
    return to_page(cashier.sign_in(MANAGER_PIN), "settings")


def said(cashier: Cashier) -> set[str]:
    """What a screen reader would read of the page."""
    page = cashier.workplace.shell.findChild(QWidget, "settings_page")
    assert isinstance(page, QWidget)
    return {widget.accessibleName() for widget in page.findChildren(QWidget)}


def noted(shop: Shop) -> list[tuple[str, str, str]]:
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    rows = conn.execute("SELECT actor, body FROM event WHERE type = 'audit.till_setting_changed' ORDER BY n").fetchall()
    conn.close()
    bodies = [(actor, msgspec.json.decode(bytes(body))) for actor, body in rows]
    return [(str(actor), body["subject"], body["reason"]) for actor, body in bodies]


def test_colours_change_with_a_tap_and_are_there_after_a_restart_and_for_a_trainee(manager: Cashier) -> None:
    manager.press("setting_theme_dark")
    assert theme.tokens() is theme.DARK
    assert "Colours: Dark" in said(manager)
    manager.until(lambda: noted(manager.shop) == [("op-2", "theme", "dark")])
    trained = Shop(TrainingHome(manager.shop.home), manager.shop.hq_key, manager.shop.config)
    with at_till(trained) as trainee:
        assert trainee.till.choices.of(Choice.THEME) == "dark"


def test_a_restart_keeps_what_was_chosen_and_the_journal_names_who_chose_it(shop: Shop) -> None:
    with at_till(shop) as at:
        operator = at.sign_in(MANAGER_PIN).till.signing_in.operator
        at.till.choices.choose(Choice.LANGUAGE, "de", operator)
    with at_till(shop) as at:
        assert at.till.language_of(None) == "de"
        at.till.choices.choose(Choice.LANGUAGE, "en", at.sign_in(MANAGER_PIN).till.signing_in.operator)
    assert noted(shop) == [("op-2", "language", "de"), ("op-2", "language", "en")]


def test_by_keys_the_set_of_keys_changes_and_every_button_prints_the_new_ones(manager: Cashier) -> None:
    for _ in range(3):
        manager.key(Qt.Key.Key_Down)
    manager.key(Qt.Key.Key_F6)
    assert "Set of keys: Classic" in said(manager)
    assert manager.workplace.keys.of(Act.FIND, SELL_KEYS) == "F1"
    manager.until(lambda: noted(manager.shop) == [("op-2", "keys", "classic")])


def test_a_locked_till_speaks_its_new_language_and_its_people_their_own(manager: Cashier) -> None:
    manager.press("setting_language_de")
    assert in_force().code == "en", "this manager's own"
    manager.control(Qt.Key.Key_L)
    assert (manager.screen, in_force().code) == ("sign_in", "de")


def test_everything_is_larger_from_the_next_start_if_the_screen_is_large_enough(shop: Shop, manager: Cashier) -> None:
    larger = manager.workplace.shell.findChild(QPushButton, "setting_size_150")
    assert isinstance(larger, QPushButton)
    assert not larger.isEnabled(), "this one has 800 × 800"
    manager.till.choices.choose(Choice.SIZE, "150", manager.till.signing_in.operator)
    manager.until(lambda: prefs_of(shop.home).get("size") == "150")
    program = "from pos_app.ui.main import application, sized; sized('150'); print(application().devicePixelRatio())"
    command, quiet = [sys.executable, "-c", program], os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    said = subprocess.run(command, env=quiet, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "1.5"


def test_one_key_starts_the_till_in_its_new_size_and_back_with_the_basket(shop: Shop, tmp_path: Path) -> None:
    screens = tmp_path / "screens.json"
    screens.write_text('{"screens": [{"name": "large", "width": 1920, "height": 1080, "logicalDpi": 96, "dpr": 1}]}')
    with tempfile.TemporaryDirectory() as short:  # a socket's path must be short
        control = Path(short) / "control"
        shop.home.write_config(
            msgspec.structs.replace(shop.config, agent_wake_port=0, remote_control_socket=str(control))
        )
        with subprocess.Popen(
            [sys.executable, "-m", "pos_app.app", "--home", str(shop.home.folder)],
            env=os.environ | {"QT_QPA_PLATFORM": f"offscreen:configfile={screens}"},
            cwd=Path(__file__).parents[2],
        ) as till:
            try:
                widths = [
                    _asked_for(_at_window(till, control), size, tmp_path / f"{n}.png")
                    for n, size in enumerate(("150", "100", ""))
                ]
                assert widths == [widths[0], widths[0] * 3 // 2, widths[0]]
                till.terminate()
                assert till.wait(60) == 0
            finally:
                till.kill()


def _at_window(till: subprocess.Popen[bytes], control: Path) -> Hands:
    """Sit down at a till that has just started, the same program all the time."""
    end = time.monotonic() + 90
    while True:
        assert till.poll() is None, "the till ended"
        assert time.monotonic() < end, "the till does not come up"
        try:
            hands = Hands(control)
            if hands.look()["screen"] == "sign_in":
                return hands
        except (OSError, ValueError, DemoError):
            time.sleep(0.05)


def _asked_for(hands: Hands, size: str, picture: Path) -> int:
    """Find the basket as it was left, and ask for another size; how many dots wide the window was until then."""
    with closing(hands):
        hands.type(MANAGER_PIN)
        hands.key("Enter")
        hands.wait_until(lambda seen: seen["screen"] == "sell", "signed in")
        if not hands.look()["lines"]:
            hands.type(MILK.code)
            hands.key("Enter")
        hands.wait_until(lambda seen: len(seen["lines"]) == 1, "the basket")
        hands.grab(picture)
        if size:
            hands.key("Ctrl+M")
            hands.click("page_settings")
            hands.click(f"setting_size_{size}")
            with suppress(DemoError, OSError):  # the window goes before it has answered
                hands.click("action_start_again")
    return QImage(str(picture)).width()


def test_a_till_whose_file_cannot_be_read_starts_with_its_usual_looks(shop: Shop) -> None:
    assert prefs_of(shop.home) == {}
    shop.home.till_db.write_bytes(b"no database")
    assert prefs_of(shop.home) == {}


def test_the_customers_screen_comes_and_goes(manager: Cashier) -> None:
    manager.press("setting_customer_display_on")
    assert manager.workplace.customer.window is not None
    manager.press("setting_customer_display_off")
    assert manager.workplace.customer.window is None


def test_the_rules_of_the_store_are_read_and_follow_head_office(manager: Cashier) -> None:
    assert "A cashier takes off at most: 10 %" in said(manager)
    manager.shop.set_rules(discounts={"cashier_ppm": 50_000}, returns={"days": 14}, people={"idle_lock_s": 0})
    manager.workplace.refresh()
    assert {
        "A cashier takes off at most: 5 %",
        "Goods come back within: 14 days",
        "A till nobody touches locks itself after: never",
        "Without a receipt: at most € 20.00",
    } <= said(manager)
    assert "Set by head office" in manager.shown("rules_source")


def test_a_list_that_was_pushed_stays_where_it_is_until_a_key_chooses(manager: Cashier) -> None:
    manager.workplace.shell.resize(1024, 600)
    area = manager.workplace.shell.findChild(QScrollArea, "own_settings_area")
    assert isinstance(area, QScrollArea)
    manager.until(lambda: area.verticalScrollBar().maximum() > 0)
    bar = area.verticalScrollBar()
    bar.setValue(bar.maximum())
    manager.workplace.refresh()
    assert bar.value() == bar.maximum()
    manager.key(Qt.Key.Key_Down)
    assert bar.value() < bar.maximum()


def test_a_cashier_neither_sees_the_page_nor_changes_anything(at_work: Cashier) -> None:
    at_work.control(Qt.Key.Key_M)
    assert at_work.workplace.shell.findChild(QWidget, "page_settings") is None
    at_work.workplace.manager.turn_to("settings")
    assert at_work.workplace.manager.front != "settings"


def test_tones_are_as_loud_as_was_chosen(shop: Shop, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    command = player(tmp_path, f"open({str(heard)!r}, 'wb').write(open(sys.argv[1], 'rb').read())")
    with at_till(shop) as at:
        counter = Counter.open((SoundTable(name="tones", volume=60, command=command),), at.till, lambda _: None)
        for tones, percent in (("normal", 60), ("quiet", 20), ("loud", 100)):
            counter.loudness(tones)
            counter.sound("ok")
            assert eventually(lambda loud=percent: heard.exists() and heard.read_bytes() == wav(Tone.OK, loud))
        heard.unlink()
        counter.loudness("off")
        counter.sound("ok")
        counter.close()
    assert not heard.exists()
