"""`omnitill-hq` as a person meets it: init, serve, admin, and one plain line for everything that is wrong."""

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.xdist_group("hq-program")  # one server for all of them

START_WITHIN_S = 60


def hq(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hq_server.app", *arguments],
        capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def serving(home: Path, *more: str) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "hq_server.app", "serve", "--home", str(home), "--port", str(port), *more],
        stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + START_WITHIN_S
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), 1):
                    break
            except OSError:
                assert process.poll() is None, process.stderr.read() if process.stderr else ""
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        _, log = process.communicate(timeout=20)
        assert process.returncode == 0, log
        assert "hq.stopped" in log
        assert all(json.loads(line)["level"] in {"INFO", "WARNING"} for line in log.splitlines())


def test_from_nothing_to_an_order_on_the_command_line(tmp_path: Path) -> None:
    home = tmp_path / "hq"
    made = hq("init", "--home", str(home))
    assert made.returncode == 0, made.stderr
    assert "CA fingerprint" in made.stdout
    assert "password" in made.stdout
    assert home.stat().st_mode & 0o777 == 0o700
    for secret in ("admin.token", "device.secret", "server.key"):
        assert (home / secret).stat().st_mode & 0o777 == 0o600
    again = hq("init", "--home", str(home))
    assert again.returncode == 0
    assert "password" not in again.stdout
    assert again.stdout.splitlines()[1] == made.stdout.splitlines()[1]

    files = {
        "stores": '{"store":"S1","name":"One","zone":"z","timezone":"UTC","currency":"EUR"}\n',
        "tax": '[{"tax_class":"std","name":"Standard","rate_ppm":210000}]',
        "products": "".join(f'{{"sku":"K{n}","name":"Item {n}","tax_class":"std"}}\n' for n in range(1200)),
        "prices": "".join(f'{{"zone":"z","sku":"K{n}","price_minor":{n},"currency":"EUR"}}\n' for n in range(1200)),
        "stock": "".join(f'{{"store":"S1","sku":"K{n}","qty_milli":5000}}\n' for n in range(900)),
        "broken": '{"sku":"A"\n',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with serving(home) as port:
        said = [
            hq("admin", "--home", str(home), "--url", f"https://127.0.0.1:{port}", *command)
            for command in (
                ("put-stores", str(tmp_path / "stores")),
                ("set-tax", str(tmp_path / "tax")),
                ("import-products", str(tmp_path / "products")),
                ("import-prices", str(tmp_path / "prices")),
                ("import-stock", str(tmp_path / "stock")),
                ("verify-stock",),
                ("enrol", "--store", "S1", "--register", "T1", "--store-role"),
                ("token", "--name", "shop"),
            )
        ]
        assert [one.returncode for one in said] == [0] * 8, [one.stderr for one in said]
        assert [json.loads(one.stdout).get("rows") for one in said[:4]] == [1, 1, 1200, 1200]
        assert json.loads(said[4].stdout) == {"lines": 900}
        assert json.loads(said[5].stdout)["different"] == 0
        broken = hq(
            "admin",
            "--home",
            str(home),
            "--url",
            f"https://127.0.0.1:{port}",
            "import-products",
            str(tmp_path / "broken"),
        )
        assert (broken.returncode, "[admin.not_json]" in broken.stderr) == (1, True)
        token = json.loads(said[7].stdout)["token"]
        second = hq("serve", "--home", str(home), "--port", str(free_port()))
        assert (second.returncode, "[program.already_running]" in second.stderr) == (2, True)
        with httpx.Client(
            base_url=f"https://127.0.0.1:{port}", verify=_trusting(home), headers={"Authorization": f"Bearer {token}"}, trust_env=False
        ) as shop:  # fmt: skip
            wish = {"store": "S1", "customer_name": "Ada", "lines": [{"sku": "K7", "qty_milli": 1000}]}
            assert shop.post("/api/orders", json=wish, headers={"Idempotency-Key": "1"}).status_code == 201
    gone = hq("admin", "--home", str(home), "--url", f"https://127.0.0.1:{port}", "today")
    assert (gone.returncode, "[hq.unreachable]" in gone.stderr) == (2, True)
    with serving(home) as port:  # everything is still there after a stop
        kept = hq("admin", "--home", str(home), "--url", f"https://127.0.0.1:{port}", "orders")
        assert len(json.loads(kept.stdout)["orders"]) == 1


def _trusting(home: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=(home / "ca.pem").read_text())


@pytest.fixture(scope="module")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("made") / "hq"
    assert hq("init", "--home", str(home)).returncode == 0
    return home


def test_a_port_in_use_is_said_plainly(initialised: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = hq("serve", "--home", str(initialised), "--port", str(port))
    assert refused.returncode == 2
    assert (
        refused.stderr
        == f"Port {port} is in use by another program. Stop it or choose another port with --port. [port.in_use]\n"
    )


@pytest.mark.pg
def test_postgres_from_the_command_line(tmp_path: Path, postgres_url: str) -> None:
    home = tmp_path / "hq"
    assert hq("init", "--home", str(home), "--database", postgres_url).returncode == 0
    with serving(home, "--database", postgres_url) as port:
        today = hq("admin", "--home", str(home), "--url", f"https://127.0.0.1:{port}", "today")
        assert json.loads(today.stdout)["baskets"] == 0
    assert not (home / "hq.db").exists()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda home: None, "hq.not_initialised"),
        (lambda home: (home / "device.secret").write_bytes(b"short"), "key.wrong_length"),
        (lambda home: (home / "device.secret").write_bytes(os.urandom(32)), "key.wrong_device"),
        (lambda home: (home / "hq.db").write_bytes(os.urandom(8192)), "db.damaged"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said_in_one_line(
    tmp_path: Path, initialised: Path, spoil: object, code: str
) -> None:
    home = tmp_path / "hq"
    if code != "hq.not_initialised":
        shutil.copytree(initialised, home)
    spoil(home)  # type: ignore[operator]
    refused = hq("serve", "--home", str(home), "--port", str(free_port()))
    assert refused.returncode == 2
    lines = refused.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].endswith(f"[{code}]")


def test_an_unreachable_database_is_said_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://till:geheim@127.0.0.1:{free_port()}/none"
    refused = hq("init", "--home", str(tmp_path / "hq"), "--database", url)
    assert refused.returncode == 2
    assert "[db.unreachable]" in refused.stderr
    assert "geheim" not in refused.stderr
