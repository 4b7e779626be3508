"""The API does what its description says, for requests nobody thought of."""

import subprocess
import sys
from pathlib import Path

import pytest

from retail_core.domain.roles import Role
from tests.hq.running import RunningHq
from tests.hq.support import STORE, Machine, enrolled, put_stock

EXAMPLES = 5
SEED = 20261128
"""The same requests at every run, so that a run says something about the change it was made for."""
ENDS_WITHIN_S = 240
RULES_OF_THE_SHOP = "positive_data_acceptance"  # a well-formed order for goods nobody has is still refused
REFUSALS = """
[checks]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "406", "413", "422", "428"]
"""
"""A body that is too large is refused before anybody looks whether it is right (413)."""
SYNC = "^/v1/(push|pull|snapshot|witness|telemetry|seen|lacking|sealed-keys|released-keys)"


def test_a_list_in_the_description_has_things_of_one_kind(running: RunningHq) -> None:
    with running.as_role(Role.HQ_ADMIN) as admin:
        said = admin.get("/openapi.json").json()["components"]["schemas"]["DevicesSaid"]
    assert said["properties"]["devices"]["items"] == {"$ref": "#/components/schemas/DeviceStanding"}


@pytest.mark.slow
@pytest.mark.timeout(ENDS_WITHIN_S + 60)
@pytest.mark.parametrize("running", [pytest.param("postgres", marks=pytest.mark.pg)], indirect=True)
@pytest.mark.parametrize("who", ["administrator", "machine"])
def test_no_request_breaks_the_server_or_its_promises(running: RunningHq, tmp_path: Path, who: str) -> None:
    put_stock(running.hq, STORE, THROW=500)
    description = tmp_path / "openapi.json"
    with running.as_role(Role.HQ_ADMIN) as admin:
        description.write_bytes(admin.get("/openapi.json").content)
    (tmp_path / "schemathesis.toml").write_text(REFUSALS)
    found = subprocess.run(
        [
            str(Path(sys.executable).with_name("st")), "run", str(description), "--url", running.url,
            "-H", f"Authorization: Bearer {_token(running, who)}", "--tls-verify", "false", "--checks", "all",
            "--exclude-checks", RULES_OF_THE_SHOP, "--suppress-health-check", "all", "--phases", "fuzzing",
            "--max-examples", str(EXAMPLES), "--seed", str(SEED), "--generation-database", "none", "--no-color",
            "--include-path-regex" if who == "machine" else "--exclude-path-regex", SYNC,
        ],
        capture_output=True, text=True, timeout=ENDS_WITHIN_S, check=False, stdin=subprocess.DEVNULL, cwd=tmp_path,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout[-4000:]


def _token(running: RunningHq, who: str) -> str:
    if who == "administrator":
        return running.token(Role.HQ_ADMIN)
    machine: Machine = enrolled(running.hq, f"till-{running.hq.ids.next()}")  # a second run has one of its own
    with running.as_node(machine) as node:
        return node.headers["Authorization"].removeprefix("Bearer ")
