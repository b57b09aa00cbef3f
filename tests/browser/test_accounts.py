"""The pages of accounts in a real browser: by keyboard, on a phone, light and dark."""

import re
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_pages import RULES
from tests.conftest import PASSWORD
from tests.processes import ROOT, environment

OPEN = ["/sign-in/", "/sign-up/", "/password/forgotten/", "/password/forgotten/sent/"]
OWN = ["/account/", "/account/e-mail/", "/account/password/", "/account/sessions/"]
LONGEST = "w" * 40


def manage(site, *words: str) -> str:
    """What a command beside the running site prints."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment(site.state),
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def sign_up(page, name: str) -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The password again").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()


@pytest.fixture(scope="module")
def learner(site) -> str:
    """Somebody with the longest of names, who has an account."""
    code = (
        "from django.contrib.auth.models import User;"
        f"User.objects.create_user({LONGEST!r}, 'x@example.org', {PASSWORD!r})"
    )
    manage(site, "shell", "-c", code)
    return LONGEST


def sign_in(page, name: str) -> None:
    page.get_by_label("User name or e-mail address").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def check_by_axe(page, axe) -> None:
    page.evaluate(axe)
    found = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
    assert [(fault["id"], [node["target"] for node in fault["nodes"]][:5]) for fault in found] == []


def check_width(page) -> None:
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, .button, .field input, summary, .facts a")]
            .filter((element) => element.offsetParent && element.offsetHeight < 36)
            .map((element) => element.outerHTML.slice(0, 120))"""
    )
    assert small == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_is_accessible_and_fits(open_page, axe, learner, viewport, scheme):
    page = open_page(OPEN[0], viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    for address in OPEN:
        page.goto(address)
        check_by_axe(page, axe)
        check_width(page)
    page.goto("/sign-up/")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("The password again").fill("other")
    page.get_by_role("button", name="Make the account").click()
    page.locator(".fault").nth(1).wait_for()
    assert page.locator(".fault").count() == 2
    check_by_axe(page, axe)
    check_width(page)
    page.goto("/sign-in/")
    sign_in(page, learner)
    for address in OWN:
        page.goto(address)
        check_by_axe(page, axe)
        check_width(page)
    page.goto("/account/")
    page.get_by_role("button", name="Make a token").click()
    check_by_axe(page, axe)
    check_width(page)
    page.get_by_role("link", name="Back to your account").click()
    check_by_axe(page, axe)
    page.get_by_role("button", name="Revoke all").click()
    assert page.get_by_role("status").inner_text() == "All tokens are revoked."
    check_by_axe(page, axe)


def test_somebody_signs_up_on_a_phone_by_keyboard_and_comes_back_to_the_problem(open_page):
    page = open_page("/problems/multi-head-attention/", viewport=PHONE, java_script_enabled=False)
    page.get_by_role("main").get_by_role("link", name="Sign in").first.click()
    page.get_by_role("link", name="Make an account").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-up/**")
    page.get_by_label("User name").focus()
    for text in ("keyboarder", PASSWORD, PASSWORD):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/problems/multi-head-attention/**")
    page.locator(".menu summary").click()
    page.get_by_role("link", name="keyboarder").click()
    assert page.get_by_role("heading", level=1).inner_text() == "keyboarder"


def test_what_is_wrong_has_the_focus_and_is_read_with_its_field(open_page):
    page = open_page("/sign-up/")
    sign_up(page, "casebook")
    field = page.get_by_label("User name")
    assert field.evaluate("field => field === document.activeElement")
    assert field.get_attribute("aria-invalid") == "true"
    described = field.get_attribute("aria-describedby").split()
    said = " ".join(page.locator(f"#{name}").inner_text() for name in described)
    assert "could be taken for" in said
    assert "2 to 40 letters" in said


def test_password_managers_find_their_way(open_page):
    page = open_page("/sign-up/")
    fields = page.locator("main input:not([type=hidden])")
    assert [field.get_attribute("autocomplete") for field in fields.all()] == [
        *("username", "new-password", "new-password", "email"),
    ]
    page.goto("/sign-in/")
    fields = page.locator("main input:not([type=hidden])")
    assert [field.get_attribute("autocomplete") for field in fields.all()] == [
        *("username", "current-password"),
    ]


def test_the_operators_link_works_at_the_address_where_the_site_listens(
    open_page, site, learner, axe
):
    [link] = re.findall(r"http\S+", manage(site, "reset_link", learner))
    assert link.startswith(site.url)
    page = open_page(urlsplit(link).path, viewport=PHONE)
    check_by_axe(page, axe)
    check_width(page)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("The new password again").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    assert "Your password is set" in page.get_by_role("status").inner_text()
    sign_in(page, learner)
    page.goto("/account/")
    assert page.get_by_role("heading", level=1).inner_text() == learner


def test_a_password_is_changed_and_the_page_says_what_that_ended(open_page):
    page = open_page("/sign-up/")
    sign_up(page, "changer")
    page.goto("/account/password/")
    page.get_by_label("Your current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(f"{PASSWORD} 2")
    page.get_by_label("The new password again").fill(f"{PASSWORD} 2")
    page.get_by_role("button", name="Change the password").click()
    assert "every API token has ended" in page.get_by_role("status").inner_text()
    page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/")
    assert page.get_by_role("banner").get_by_role("link", name="Sign up").is_visible()
