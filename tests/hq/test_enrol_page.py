"""Adding a machine from the page: a code that is shown once, read by a scanner, compared by a person, and runs out in sight."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page
from zxingcpp import read_barcodes

from hq_server.service import authority
from hq_server.service.masterdata import PlaceRow, put_places
from hq_server.storage.access import nodes
from retail_core.domain.roles import Role
from retail_core.wire.enrolment import read_link
from sync_agent.config import AgentHome
from sync_agent.enrol import enrol
from tests.hq.chromium import in_focus, signed_in
from tests.hq.running import RunningHq, running_hq

pytestmark = pytest.mark.xdist_group("hq-pages")

STORE = "S0700"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHq]:
    with running_hq(tmp_path_factory.mktemp("hq"), None) as found:
        put_places(found.hq, [PlaceRow(STORE, "store", "700 <Harbour>", "north", "UTC", "EUR")])
        put_places(found.hq, [PlaceRow("W1", "warehouse", "Warehouse", "north", "UTC", "EUR")])
        yield found


@pytest.fixture
def page(running: RunningHq) -> Iterator[Page]:
    with signed_in(running) as found:
        yield found


def csrf_of(text: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', text)
    assert found
    return found[1]


@pytest.mark.browser
def test_a_machine_joins_by_what_the_page_shows(running: RunningHq, page: Page, tmp_path: Path) -> None:
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{running.url}/machines")
    page.get_by_role("link", name="Add a machine").click()
    keys = page.keyboard  # all of it by keys: the store is chosen and in focus
    in_focus(page, "store")
    assert page.locator("#store option").all_inner_texts() == [f"{STORE} · 700 <Harbour>"]
    keys.press("Tab")
    keys.type("t7")
    for _ in range(3):
        keys.press("Tab")
    assert page.input_value("#address") == running.url
    keys.press("Enter")
    page.wait_for_selector("#made")
    (seen,) = read_barcodes(Image.open(io.BytesIO(page.locator(".qr").screenshot())))
    link = read_link(seen.text)
    assert seen.text == page.input_value("#link")
    assert link.code.replace("-", "") == page.inner_text("#code").replace(" ", "")
    assert link.hq_url == page.inner_text("#address") == running.url
    shown = page.inner_text("#fingerprint")
    assert re.fullmatch(r"[0-9A-F]{4}( [0-9A-F]{4}){15}", shown), "as people compare it"
    assert shown.replace(" ", "").lower() == authority.fingerprint(running.hq.ca_pem)
    page.wait_for_function("/^(9|10):[0-9]{2}$/.test(document.getElementById('left').innerText)")
    in_focus(page, "h-made")  # a screen reader begins with what was made
    config = enrol(AgentHome(tmp_path / "T7"), link.hq_url, link.ca_sha256, link.code, with_till=True, settings={})
    assert (config.store, config.register, config.role) == (STORE, "T7", "till")
    for width, height in ((1024, 768), (600, 960), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (width, height)
    assert not said


@pytest.mark.browser
def test_a_code_that_has_run_out_is_taken_from_the_screen(running: RunningHq, page: Page) -> None:
    page.clock.install()
    page.goto(f"{running.url}/machines/add")
    page.fill("#register", "T8")
    page.get_by_role("button", name="Make the code").click()
    page.wait_for_function("document.getElementById('left')?.innerText")
    page.clock.fast_forward("09:30")
    page.wait_for_function("/^0:[0-3][0-9]$/.test(document.getElementById('left').innerText)")
    page.clock.fast_forward("00:40")
    page.wait_for_selector("#over:visible")
    assert page.locator("#code, .qr, #link").count() == 0


def test_what_cannot_be_is_said_and_makes_no_code(running: RunningHq) -> None:
    with running.signed_in(Role.HQ_ADMIN) as browser:
        csrf = csrf_of(browser.get("/machines/add").text)
        good = {"csrf": csrf, "store": STORE, "register": "T9", "role": "till", "address": running.url}
        for wrong, words in (
            ({"address": "http://hq.example"}, "begins with https://"),
            ({"address": "https://hq.example;x"}, "begins with https://"),
            ({"address": "https://hq.example:port"}, "begins with https://"),
            ({"register": "<T9>"}, "up to ten letters and figures"),
            ({"store": "W1"}, "W1"),
            ({"role": "hq"}, "role"),
        ):
            answer = browser.post("/machines/add", data=good | wrong)
            assert (answer.status_code, 'id="made"' in answer.text) == (400, False)
            assert words in answer.text.partition('id="refused"')[2].partition("</p>")[0]
            assert "<T9>" not in answer.text
        assert browser.post("/machines/add", data=good | {"csrf": "guessed"}).status_code == 403
        made = browser.post("/machines/add", data=good)
        assert made.status_code == 200
        assert made.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|style=", made.text)
        assert [one for one in running.hq.database.read(nodes) if one.register == "T9"] == []


def test_only_who_may_enrol_sees_the_page(running: RunningHq) -> None:
    with running.client() as stranger:
        assert stranger.get("/machines/add").status_code == 303
    with running.signed_in(Role.HQ_OPERATOR) as operator:
        assert "/machines/add" not in operator.get("/machines").text
        assert operator.get("/machines/add").status_code == 403
        assert operator.post("/machines/add", data={}).status_code == 403
