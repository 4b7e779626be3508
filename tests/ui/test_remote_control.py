"""The drill socket: keys, taps, pictures and facts of the real window. Off by default."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtNetwork import QLocalSocket
from PySide6.QtWidgets import QApplication

from pos_app.ui.remote import RemoteControl
from retail_core.durable.home import MachineConfig
from tests.support.shop import ITEMS, PIN
from tests.ui.conftest import Cashier

CHICKEN = ITEMS[1]


class Drill:
    """The other end of the socket."""

    def __init__(self, cashier: Cashier, path: Path) -> None:
        self._cashier = cashier
        self.socket = QLocalSocket()
        self.socket.connectToServer(str(path))
        assert self.socket.waitForConnected(2000)

    def ask(self, **command: object) -> dict[str, object]:
        return self.raw(json.dumps(command))

    def raw(self, line: str) -> dict[str, object]:
        self.socket.write(line.encode() + b"\n")
        self.socket.flush()
        self._cashier.until(self.socket.canReadLine)
        return json.loads(bytes(self.socket.readLine().data()))

    def state(self) -> dict[str, object]:
        answer = self.ask(do="state")["state"]
        assert isinstance(answer, dict)
        return answer


@pytest.fixture
def drill(cashier: Cashier, tmp_path: Path, qapp: QApplication) -> Iterator[Drill]:
    path = tmp_path / "drill.sock"
    remote = RemoteControl(cashier.workplace, str(path))
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    made = Drill(cashier, path)
    yield made
    made.socket.close()
    made.socket.deleteLater()
    remote.close()
    remote.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_it_is_off_unless_the_configuration_names_a_socket(cashier: Cashier) -> None:
    assert MachineConfig.__struct_fields__
    assert cashier.till.config.remote_control_socket == ""


def test_a_whole_sale_by_remote_control(drill: Drill, cashier: Cashier, tmp_path: Path) -> None:
    assert drill.state()["screen"] == "sign_in"
    assert drill.ask(do="type", text=PIN) == {"ok": True}
    drill.ask(do="key", key="Enter")
    cashier.until(lambda: cashier.screen == "sell")
    drill.ask(do="type", text=CHICKEN.sku)
    drill.ask(do="key", key="Enter")
    state = drill.state()
    assert (state["due_minor"], state["operator"]) == (649, "Ana M.")
    drill.ask(do="key", key="F9")
    assert drill.state()["screen"] == "pay"
    picture = tmp_path / "pay.png"
    assert drill.ask(do="grab", path=str(picture)) == {"ok": True}
    assert picture.read_bytes().startswith(b"\x89PNG")
    drill.ask(do="type", text="20")
    drill.ask(do="click", name="finish_sale")
    cashier.until(lambda: drill.state()["change_minor"] == 1351)
    assert drill.state()["receipt"] == "S0319-T1-A-000001"


def test_what_cannot_be_done_is_said(drill: Drill) -> None:
    for wrong in ("no json", '{"do":"sell"}', '{"do":"click","name":"nothing"}', '{"do":"key","key":"F99"}'):
        answer = drill.raw(wrong)
        assert answer["ok"] is False
        assert answer["error"]
    assert drill.state()["screen"] == "sign_in"
