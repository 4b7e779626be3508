"""The doctor names the exact missing permission, cable, program or setting, and the command that helps."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from pos_app.devices.config import device_tables
from pos_app.devices.doctor import Finding, examine
from pos_app.devices.found import Found, plugged_in
from pos_app.devices.sim.printer import PrinterSim
from pos_app.devices.sim.scanner import ScannerSim
from tests.support.shop import make_shop

ROOT = Path(__file__).parents[2]


def found(**fields: str | int | bool) -> list[Finding]:
    (table,) = device_tables([{"name": "It", **fields}])
    return list(examine(table))


def codes(**fields: str | int | bool) -> list[str]:
    return [finding.code for finding in found(**fields)]


def test_a_port_that_is_not_there_is_a_cable(tmp_path: Path) -> None:
    (finding,) = found(driver="scanner.serial", port=str(tmp_path / "ttyACM7"))
    assert (finding.code, finding.facts["where"]) == ("doctor.not_plugged_in", str(tmp_path / "ttyACM7"))
    assert codes(driver="scanner.serial", usb_vid=0x0C2E, usb_pid=0x0B61) == ["doctor.not_plugged_in"]


def test_a_port_that_works_has_nothing_in_its_way(tmp_path: Path) -> None:
    with ScannerSim(tmp_path / "scanner") as scanner:
        assert codes(driver="scanner.serial", port=scanner.where) == []
        assert codes(driver="printer.escpos_serial", serial_port=scanner.where, baud=9600) == ["doctor.slow_line"]


def test_a_port_somebody_else_has_open_names_the_program(tmp_path: Path) -> None:
    with ScannerSim(tmp_path / "scanner") as scanner:
        holding = (
            f"import os, sys; os.open({scanner.where!r}, os.O_RDWR | os.O_NOCTTY); print(flush=True); sys.stdin.read()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as holder:
            assert holder.stdout is not None
            holder.stdout.readline()
            (finding,) = found(driver="scanner.serial", port=scanner.where)
            holder.communicate()
    assert finding.code == "doctor.in_use"
    assert finding.facts["pid"] == holder.pid
    assert "python" in str(finding.facts["program"])


AS_NOBODY = """
import os, sys
from pos_app.devices.config import device_tables
from pos_app.devices.doctor import examine
tables = device_tables([{"driver": "scanner.serial", "name": "It", "port": sys.argv[1]}])
os.setgroups([]); os.setgid(65534); os.setuid(65534)
os.environ["LOGNAME"] = "till"
for finding in examine(tables[0]):
    print(finding.code, finding.facts.get("group"), finding.facts["user"])
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can try it as somebody else (2026-11-27)")
@pytest.mark.parametrize(
    ("mode", "said"), [(0o660, "doctor.not_in_group dialout till"), (0o600, "doctor.no_access None till")]
)
def test_a_closed_port_names_the_group_to_join(tmp_path: Path, mode: int, said: str) -> None:
    port = Path(f"/tmp/omnitill-port-{os.getpid()}-{mode:o}")
    port.touch()
    try:
        os.chown(port, 0, 20)  # Debian's dialout
        port.chmod(mode)
        answer = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, str(port)], cwd=ROOT, capture_output=True, text=True, check=False
        )
    finally:
        port.unlink()
    assert answer.stdout.strip() == said, answer.stderr


def test_the_network_says_which_part_of_it_is_wrong() -> None:
    with PrinterSim() as printer:
        assert codes(driver="printer.escpos_tcp", host="127.0.0.1", port=printer.port) == []
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        assert codes(driver="printer.escpos_tcp", host="127.0.0.1", port=port) == ["doctor.refused"]
    assert codes(driver="terminal.zvt", host="no-such-machine.invalid") == ["doctor.no_such_host"]


def test_extras_queues_and_players_are_asked_for_by_name() -> None:
    assert codes(driver="sound.player", command="no-such-player") == ["doctor.no_player"]
    assert codes(driver="printer.cups_raw", queue="nowhere") in (["doctor.no_queue"], ["doctor.no_cups"])
    assert codes(driver="scanner.hidpos", usb_vid=1, usb_pid=2) == ["doctor.not_plugged_in"]
    assert codes(driver="printer.escpos_usb", usb_vid=1, usb_pid=2) == ["doctor.not_plugged_in"]
    assert "doctor.not_plugged_in" in codes(driver="scanner.camera", path="/dev/video-none")


def test_the_command_prints_what_to_do_and_its_exit_code_says_whether_all_is_well(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    gone = {"driver": "scanner.serial", "name": "Hand scanner", "port": str(tmp_path / "gone")}
    for tables, code in (((gone,), 1), ((), 0)):
        shop.home.write_config(msgspec.structs.replace(shop.home.config(), device=tables))
        answer = subprocess.run(
            [sys.executable, "-m", "pos_app.app", "doctor", "--home", str(shop.home.folder)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert answer.returncode == code, answer.stderr
        if code:
            assert "✗ Hand scanner" in answer.stdout
            assert "Plug the device in" in answer.stdout
            assert "[doctor.not_plugged_in]" in answer.stdout


def test_what_is_plugged_in_becomes_a_table_the_till_understands() -> None:
    port = Found("Datalogic", "/dev/ttyACM0", ("scanner.serial", "printer.escpos_serial"), (("port", "/dev/ttyACM0"),))
    tables = [port.table(driver, driver) for driver in port.drivers]
    assert len(device_tables(tables)) == 2
    assert all(isinstance(one, Found) for one in plugged_in())


def test_the_udev_rules_are_of_a_shape_udev_reads() -> None:
    rules = (ROOT / "packaging" / "udev" / "70-omnitill.rules").read_text().splitlines()
    pair = r'[A-Z]+(?:\{[\w/.]+\})?(?:==|!=|\+=|=|:=)"[^"]*"'
    for rule in rules:
        if rule and not rule.startswith("#"):
            assert re.fullmatch(rf"{pair}(?:, {pair})*", rule), rule
            assert "uaccess" in rule
    assert not [rule for rule in rules if 'KERNEL=="hidraw*"' in rule and "idVendor" not in rule]
