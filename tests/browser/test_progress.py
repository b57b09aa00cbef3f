"""Progress in a real browser: read to the end, answered, offline, in two tabs, by two people."""

import re
import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_pages import RULES

TOPIC = "/topics/multi-head-attention/"
SAVED = re.compile(r"/api/v1/me/topics/[a-z-]+/$")
PASSWORD = "a-word-that-is-long-enough"


@pytest.fixture
def learner() -> str:
    """A name that nobody has yet."""
    return f"learner-{secrets.token_hex(6)}"


def sign_up(page: Page, name: str, then: str = TOPIC) -> Page:
    page.goto(f"/sign-up/?next={then}")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The password again").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.wait_for_url(f"**{then}")
    return page


def sign_in(page: Page, name: str, then: str = TOPIC) -> Page:
    page.goto(f"/sign-in/?next={then}")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{then}")
    return page


def read_on(page: Page, steps: int = 400) -> None:
    """Scroll as a reader does, to the end or by so many steps."""
    page.mouse.move(600, 500)
    for _ in range(steps):
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(40)
        if page.evaluate("scrollY + innerHeight >= document.documentElement.scrollHeight - 4"):
            return


def is_saved(response) -> bool:
    return bool(SAVED.search(response.url)) and response.request.method == "PUT" and response.ok


def ticks(page: Page) -> list[str]:
    return page.locator(".outline .read").evaluate_all("all => all.map((one) => one.hash.slice(1))")


def put_sections(page: Page, keys: list[str]) -> None:
    """Set what was read, with the session of a page and without its script."""
    status = page.evaluate(
        """async (keys) => {
          const { token } = document.querySelector("[data-reader]").dataset;
          const answer = await fetch(document.querySelector("[data-reading]").dataset.reading, {
            method: "PUT",
            headers: { "Content-Type": "application/json", "X-CSRFToken": token },
            body: JSON.stringify({ sections_read: keys }),
          });
          return answer.status;
        }""",
        keys,
    )
    assert status == 200


def sections(page: Page) -> list[str]:
    found = page.locator("[data-sections] > section[id]")
    return [
        key for key in found.evaluate_all("all => all.map((one) => one.id)") if key != "sources"
    ]


def faults_of_the_network(page: Page) -> list[str]:
    """Take out what the browser itself says of requests that did not come through."""
    failed = [fault for fault in page.watch.faults if "Failed to load resource" in fault]
    page.watch.faults[:] = [fault for fault in page.watch.faults if fault not in failed]
    return failed


def test_a_learner_reads_to_the_end_and_finds_it_on_another_machine(open_page, learner):
    page = sign_up(open_page("/", reduced_motion="reduce"), learner)
    assert ticks(page) == []
    read_on(page)
    expect(page.get_by_text("You have read this topic.")).to_be_visible()
    page.reload()
    assert ticks(page) == sections(page)
    elsewhere = sign_in(open_page("/", java_script_enabled=False), learner)
    assert ticks(elsewhere) == sections(page)
    elsewhere.goto("/progress/")
    assert "1 topic read" in elsewhere.locator("main").inner_text()


def test_a_question_is_answered_and_stands_on_the_page_of_progress(open_page, learner):
    page = sign_up(open_page("/", reduced_motion="reduce"), learner)
    question = page.locator(".question").first
    question.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    question.locator("summary").click()
    with page.expect_response("**/answers/") as answered:
        question.get_by_role("button", name="I had it right").click()
    assert answered.value.status == 201
    kept = answered.value.json()
    assert kept["correct"] is True
    assert 0.2 < kept["seconds"] < 20
    expect(question.locator(".said")).to_have_text("Right, today")
    page.reload()
    expect(page.locator(".question").first.locator(".said")).to_contain_text("Right, ")
    page.goto("/progress/")
    text = page.locator("main").inner_text()
    assert "1 question answered, 1 right" in text
    assert re.search(r"1 of \d+ answered\s+1 right", text)


def test_what_cannot_be_saved_waits_and_is_saved_when_it_can(open_page, learner):
    page = sign_up(open_page("/", reduced_motion="reduce"), learner)
    page.context.set_offline(True)
    read_on(page, 25)
    note = page.locator("[data-reading-note]")
    expect(note).to_contain_text("not on your account yet", timeout=10_000)
    read = ticks(page)
    assert read
    assert faults_of_the_network(page)
    with page.expect_response(is_saved):
        page.context.set_offline(False)
    expect(note).to_have_text("")
    faults_of_the_network(page)
    elsewhere = sign_in(open_page("/"), learner)
    assert ticks(elsewhere) == read


def test_a_page_that_goes_away_offline_sends_what_was_read_from_the_next_one(open_page, learner):
    page = sign_up(open_page("/", reduced_motion="reduce"), learner)
    page.route(SAVED, lambda route: route.abort())
    read_on(page, 25)
    read = ticks(page)
    page.goto("/progress/")
    page.unroute(SAVED)
    with page.expect_response(is_saved):
        page.goto("/")
    elsewhere = sign_in(open_page("/"), learner)
    assert ticks(elsewhere) == read
    # At the end: of a page that has gone away the browser may say so late.
    faults_of_the_network(page)


def test_a_page_that_goes_away_takes_off_nothing_that_was_read_elsewhere(open_page, learner):
    page = sign_up(open_page("/", reduced_motion="reduce"), learner)
    elsewhere = sign_in(open_page("/", reduced_motion="reduce"), learner)
    with page.expect_response(is_saved):
        read_on(page, 12)
    known = ticks(page)
    assert known
    last = sections(page)[-2:]
    put_sections(elsewhere, [*known, *last])
    # One section more, and away before it is sent: what was read elsewhere is not known here.
    for _ in range(100):
        read_on(page, 1)
        if ticks(page) != known:
            break
    read = ticks(page)
    assert not set(read) & set(last)
    page.close()
    elsewhere.reload()
    assert ticks(elsewhere) == [*read, *last]


def test_what_is_read_after_the_session_ended_waits_for_the_next(open_page, learner):
    page = sign_up(open_page("/", reduced_motion="reduce"), learner)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    read_on(page, 12)
    expect(page.locator("[data-reading-note]")).to_contain_text("no longer signed in")
    before = ticks(page)
    read_on(page, 25)
    read = ticks(page)
    assert set(before) < set(read)
    assert faults_of_the_network(page)
    page.context.add_cookies(cookies)
    with page.expect_response(is_saved):
        page.goto("/")
    assert ticks(sign_in(open_page("/"), learner)) == read


def test_a_section_that_is_no_more_does_not_take_the_others_with_it(open_page, learner):
    page = sign_up(open_page("/", reduced_motion="reduce"), learner)
    keys = sections(page)
    stored = ["renamed", keys[0], "sources", "renamed-too", keys[2]]
    page.evaluate(
        "([name, keys]) => localStorage.setItem(name, JSON.stringify(keys))",
        [f"casebook.read:{TOPIC}", stored],
    )
    with page.expect_response(is_saved):
        page.goto("/")
    page.wait_for_function("Object.keys(localStorage).every((name) => !name.includes('/topics/'))")
    assert faults_of_the_network(page)
    page.goto(TOPIC)
    assert ticks(page) == [keys[0], keys[2]]


def test_closing_the_page_at_once_loses_nothing(open_page, learner):
    page = sign_up(open_page("/", reduced_motion="reduce"), learner)
    read_on(page, 25)
    read = ticks(page)
    page.close()
    elsewhere = sign_in(open_page("/"), learner)
    assert ticks(elsewhere) == read


def test_what_was_read_signed_out_goes_to_the_account(open_page, learner):
    page = open_page(TOPIC, reduced_motion="reduce")
    read_on(page, 25)
    read = ticks(page)
    assert read
    with page.expect_response(is_saved):
        sign_up(page, learner, then="/progress/")
    elsewhere = sign_in(open_page("/"), learner)
    assert ticks(elsewhere) == read
    # And it is no longer in the browser, where the next one who signs in would get it.
    assert (
        page.evaluate("Object.keys(localStorage).filter((name) => name.includes('/topics/'))") == []
    )


def test_two_tabs_keep_what_each_of_them_read(open_page, learner):
    page = sign_up(open_page("/", reduced_motion="reduce"), learner)
    other = sign_in(open_page("/", reduced_motion="reduce"), learner)
    with page.expect_response(is_saved):
        read_on(page, 20)
    first = ticks(page)
    # The other one, open since before, begins where the first ended.
    later = sections(page)[len(first) :]
    other.evaluate("key => document.getElementById(key).scrollIntoView()", later[0])
    other.wait_for_timeout(200)
    with other.expect_response(is_saved):
        read_on(other, 20)
    expect(other.locator(f'.outline a[href="#{first[0]}"]')).to_have_class("read")
    page.reload()
    assert set(first) < set(ticks(page))
    assert set(ticks(page)) == set(ticks(other))


def test_marked_as_not_read_it_stays_so(open_page, learner):
    page = sign_up(open_page("/", reduced_motion="reduce"), learner)
    page.get_by_role("button", name="Mark as read").click()
    expect(page.get_by_text("You have read this topic.")).to_be_visible()
    assert ticks(page) == sections(page)
    page.get_by_role("button", name="Mark as not read").click()
    expect(page.get_by_text(re.compile("You have read 0 of"))).to_be_visible()
    page.goto("/progress/")
    page.goto(TOPIC)
    page.wait_for_timeout(2000)
    assert ticks(page) == []


def test_all_of_it_works_without_javascript(open_page, learner):
    page = sign_up(open_page("/", java_script_enabled=False), learner)
    page.get_by_role("button", name="Mark as read").click()
    assert page.get_by_text("You have read this topic.").is_visible()
    question = page.locator(".question").first
    question.locator("summary").click()
    question.get_by_role("button", name="I did not").click()
    assert page.url.endswith("#" + page.locator(".question").first.get_attribute("id"))
    assert "Not right, " in page.locator(".question").first.locator("summary").inner_text()
    page.goto("/progress/")
    assert "1 topic read" in page.locator("main").inner_text()


def test_the_next_one_at_the_same_browser_sees_nothing_of_the_one_before(open_page, learner):
    page = sign_up(open_page("/", reduced_motion="reduce"), learner)
    page.route(SAVED, lambda route: route.abort())
    read_on(page, 25)
    assert ticks(page)
    page.unroute(SAVED)
    page.goto("/cases/")
    faults_of_the_network(page)
    page.locator(".account:visible").get_by_role("button", name="Sign out").click()
    page.goto(TOPIC)
    assert ticks(page) == []
    sign_up(page, f"{learner}-2")
    page.wait_for_timeout(2000)
    assert ticks(page) == []
    page.goto("/progress/")
    assert "Nothing is kept yet." in page.locator("main").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_with_marks_have_no_accessibility_fault(open_page, axe, learner, scheme):
    page = open_page("/", color_scheme=scheme, reduced_motion="reduce")
    sign_up(page, learner, then="/progress/")
    for address in ["/progress/", TOPIC, "/progress/", "/plans/deep-learning/", "/", "/problems/"]:
        page.goto(address)
        if address == TOPIC:
            page.locator(".question summary").first.click()
            with page.expect_response("**/answers/"):
                page.locator(".question").first.get_by_role("button", name="I did not").click()
        page.evaluate(axe)
        found = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
        faults = [(fault["id"], [node["target"] for node in fault["nodes"]]) for fault in found]
        assert faults == [], address


@pytest.mark.parametrize("viewport", [PHONE, {"width": 820, "height": 900}, DESKTOP])
def test_no_page_of_a_learner_scrolls_sideways(open_page, learner, viewport):
    page = sign_up(open_page("/", viewport=viewport), learner)
    page.get_by_role("button", name="Mark as read").click()
    for address in ["/progress/", TOPIC, "/plans/deep-learning/", "/plans/", "/", "/problems/"]:
        page.goto(address)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], address
