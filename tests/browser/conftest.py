"""A real browser on a real site. Every page that a test opens is watched for what must not be."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ASSETS = Path(__file__).resolve().parents[2] / "web" / "assets"
CHROMIUM = Path("/usr/bin/chromium")
# Without them the browser looks for its maker's servers at every start.
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
DESKTOP = {"width": 1360, "height": 900}
PHONE = {"width": 360, "height": 740}


# By module, not by session: while it is open, Django takes its thread for an asynchronous one.
@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Watch:
    """What went wrong on a page: console errors, broken policies, requests to other places."""

    def __init__(self, page: Page, origin: str):
        self.origin = urlsplit(origin).netloc
        self.faults: list[str] = []
        self.statuses: list[tuple[int, str]] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"exception: {error}"))
        page.on("request", self._request)
        page.on("response", lambda answer: self.statuses.append((answer.status, answer.url)))

    def _console(self, message):
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text}")

    def _request(self, request):
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.netloc != self.origin:
            self.faults.append(f"request to {request.url}")


@pytest.fixture
def open_page(browser: Browser, running_site: str):
    """`open_page("/cases/", viewport=PHONE, color_scheme="dark")`; faults fail the test."""
    contexts, watches = [], []

    def open_page(address: str, viewport: dict[str, int] = DESKTOP, **options) -> Page:
        context = browser.new_context(base_url=running_site, viewport=viewport, **options)
        contexts.append(context)
        page = context.new_page()
        page.watch = Watch(page, running_site)
        watches.append(page.watch)
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [fault for watch in watches for fault in watch.faults] == []


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which runs in the page itself."""
    source = ASSETS / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        pytest.skip("axe-core is not installed; run python -m web.build")
    return source.read_text()
