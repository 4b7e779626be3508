"""Joining a store: one code, once, told to nobody but the HQ whose fingerprint was typed; and what may go wrong."""

import json
from pathlib import Path

import pytest

from retail_core.durable.home import Home
from tests.agent.support import LOOPBACK, Lan, agent, free_port
from tests.agent.town import Hq, enrolled, run_program


def enrol(folder: Path, url: str, fingerprint: str, code: str) -> str:
    """What a person reads when it fails."""
    done = run_program(
        "sync_agent.app", "enrol", "--home", str(folder), "--hq", url, "--ca", fingerprint, "--code", code
    )
    assert done.returncode == 1
    assert not (folder / "till.toml").exists()
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_code_works_once(hq: Hq, store: str, folder: Path) -> None:
    first = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    config = first.home.config()
    assert (config.store, config.register, config.store_role) == (store, "T1", True)
    assert (folder / "T1").stat().st_mode & 0o777 == 0o700
    secret = first.home.keys.device_secret()
    assert all(secret not in file.read_bytes() for file in (folder / "T1" / "keys").iterdir())
    code = hq.code(store, "T2")
    enrol_again = ["enrol", "--home", str(folder / "T2"), "--hq", hq.url, "--ca", hq.fingerprint, "--code", code]
    assert run_program("sync_agent.app", *enrol_again).returncode == 0
    assert "[enrol.already_enrolled" in run_program("sync_agent.app", *enrol_again).stderr
    assert "[enrol.code_refused" in enrol(folder / "T3", hq.url, hq.fingerprint, code)


def test_the_link_head_office_draws_as_a_qr_code_is_all_a_machine_needs(hq: Hq, store: str, folder: Path) -> None:
    asked = ["--home", str(hq.home.folder), "--url", hq.url, "enrol", "--store", store, "--register", "T5", "--qr"]
    made = run_program("hq_server.app", "admin", *asked)
    assert made.returncode == 0, made.stderr
    assert "█" in made.stderr or "▄" in made.stderr or "▀" in made.stderr
    link = json.loads(made.stdout)["link"]
    done = run_program("sync_agent.app", "enrol", "--home", str(folder / "T5"), "--link", link)
    assert done.returncode == 0, done.stderr
    assert Home(folder / "T5").config().register == "T5"
    wrong = run_program("sync_agent.app", "enrol", "--home", str(folder / "T6"), "--link", "https://hq.example")
    assert (wrong.returncode, "[enrol.bad_link" in wrong.stderr) == (1, True)


def test_wrong_codes_fingerprints_and_addresses_are_said_plainly(hq: Hq, store: str, folder: Path) -> None:
    code = hq.code(store, "T1")
    assert "[enrol.code_refused" in enrol(folder / "a", hq.url, hq.fingerprint, "AAAA-00000000")
    assert "[enrol.wrong_fingerprint" in enrol(folder / "b", hq.url, "ab" * 32, code)
    assert "[enrol.bad_fingerprint" in enrol(folder / "c", hq.url, "not a fingerprint", code)
    assert "[hq.unreachable" in enrol(folder / "d", f"https://{LOOPBACK}:{free_port()}", hq.fingerprint, code)
    assert "[address.malformed" in enrol(folder / "e", "http://hq.example", hq.fingerprint, code)
    done = run_program(  # none of it has used the code up
        "sync_agent.app", "enrol", "--home", str(folder / "f"), "--hq", hq.url, "--ca", hq.fingerprint, "--code", code,
        "--no-till",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert Home(folder / "f").config().till_node == ""


def refused(folder: Path) -> str:
    done = run_program("sync_agent.app", "run", "--home", str(folder))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_what_keeps_an_agent_from_starting_is_said_plainly(folder: Path) -> None:
    lan = Lan(folder)
    one, two = lan.machine("T1"), lan.machine("T2")
    assert "[config.missing" in refused(folder / "nothing here")
    with agent(one.home):
        assert "[program.already_running" in refused(one.home.folder)
        settings = two.home.config_file.read_text().replace(str(two.config.lan_port), str(one.config.lan_port))
        two.home.config_file.write_text(settings)
        assert "[port.in_use" in refused(two.home.folder)
    two.home.config_file.write_text("store = 5\n")
    assert "[config.invalid" in refused(two.home.folder)


@pytest.mark.parametrize("name", ["link.db", "store.db"])
def test_a_damaged_file_is_taken_aside_as_it_is_and_the_agent_goes_on(folder: Path, name: str) -> None:
    shop = Lan(folder).machine("T1")
    with agent(shop.home):
        pass
    path = shop.home.folder / name
    damaged = bytearray(path.read_bytes())
    damaged[100:140] = bytes(40)
    path.write_bytes(damaged)
    with agent(shop.home) as running:
        assert running.health()["node"] == shop.config.agent_node
    (aside,) = shop.home.folder.glob("damaged-*")
    assert (aside / name).read_bytes() == bytes(damaged)
    assert '"code": "db.damaged"' in (shop.home.logs / "agent.log").read_text()


def test_the_log_holds_no_secret(folder: Path) -> None:
    shop = Lan(folder).machine("T1", store_role=True)
    with agent(shop.home):
        pass
    said = (shop.home.logs / "agent.log").read_text()
    assert "agent.started" in said
    secrets = [shop.home.keys.device_secret().hex(), shop.home.keys.file_key("link.db").hex()]
    assert not any(secret in said for secret in secrets)
    assert "PRIVATE KEY" not in said
