"""The digest in a real browser: the formula is reached on a phone, and days turn by keyboard."""

from tests.browser.conftest import PHONE


def test_today_stands_first_at_home_and_leads_to_its_own_page(open_page):
    page = open_page("/")
    assert page.locator("main h2").first.inner_text() == "Today"
    page.locator(".home-label a").first.click()
    page.wait_for_url("**/digest/2*/")
    assert page.locator("h1").is_visible()
    assert page.locator(".digest-part").count() == 3


def test_a_long_formula_scrolls_in_its_own_box_with_the_keyboard(open_page):
    page = open_page("/digest/today/", viewport=PHONE)
    # As long as any may be.
    page.evaluate(
        """() => {
          const row = document.querySelector(".digest .math-display math");
          for (let n = 0; n < 40; n++) row.append(row.firstElementChild.cloneNode(true));
        }"""
    )
    box = page.locator(".digest .math-display")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    # What does not fit is reached: nothing of it lies left of the box's beginning.
    first, edge = box.locator("math > *").first.bounding_box(), box.bounding_box()
    assert first["x"] >= edge["x"]


def test_the_feed_that_the_head_names_is_there(open_page, running_site):
    page = open_page("/digest/")
    address = page.locator('head link[type="application/atom+xml"]').get_attribute("href")
    response = page.request.get(f"{running_site}{address}")
    assert response.status == 200
    assert response.headers["content-type"] == "application/atom+xml; charset=utf-8"
