"""A real browser on head office's pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, sync_playwright

from hq_server.service import access
from retail_core.domain.roles import Role
from tests.hq.running import PASSWORD, RunningHq

CHROMIUM = Path("/usr/bin/chromium")
PERSON = "Ines"
Scheme = Literal["light", "dark"]


@contextmanager
def signed_in(running: RunningHq, scheme: Scheme = "light") -> Iterator[Page]:
    """Ines, an administrator, on the page Today."""
    if not CHROMIUM.exists():
        pytest.fail("Chromium is not installed; `make test` installs it", pytrace=False)
    access.put_user(running.hq, PERSON, PASSWORD, Role.HQ_ADMIN.value)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(
            ignore_https_errors=True, viewport={"width": 1366, "height": 768}, color_scheme=scheme
        )
        page = context.new_page()
        page.goto(f"{running.url}/sign-in")
        page.fill("#name", PERSON)
        page.fill("#password", PASSWORD)
        page.click("button.main")
        page.wait_for_selector(".tile")
        yield page
        browser.close()


def in_focus(page: Page, name: str) -> None:
    """Wait until the element of this id has the focus."""
    page.wait_for_function("name => document.activeElement.id === name", arg=name)
