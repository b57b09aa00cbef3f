"""The guide for clients: every snippet is run against a real site, and prints what is written."""

import json
import re
import subprocess
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from tests import guide
from tests.browser.test_pages import RULES
from tests.processes import ROOT, environment

GROUPS, _exchanges = guide.read(guide.TEXT)
NAME, PASSWORD = "ada", "correct horse battery staple"
MAKE_ADA = (
    "from django.contrib.auth.models import User;"
    f"User.objects.create_user({NAME!r}, password={PASSWORD!r})"
)
SECONDS = 90
# Collects what is logged, as the console of a browser or Node would print it.
IN_PAGE = """async () => {
  const lines = [];
  const console = { log: (...parts) => lines.push(parts.join(" ")) };
  %s
  return lines.join("\\n");
}"""


@pytest.fixture(scope="module")
def ada(site) -> dict[str, str]:
    """A learner of the site: her password and a token of hers."""
    subprocess.run(
        [sys.executable, "manage.py", "shell", "--command", MAKE_ADA],
        cwd=ROOT,
        env=environment(site.state),
        check=True,
        capture_output=True,
    )
    request = urllib.request.Request(
        f"{site.url}/api/v1/auth/token/",
        json.dumps({"username": NAME, "password": PASSWORD}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return {"password": PASSWORD, "token": json.load(answer)["token"]}


def in_process(language: str, code: str, folder: Path) -> str:
    """What the code prints; it must end well, and say nothing else."""
    command = {"sh": ["bash", "-euo", "pipefail"], "python": [sys.executable]}[language]
    done = subprocess.run(
        [*command, "-"],
        input=code,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def run(site, ada, tmp_path, open_page):
    def run(language: str, code: str) -> str:
        code = guide.at(code, site.url, **ada)
        if language == "js":
            return open_page("/guide/jobs/").evaluate(IN_PAGE % code)
        return in_process(language, code, tmp_path)

    return run


@pytest.mark.parametrize("language", ["sh", "python", "js"])
@pytest.mark.parametrize("group", GROUPS, ids=lambda group: f"line {group.line}")
def test_a_snippet_prints_what_the_document_shows(run, group, language):
    printed = run(language, group.snippets[language])
    assert guide.prints(group.output, printed), printed


class Faltering(BaseHTTPRequestHandler):
    """Answers 429, then 503, and from then on that the job was made."""

    seen: ClassVar[list[tuple[str, bytes]]]
    answers = ((429, {"Retry-After": "1"}), (503, {"Retry-After": "1"}))
    made: ClassVar = {"Location": "/api/v1/compute/jobs/1/", "idempotency-replayed": "true"}

    def do_GET(self):
        self.answer(200, {"Content-Type": "text/html"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.headers["Idempotency-Key"], body))
        given = dict(enumerate(self.answers, 1)).get(len(self.seen), (202, self.made))
        self.answer(*given)

    def answer(self, status: int, headers: dict[str, str]):
        self.send_response(status)
        for name, value in (headers | {"Content-Length": "0"}).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_arguments):
        """Nothing: the test looks at `seen`."""


@pytest.fixture
def faltering():
    handler = type("Handler", (Faltering,), {"seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", handler.seen
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("language", ["sh", "python", "js"])
def test_what_sends_again_does_so_with_the_same_key_and_body(
    faltering, language, tmp_path, browser
):
    address, seen = faltering
    group = next(group for group in GROUPS if "idempotency-replayed" in group.output)
    code = guide.at(group.snippets[language], address)
    if language == "js":
        page = browser.new_page()
        page.goto(address)
        printed = page.evaluate(IN_PAGE % code)
        page.close()
    else:
        printed = in_process(language, code, tmp_path)
    assert guide.prints(group.output, printed), printed
    assert len(seen) == 4
    assert len(set(seen)) == 1


def test_a_chosen_language_is_shown_everywhere_and_remembered(open_page):
    page = open_page("/guide/jobs/", reduced_motion="reduce")
    shown = page.locator(".snippet:visible")
    assert set(shown.evaluate_all("all => all.map((one) => one.dataset.language)")) == {"curl"}
    tab = page.get_by_role("tab", name="Python").nth(5)
    tab.scroll_into_view_if_needed()
    before = tab.bounding_box()["y"]
    tab.click()
    assert abs(tab.bounding_box()["y"] - before) < 2
    assert tab.get_attribute("aria-selected") == "true"
    page.reload()
    languages = shown.evaluate_all("all => all.map((one) => one.dataset.language)")
    assert languages == ["Python"] * len(GROUPS)


def test_tabs_are_walked_with_arrows(open_page):
    page = open_page("/guide/jobs/", reduced_motion="reduce")
    tabs = page.get_by_role("tab")
    tabs.first.focus()
    for key, language in [
        *(("ArrowRight", "Python"), ("End", "JavaScript"), ("ArrowRight", "curl")),
        *(("ArrowLeft", "JavaScript"), ("Home", "curl")),
    ]:
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.textContent") == language
        assert page.get_by_role("tabpanel", name=language).first.is_visible()


def test_a_snippet_is_copied_as_it_runs(open_page, running_site):
    allowed = ["clipboard-read", "clipboard-write"]
    page = open_page("/guide/jobs/", permissions=allowed)
    page.get_by_role("tab", name="Python").first.click()
    page.get_by_role("button", name="Copy").first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == guide.at(GROUPS[0].snippets["python"], running_site).strip()


def test_without_javascript_every_language_is_there_with_its_name(open_page):
    page = open_page("/guide/jobs/", java_script_enabled=False)
    assert page.locator(".snippet:visible").count() == 3 * len(GROUPS)
    for language in ("curl", "Python", "JavaScript"):
        labels = page.locator(".snippet-label:visible").get_by_text(language, exact=True)
        assert labels.count() == len(GROUPS)
    assert page.get_by_role("tab").count() == 0
    assert page.get_by_role("button", name="Copy").count() == 0


def test_printed_it_shows_every_language(open_page):
    page = open_page("/guide/jobs/")
    page.emulate_media(media="print")
    assert page.locator(".snippet:visible").count() == 3 * len(GROUPS)
    labels = page.locator(".snippet .snippet-label:visible")
    tops = labels.evaluate_all("all => all.map((one) => one.getBoundingClientRect().top)")
    assert len(tops) == 3 * len(GROUPS)
    assert tops == sorted(set(tops))
    assert page.locator("[role=tablist]:visible").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_as_it_comes_from_the_server_it_has_no_accessibility_fault(open_page, axe, scheme):
    page = open_page("/sign-in/", color_scheme=scheme, reduced_motion="reduce")
    source = page.request.get("/guide/jobs/").text()
    main = re.search(r"<main.*</main>", source, re.DOTALL)[0]
    page.evaluate("html => document.querySelector('main').outerHTML = html", main)
    page.evaluate(axe)
    found = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
    # What scrolls is reached by keyboard where a script sees that it does.
    faults = {fault["id"] for fault in found} - {"scrollable-region-focusable"}
    assert faults == set()
