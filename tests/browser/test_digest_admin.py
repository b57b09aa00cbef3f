"""The plan of the digest in a real browser: by keyboard, on a phone, light and dark.

Without JavaScript it cannot be reached: the theme of the admin hides its form for signing in.
"""

import datetime
from functools import partial
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import PHONE
from tests.browser.test_pages import RULES

PLAN = "/admin/learn/digest/"
# Far from the days that other tests read.
DAY = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=12)


@pytest.fixture(scope="module")
def signed_in(browser, site):
    """The cookies of the administrator, who signs in once: to sign in is limited."""
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    page.goto(f"/admin/login/?next={PLAN}")
    page.get_by_label("Username").fill(site.account["username"])
    page.get_by_label("Password").fill(site.account["password"])
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: urlsplit(url).path == PLAN)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def open_admin(open_page, signed_in):
    """As `open_page`, signed in as the administrator."""
    return partial(open_page, storage_state=signed_in)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "address", [PLAN, f"{PLAN}{DAY}/swap-with/", f"{PLAN}{DAY}/preview/", f"{PLAN}{DAY}/change/"]
)
def test_the_plan_has_no_accessibility_fault(open_admin, axe, address, scheme):
    page = open_admin(address, color_scheme=scheme, reduced_motion="reduce")
    page.evaluate(axe)
    # What is Unfold's is not ours to judge.
    found = page.evaluate("rules => axe.run('.plan', rules)", RULES)["violations"]
    assert [(fault["id"], [node["target"] for node in fault["nodes"]][:5]) for fault in found] == []


@pytest.mark.parametrize(
    "address", [PLAN, f"{PLAN}{DAY}/swap-with/", f"{PLAN}{DAY}/preview/", f"{PLAN}{DAY}/change/"]
)
def test_the_plan_fits_a_narrow_phone(open_admin, address):
    page = open_admin(address, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def press(page, place, name: str) -> None:
    with page.expect_navigation():
        place.get_by_role("button", name=name).press("Enter")


def test_a_day_is_pinned_swapped_and_unpinned(open_admin):
    page = open_admin(PLAN)
    day = page.locator(f"#day-{DAY}")
    following = page.locator(f"#day-{DAY + datetime.timedelta(days=1)}")
    titles = day.locator(".plan-title").all_inner_texts()
    press(page, day, "Pin all")
    assert page.url.endswith(f"#day-{DAY}")
    assert day.get_by_text("pinned", exact=True).count() == 3
    press(page, day, "Swap with the next day")
    moved = following.locator(".plan-title").all_inner_texts()
    assert [text.removesuffix(" pinned") for text in moved] == titles
    for place in (following, day):
        press(page, place, "Unpin all")
        assert place.get_by_text("pinned", exact=True).count() == 0
    assert day.locator(".plan-title").all_inner_texts() == titles


def test_the_form_offers_what_is_published_and_the_list_shows_what_was_chosen(open_admin):
    page = open_admin(f"{PLAN}{DAY}/change/")
    page.locator(".field-pinned_problem .select2-selection").click()
    page.locator(".select2-search__field").fill("soft")
    page.get_by_role("option", name="Numerically Stable Softmax").click()
    page.get_by_label("Own introduction").fill("Exponentials overflow. Today they do not.")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(f"**{PLAN}#day-{DAY}")
    day = page.locator(f"#day-{DAY}")
    assert day.get_by_text("pinned", exact=True).count() == 1
    assert day.get_by_text("own introduction", exact=True).is_visible()
    day.get_by_role("link", name="Preview").click()
    frame = page.frame_locator("iframe")
    assert frame.get_by_text("Exponentials overflow. Today they do not.").is_visible()
    assert frame.get_by_text("Preview, not public.").is_visible()
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Own introduction").fill("")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(f"**{PLAN}#day-{DAY}")
    press(page, page.locator(f"#day-{DAY}"), "Unpin all")
    assert page.locator(f"#day-{DAY}").get_by_text("pinned", exact=True).count() == 0
