"""Every page in a real browser: accessible, narrow, printed, without JavaScript, by keyboard."""

import pytest

from tests.browser.conftest import DESKTOP, PHONE

PAGES = [
    "/",
    *("/digest/", "/digest/today/"),
    "/cases/",
    "/cases/netflix-recommender-system/",
    "/cases/stripe-radar-fraud/",
    "/cases/compare/?slug=netflix-recommender-system,stripe-radar-fraud,uber-michelangelo",
    "/numbers/",
    "/numbers/?quantity=latency",
    "/plans/",
    "/plans/deep-learning/",
    "/topics/bayesian-inference/",
    "/topics/multi-head-attention/",
    "/problems/",
    "/problems/multi-head-attention/",
    "/techniques/bayes-theorem/",
    "/companies/netflix/",
    "/search/?q=bayes",
    "/guide/jobs/",
    "/sign-in/",
]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
LONGEST_BEFORE_PAINT = 1000  # milliseconds


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_no_accessibility_fault(open_page, axe, address, scheme):
    page = open_page(address, color_scheme=scheme, reduced_motion="reduce")
    page.evaluate(axe)
    found = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
    assert [(fault["id"], [node["target"] for node in fault["nodes"]][:5]) for fault in found] == []


@pytest.mark.parametrize("address", PAGES)
def test_a_narrow_phone_never_scrolls_sideways(open_page, axe, address):
    page = open_page(address, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, summary, nav a, .facts a, select")]
            .filter((element) => element.offsetParent && element.offsetHeight < 36)
            .map((element) => element.outerHTML.slice(0, 120))"""
    )
    assert small == []


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_soon_seen_and_reads_without_javascript(open_page, address):
    page = open_page(address)
    paint = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    page.wait_for_function(paint)
    assert page.evaluate(paint) < LONGEST_BEFORE_PAINT
    plain = open_page(address, java_script_enabled=False)
    assert plain.locator("h1").is_visible()
    assert plain.locator("main [hidden]:not(.outline p):visible").count() == 0


def test_the_phone_menu_opens_without_javascript(open_page):
    page = open_page("/", viewport=PHONE, java_script_enabled=False)
    assert not page.get_by_role("link", name="Case studies", exact=True).is_visible()
    page.locator(".menu summary").click()
    page.get_by_role("link", name="Case studies", exact=True).click()
    assert page.url.endswith("/cases/")


def test_the_keyboard_reaches_search_sections_and_the_list_of_keys(open_page):
    page = open_page("/cases/netflix-recommender-system/", reduced_motion="reduce")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("]")
    page.keyboard.press("]")
    second = page.evaluate("document.activeElement.id")
    assert second == "constraints"
    page.keyboard.press("[")
    assert page.evaluate("document.activeElement.id") == "goal"
    page.keyboard.press("?")
    assert page.locator("dialog#keys").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("fraud [?]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=**")
    assert page.locator("main h1").inner_text() == "Results for “fraud [?]”"


def test_the_outline_follows_the_reader_and_remembers_what_was_read(open_page):
    page = open_page("/cases/netflix-recommender-system/", reduced_motion="reduce")
    page.mouse.move(600, 500)
    for _ in range(6):
        page.mouse.wheel(0, 500)
        page.wait_for_timeout(60)
    page.locator(".outline .read").nth(1).wait_for()
    current = page.locator('.outline a[aria-current="location"]')
    assert current.count() == 1
    assert current.get_attribute("href") != "#goal"
    assert "minutes left" in page.locator("[data-minutes-left]").inner_text()
    page.reload()
    assert page.locator(".outline .read").count() > 1


CASES = [
    "/cases/google-wide-and-deep/",
    "/cases/netflix-recommender-system/",
    "/cases/stripe-radar-fraud/",
    "/cases/uber-michelangelo/",
]


@pytest.mark.parametrize("address", CASES)
def test_margin_notes_stand_beside_the_text_without_moving_it(open_page, address):
    page = open_page(address)
    note = page.locator(".margin-note").first
    paragraph = note.evaluate_handle("note => note.previousElementSibling")
    note_box, text_box = note.bounding_box(), paragraph.as_element().bounding_box()
    assert abs(note_box["y"] - text_box["y"]) < 12
    assert note_box["x"] > text_box["x"] + text_box["width"]
    overlaps = page.evaluate(
        """() => {
          const boxes = [...document.querySelectorAll(".margin-note")]
            .map((note) => note.getBoundingClientRect());
          return boxes.filter((box, i) => i && box.top < boxes[i - 1].bottom).length;
        }"""
    )
    assert overlaps == 0
    gaps = page.evaluate(
        """() => [...document.querySelectorAll(".prose section > p")]
            .filter((text) => text.previousElementSibling?.tagName === "ASIDE")
            .map((text) => {
              let before = text.previousElementSibling;
              while (before.tagName === "ASIDE") before = before.previousElementSibling;
              return text.getBoundingClientRect().top - before.getBoundingClientRect().bottom;
            })
            .filter((gap) => gap > 40)"""
    )
    assert gaps == []


def test_on_a_phone_a_note_follows_its_paragraph(open_page):
    page = open_page("/cases/netflix-recommender-system/", viewport=PHONE)
    note = page.locator(".margin-note").first
    paragraph = note.evaluate_handle("note => note.previousElementSibling").as_element()
    note_box, text_box = note.bounding_box(), paragraph.bounding_box()
    assert text_box["y"] + text_box["height"] <= note_box["y"]
    assert note_box["width"] > 300


@pytest.mark.parametrize(("viewport", "shown"), [(DESKTOP, "wide"), (PHONE, "tall")])
def test_one_picture_of_the_architecture_is_shown_and_fits(open_page, viewport, shown):
    page = open_page(
        "/cases/netflix-recommender-system/", viewport=viewport, reduced_motion="reduce"
    )
    pictures = {name: page.locator(f".arch-{name}") for name in ("wide", "tall")}
    assert [name for name, picture in pictures.items() if picture.is_visible()] == [shown]
    assert pictures[shown].bounding_box()["width"] <= viewport["width"]
    # A component leads to the text that tells of it, with the keyboard too.
    part = pictures[shown].locator("a").first
    part.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector(location.hash) !== null")
    page.get_by_text("The picture in words").click()
    assert page.locator(".in-words-body").is_visible()


def test_the_link_of_a_number_opens_its_folded_note(open_page):
    page = open_page("/cases/netflix-recommender-system/", reduced_motion="reduce")
    folded = page.locator(".margin-note details p").first
    assert not folded.is_visible()
    key = folded.get_attribute("id")
    page.locator(f'a.claim[href="#{key}"]').first.click()
    folded.wait_for(state="visible")


def test_printed_a_case_shows_its_notes_and_one_picture(open_page):
    page = open_page("/cases/netflix-recommender-system/")
    page.emulate_media(media="print")
    assert page.locator(".margin-note details p").first.is_visible()
    assert page.locator(".arch-wide").is_visible()
    assert not page.locator(".arch-tall").is_visible()


def test_numbers_are_asked_for_and_cases_compared_without_javascript(open_page):
    page = open_page("/numbers/", java_script_enabled=False)
    page.get_by_label("Quantity").select_option("latency")
    page.get_by_role("button", name="Show").click()
    page.get_by_label("At most").fill("0.02")
    page.get_by_role("button", name="Show").click()
    values = page.locator("tbody td:nth-child(2)").all_inner_texts()
    assert values
    assert all(float(value.split(" to ")[0]) <= 0.02 for value in values)
    page.goto("/cases/")
    for box in page.get_by_label("Compare").all()[:2]:
        box.check()
    page.get_by_role("button", name="Compare the chosen cases").click()
    assert page.locator("thead th").count() == 2


def test_a_page_that_does_not_exist_says_so(open_page, running_site):
    page = open_page("/")
    watch = page.watch
    page.goto("/no/such/page/")
    assert page.locator("h1").inner_text() == "There is no page at this address"
    assert len(watch.faults) == 1  # the browser's own line about the 404
    watch.faults.clear()


def test_a_text_page_weighs_little(open_page):
    """The largest part is the fonts; a page with formulas also loads the math font, once."""
    page = open_page("/cases/")
    page.wait_for_load_state("networkidle")
    weight = page.evaluate(
        """() => ["navigation", "resource"]
            .flatMap((type) => performance.getEntriesByType(type))
            .reduce((sum, entry) => sum + entry.transferSize, 0)"""
    )
    assert 20_000 < weight < 200_000


@pytest.mark.parametrize("address", CASES)
def test_a_case_sends_little_html(open_page, address):
    page = open_page(address)
    sent = "() => performance.getEntriesByType('navigation')[0].transferSize"
    assert page.evaluate(sent) < 60_000


def test_hints_open_one_by_one_on_the_same_page(open_page, site):
    page = open_page("/sign-in/?next=/problems/multi-head-attention/")
    page.get_by_label("Name").fill(site.account["username"])
    page.get_by_label("Password").fill(site.account["password"])
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/problems/multi-head-attention/")
    page.evaluate("window.sameDocument = true")
    page.get_by_role("button", name="Show hint 1").click()
    page.locator("#hint-1").wait_for()
    assert page.evaluate("document.activeElement.id") == "hint-1"
    page.get_by_role("button", name="Show hint 2").click()
    page.locator("#hint-2").wait_for()
    assert page.evaluate("window.sameDocument")
    page.reload()
    assert page.locator(".hint").count() == 2


def test_starter_code_is_copied(open_page):
    page = open_page(
        "/problems/multi-head-attention/", permissions=["clipboard-read", "clipboard-write"]
    )
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("import numpy as np")
