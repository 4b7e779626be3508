"""One machine's folder: its configuration, keys, locks, logs, clock, and small files that are whole or not there."""

import json
import logging
import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault
from retail_core.domain.ids import IdSource
from retail_core.durable import logs
from retail_core.durable.files import write_atomic
from retail_core.durable.home import Home, MachineConfig
from retail_core.durable.keyring import CREDENTIAL, Keyring
from retail_core.durable.lock import InstanceLock
from retail_core.durable.system import SystemClock, SystemIds

ROOT = Path(__file__).parents[2]


def fault(move) -> str:
    with pytest.raises(EnvironmentFault) as found:
        move()
    return found.value.code


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# ── configuration ────────────────────────────────────────────────────────────────────────────────


def test_the_configuration_is_what_was_written(tmp_path: Path, config: MachineConfig) -> None:
    home = Home(tmp_path)
    full = msgspec.structs.replace(
        config, store_name='Café "Süd" \\ 3', peers=("https://10.0.0.2:8787",), store_role=True, discovery=False,
        device=({"kind": "scanner", "port": "/dev/ttyACM0", "baud": 9600, "wedge": False}, {"kind": "printer"}),
    )  # fmt: skip
    for wanted in (config, full):
        home.write_config(wanted)
        assert home.config() == wanted
    assert mode_of(home.config_file) == 0o640


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.booleans(), st.integers(0, 2**31))
def test_any_name_survives_the_file(tmp_path: Path, config: MachineConfig, name: str, yes: bool, number: int) -> None:
    home = Home(tmp_path)
    wanted = msgspec.structs.replace(
        config, store_name=name, series=(name, "A"), device=({"kind": name, "on": yes, "n": number},)
    )
    home.write_config(wanted)
    assert home.config() == wanted


@pytest.mark.parametrize(
    "content",
    [b"", b"store = ", b"\xff\xfe", b"store = 7", b'unheard_of = "x"', b"[[[", b"\x00"],
)
def test_a_bad_configuration_is_named_with_its_place(tmp_path: Path, content: bytes) -> None:
    home = Home(tmp_path)
    home.config_file.write_bytes(content)
    with pytest.raises(EnvironmentFault) as found:
        home.config()
    assert found.value.code == "config.invalid"
    assert found.value.facts["file"] == str(home.config_file)
    assert found.value.facts["why"]


def test_a_misspelt_setting_is_not_ignored(tmp_path: Path, config: MachineConfig) -> None:
    home = Home(tmp_path)
    home.write_config(config)
    home.config_file.write_text(home.config_file.read_text() + "lan_prot = 99\n")
    with pytest.raises(EnvironmentFault, match="lan_prot"):
        home.config()


def test_a_machine_without_configuration_says_so(tmp_path: Path) -> None:
    assert fault(Home(tmp_path).config) == "config.missing"


def test_every_file_of_a_machine_lies_in_its_folder(tmp_path: Path) -> None:
    home = Home(tmp_path)
    files = [
        home.till_db, home.link_db, home.store_db, home.till_guard, home.agent_guard, home.logs, home.config_file,
        home.reference("ref-1.db"),
    ]  # fmt: skip
    assert len(set(files)) == len(files)
    assert {file.parent for file in files} == {tmp_path}


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def keys(tmp_path: Path) -> Keyring:
    keyring = Keyring(tmp_path)
    keyring.device_secret(create=True)
    return keyring


def test_keys_are_made_once_and_kept_to_their_owner(tmp_path: Path, keys: Keyring) -> None:
    secret, key, signing = (
        keys.device_secret(),
        keys.file_key("till.db", create=True),
        keys.signing_key("till", create=True),
    )
    again = Keyring(tmp_path)
    assert again.device_secret(create=True) == secret
    assert again.file_key("till.db", create=True) == again.file_key("till.db") == key
    assert (
        again.signing_key("till", create=True).public_text
        == again.signing_key("till").public_text
        == signing.public_text
    )
    assert len(key) == 32
    assert mode_of(tmp_path / "keys") == 0o700
    assert {mode_of(file) for file in [tmp_path / "device.secret", *(tmp_path / "keys").iterdir()]} == {0o600}


def test_no_key_lies_open_on_the_disk(tmp_path: Path, keys: Keyring) -> None:
    key, pem = keys.file_key("till.db", create=True), keys.signing_key("till", create=True).pem
    raw = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert key not in raw
    assert pem.encode() not in raw
    assert b"PRIVATE KEY" not in raw


def test_a_key_from_elsewhere_is_kept_and_dropped(keys: Keyring) -> None:
    keys.put_file_key("ref-2.db", bytes(32))
    assert keys.file_key("ref-2.db") == bytes(32)
    keys.drop_file_key("ref-2.db")
    keys.drop_file_key("ref-2.db")
    assert fault(lambda: keys.file_key("ref-2.db")) == "key.missing"


def test_each_trouble_with_a_key_has_its_name(tmp_path: Path, keys: Keyring) -> None:
    keys.file_key("till.db", create=True)
    keys.signing_key("till", create=True)
    assert fault(lambda: keys.file_key("no.db")) == "key.missing"
    assert fault(lambda: keys.signing_key("agent")) == "key.missing"
    (tmp_path / "device.secret").write_bytes(bytes(32))
    assert fault(lambda: keys.file_key("till.db")) == "key.wrong_device"
    assert fault(lambda: keys.signing_key("till")) == "key.wrong_device"
    (tmp_path / "device.secret").write_bytes(b"short")
    assert fault(keys.device_secret) == "key.wrong_length"
    (tmp_path / "device.secret").unlink()
    assert fault(keys.device_secret) == "key.no_device_secret"


def test_the_service_manager_may_hold_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    home = Home(tmp_path)
    own = home.keys.device_secret(create=True)  # the manager has none for us: the folder's own it is
    (credentials / CREDENTIAL).write_bytes(bytes(range(32)))
    assert Home(tmp_path).keys.device_secret() == bytes(range(32)) != own


# ── small files ──────────────────────────────────────────────────────────────────────────────────

FULL_DISK = """
import resource, sys
from pathlib import Path
from retail_core.durable.files import write_atomic
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
try:
    write_atomic(Path(sys.argv[1]), b"new content that is longer than the room left")
except OSError as fault:
    print(fault.errno)
"""


def test_a_small_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "till.guard"
    write_atomic(path, b"old")
    write_atomic(path, b"newer", 0o600)
    assert (path.read_bytes(), mode_of(path)) == (b"newer", 0o600)
    assert [file.name for file in tmp_path.iterdir()] == ["till.guard"]
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )
    assert done.stdout  # it was said …
    assert path.read_bytes() == b"newer"  # … and nothing was lost


# ── one program per folder ───────────────────────────────────────────────────────────────────────

SECOND = """
import sys
from pathlib import Path
from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.lock import InstanceLock
try:
    InstanceLock(Path(sys.argv[1]))
    print("mine")
except EnvironmentFault as fault:
    print(fault)
"""


def test_a_second_till_on_the_same_files_is_refused(tmp_path: Path) -> None:
    def second() -> str:
        done = subprocess.run(
            [sys.executable, "-c", SECOND, str(tmp_path / "till.lock")], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
        )  # fmt: skip
        return done.stdout.strip()

    lock = InstanceLock(tmp_path / "till.lock")
    assert second() == "program.already_running (lock=till.lock)"
    assert fault(lambda: InstanceLock(tmp_path / "till.lock")) == "program.already_running"
    lock.release()
    assert second() == "mine"  # and given back when that process ended
    InstanceLock(tmp_path / "till.lock").release()


# ── clock and ids ────────────────────────────────────────────────────────────────────────────────


def test_the_real_clock_and_ids_fill_their_ports() -> None:
    clock: Clock = SystemClock()
    ids: IdSource = SystemIds()
    assert abs(clock.now_ms() - time.time() * 1000) < 5000
    before = clock.monotonic_ms()
    assert clock.monotonic_ms() >= before
    made = [ids.next() for _ in range(200)]
    assert len(set(made)) == 200
    assert {uuid.UUID(text).version for text in made} == {7}
    assert abs((uuid.UUID(made[0]).int >> 80) - clock.now_ms()) < 5000


# ── logs ─────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def quiet_root() -> Iterator[None]:
    """As in a fresh program: nobody listens yet."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    try:
        yield
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers[:] = handlers
        root.setLevel(level)


def test_a_log_is_lines_with_the_stable_code(tmp_path: Path) -> None:
    logger = logging.getLogger("retail_core.test")
    with quiet_root():
        logs.log_to(tmp_path / "logs", "till")
        logger.info("café %d", 7, extra={"code": "db.in_use"})
        try:
            _ = 1 / 0
        except ZeroDivisionError:
            logger.warning("trouble", exc_info=True)
    first, second = map(json.loads, (tmp_path / "logs" / "till.log").read_text().splitlines())
    assert (first["message"], first["code"], first["level"], "trace" in first) == ("café 7", "db.in_use", "INFO", False)
    assert (second["code"], "ZeroDivisionError" in second["trace"]) == ("", True)
    assert mode_of(tmp_path / "logs") == 0o700
