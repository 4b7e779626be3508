"""A picture of HQ's own page, through Chromium when there is one."""

import shutil
from pathlib import Path

from tools.demo.hq import PASSWORD, VIEWER, HeadOffice

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1366, 900
PAGE_LIMIT_MS = 20_000
LIVE_WAIT_MS = 1_500


def picture_of_today(hq: HeadOffice, picture: Path) -> str:
    """Sign in and keep a picture of Today; returns what is missing when it can't be made, else nothing."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        return "no Chromium here, so there is no picture of HQ's page"
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        return "playwright is not installed, so there is no picture of HQ's page"
    try:
        with sync_playwright() as drive:
            chromium = drive.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            try:
                # the certificate is HQ's own; this browser is thrown away afterwards
                page = chromium.new_page(ignore_https_errors=True, viewport={"width": WIDTH, "height": HEIGHT})
                page.set_default_timeout(PAGE_LIMIT_MS)
                page.goto(f"{hq.url}/sign-in")
                page.fill("#name", VIEWER)
                page.fill("#password", PASSWORD)
                page.click("button[type=submit]")
                page.wait_for_selector("section.tiles")
                page.wait_for_timeout(LIVE_WAIT_MS)
                page.screenshot(path=str(picture))
            finally:
                chromium.close()
    except Error as fault:
        return f"no picture of HQ's page: {fault.message.splitlines()[0][:200]}"
    return ""
