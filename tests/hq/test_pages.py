"""Pages for people: signing in, forms that only our own pages can send, headers, and a live Today in a real browser."""

import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import httpx
import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from hq_server.service import access, masterdata, orders
from hq_server.service.ingest import take
from hq_server.service.orders import Wish, WishLine
from hq_server.web.words import message
from retail_core.domain.ids import Sku
from retail_core.domain.roles import Role
from retail_core.durable.reference import ItemDoc
from tests.hq.running import PASSWORD, RunningHq, running_hq
from tests.hq.support import STORE, enrolled, put_stock, sale, stock_the_shelves

pytestmark = pytest.mark.xdist_group("hq-pages")  # one server for all of them

CHROMIUM = Path("/usr/bin/chromium")
TODAY_MS = 1_000
Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHq]:
    with running_hq(tmp_path_factory.mktemp("hq"), None) as found:
        stock_the_shelves(found.hq)
        yield found


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail("Chromium is not installed; `make test` installs it", pytrace=False)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


def person(running: RunningHq, name: str, role: Role = Role.HQ_VIEWER) -> None:
    access.put_user(running.hq, name, PASSWORD, role.value)


def today_page(browser: Browser, running: RunningHq, name: str, scheme: Scheme = "light") -> tuple[Page, list[str]]:
    """Signed in through the form; every console line and page error is kept."""
    person(running, name)
    context = browser.new_context(
        ignore_https_errors=True, viewport={"width": 1366, "height": 768}, color_scheme=scheme
    )
    page = context.new_page()
    said: list[str] = []

    def dismissed(dialog: Dialog) -> None:
        said.append(f"dialog {dialog.message}")
        dialog.dismiss()

    page.on("console", lambda line: said.append(line.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", dismissed)
    page.goto(f"{running.url}/")
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("button.main")
    page.wait_for_selector(".tile")
    return page, said


def test_a_page_sends_a_stranger_to_the_form(running: RunningHq) -> None:
    with running.client() as stranger:
        answer = stranger.get("/")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        assert stranger.get("/today/events").status_code == 401
        form = stranger.get("/sign-in")
        assert form.status_code == 200
        policy = form.headers["Content-Security-Policy"]
        assert "unsafe-inline" not in policy
        assert "default-src 'none'" in policy
        assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|style=", form.text)


def test_the_session_is_kept_where_no_script_and_no_other_site_reaches_it(running: RunningHq) -> None:
    person(running, "cookie")
    with running.client() as browser:
        answer = browser.post(
            "/sign-in", data={"name": "cookie", "password": PASSWORD}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        cookie = answer.headers["set-cookie"].lower()
        assert answer.status_code == 303
        assert all(part in cookie for part in ("__host-hq=", "secure", "httponly", "samesite=strict", "path=/"))
        assert browser.get("/").status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_site_can_neither_sign_in_nor_sign_out(running: RunningHq, headers: dict[str, str]) -> None:
    person(running, "csrf")
    with running.client() as browser:
        form = {"name": "csrf", "password": PASSWORD}
        assert browser.post("/sign-in", data=form, headers=headers).status_code == 403
    with running.signed_in(Role.HQ_VIEWER) as browser:
        del browser.headers["Sec-Fetch-Site"]
        csrf = re.search(r'name="csrf" value="([^"]+)"', browser.get("/").text)
        assert csrf
        assert browser.post("/sign-out", data={"csrf": csrf[1]}, headers=headers).status_code == 403
        same = {"Sec-Fetch-Site": "same-origin"}
        assert browser.post("/sign-out", data={"csrf": "guessed"}, headers=same).status_code == 403
        assert browser.get("/").status_code == 200
        assert browser.post("/sign-out", data={"csrf": csrf[1]}, headers=same).status_code == 303
        assert browser.get("/").status_code == 303


def test_ten_wrong_passwords_lock_a_name(running: RunningHq) -> None:
    person(running, "locked")
    with running.client() as browser:
        browser.headers["Sec-Fetch-Site"] = "same-origin"

        def attempt(password: str) -> httpx.Response:
            return browser.post("/sign-in", data={"name": "locked", "password": password})

        assert {attempt("wrong wrong wrong").status_code for _ in range(10)} == {401}
        locked = attempt(PASSWORD)
        assert locked.status_code == 429
        assert message("sign_in.locked", {}) in locked.text


def test_a_session_opens_pages_and_not_the_api(running: RunningHq) -> None:
    with running.signed_in() as browser:
        assert browser.get("/").status_code == 200
        assert browser.get("/api/orders").status_code == 401


def test_today_is_live(running: RunningHq) -> None:
    seen: list[str] = []
    with running.signed_in(Role.HQ_OPERATOR) as browser, browser.stream("GET", "/today/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        for line in lines:
            if line.startswith("event: "):
                seen.append(line.removeprefix("event: "))
            if line.startswith("event: promised"):
                break
        assert seen == ["status", "tiles", "hours", "cases", "stores", "promised"]
        till = enrolled(running.hq, "till-live")
        till.says(sale("S0319-T1-A-7", ("LAMP", 1, 4950)), at_ms=running.hq.clock.now_ms())
        threading.Thread(target=lambda: take(running.hq, running.server.contacts, till.node, *till.batch())).start()
        deadline = time.monotonic() + 60
        for line in lines:
            if line.startswith("event: tiles"):
                break
            assert time.monotonic() < deadline, "no new figures came"


def test_open_pages_do_not_hold_the_server_when_it_stops(tmp_path: Path) -> None:
    with running_hq(tmp_path / "hq", None) as running:
        ended = threading.Event()
        open_ = threading.Event()

        def watch() -> None:
            with running.signed_in() as browser, browser.stream("GET", "/today/events") as stream:
                for _ in stream.iter_lines():
                    open_.set()
            ended.set()

        watcher = threading.Thread(target=watch)
        watcher.start()
        assert open_.wait(10)
        begun = time.monotonic()
        running.stop()
        assert ended.wait(5)
        watcher.join()
        assert time.monotonic() - begun < 4


HOSTILE = [
    '<script>alert("xss-1")</script>',
    "<img src=x onerror=alert('xss-2')>",
    '"><svg onload=alert(`xss-3`)>',
    "'-alert(1)-'",
    "{{7*7}}{% raw %}",
    "javascript:alert(1)",
    '</span><iframe srcdoc="<script>parent.alert(4)</script>">',
]


@pytest.mark.browser
def test_no_name_from_outside_runs_in_the_page(running: RunningHq, browser: Browser) -> None:
    hq = running.hq
    for n, name in enumerate(HOSTILE):
        masterdata.put_products(hq, [ItemDoc(Sku(f"X{n}"), name, name, "std", (), name)])
        masterdata.put_places(hq, [masterdata.PlaceRow(f"X{n}", "store", name, "north", "UTC", "EUR")])
        put_stock(hq, f"X{n}", **{f"X{n}": 50 - n})
    page, said = today_page(browser, running, "<b>Eve</b>")
    for n, name in enumerate(HOSTILE):
        page.goto(f"{running.url}/?sku=X{n}")
        page.wait_for_selector(".promised table")
        assert name in page.inner_text("#h-promised")
        assert name in page.inner_text(".stores table")
    page.wait_for_timeout(TODAY_MS)
    assert page.evaluate("document.querySelectorAll('main script, main img, main iframe, main svg').length") == 0
    assert "<b>Eve</b>" in page.inner_text("header")
    assert not said
    page.goto(f"{running.url}/sign-in")
    page.fill("#name", HOSTILE[2])
    page.fill("#password", "wrong wrong wrong")
    page.click("button.main")
    assert page.input_value("#name") == HOSTILE[2]
    assert not [line for line in said if "401" not in line]
    page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_today_shows_figures_and_follows_them(running: RunningHq, browser: Browser, scheme: Scheme) -> None:
    hq = running.hq
    put_stock(hq, STORE, THROW=20)
    page, said = today_page(browser, running, f"watcher {scheme}", scheme)
    baskets = int(page.inner_text(".tile:nth-child(2) .value"))
    opened = int(page.inner_text(".tile:nth-child(3) .value"))
    once = hq.ids.next()  # nothing here is what another run has told this head office already
    till = enrolled(hq, f"till-{once}")
    till.says(sale(f"S0319-T1-A-{once}", ("THROW", 2, 2999)), at_ms=hq.clock.now_ms())
    take(hq, running.server.contacts, till.node, *till.batch())
    orders.place(hq, Wish((WishLine("THROW", 1000),), "Ada", store=STORE), once, "web")
    page.wait_for_function(
        "([baskets, open]) => document.querySelector('.tile:nth-child(2) .value').innerText == baskets"
        " && document.querySelector('.tile:nth-child(3) .value').innerText == open",
        arg=[str(baskets + 1), str(opened + 1)],
        timeout=60_000,
    )
    page.wait_for_selector("#hours-chart canvas")
    shown = json.loads(page.get_attribute("[data-hours]", "data-hours") or "{}")
    assert sum(shown["stores"]) >= 59.98
    assert "319 Midtown" in page.inner_text(".stores table")
    assert "live" in page.inner_text(".stores table tbody tr:has-text('319 Midtown')")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(244, 245, 247)", "dark": "rgb(15, 22, 32)"}[scheme]
    font = page.evaluate("document.fonts.check('15px Inter')")
    assert font
    for width, height in ((1024, 768), (1920, 1080), (600, 960)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (width, height)
    assert not said
    page.context.close()
