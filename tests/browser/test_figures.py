"""The figures, used as a reader uses them, against the server's and SciPy's numbers."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats

TOPIC = "/topics/bayesian-inference/"
GRID = "#figure-natural-frequencies"
COIN = "#figure-beta-binomial"
SOURCES = Path(__file__).resolve().parents[2] / "web" / "assets" / "src" / "figures"


def set_slider(figure, label: str, value: float) -> None:
    figure.get_by_label(label).evaluate(
        """(input, value) => {
          input.value = value;
          input.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        value,
    )


def commit(page):
    figure = page.locator(GRID)
    set_slider(figure, "Your answer, before you look", 80)
    figure.get_by_role("button", name="I say 80%").click()
    return figure


def test_the_reader_says_a_number_before_the_answer_is_shown(open_page):
    page = open_page(TOPIC)
    figure = page.locator(GRID)
    verdict = figure.locator('[data-part="verdict"]')
    assert not verdict.is_visible()
    assert not figure.locator('[data-part="point"]').is_visible()
    commit(page)
    page.wait_for_function(
        "selector => document.querySelector(selector).textContent.includes('You said 80%')",
        arg=f'{GRID} [data-part="verdict"]',
    )
    assert verdict.inner_text() == (
        "You said 80%. Of 98 people with a positive test, 9 are ill: 9.2%."
    )
    assert figure.get_by_label("Prevalence").is_visible()


def test_without_javascript_the_answer_unfolds(open_page):
    page = open_page(TOPIC, java_script_enabled=False)
    figure = page.locator(GRID)
    figure.get_by_text("Show the answer").click()
    assert "9 are ill" in figure.locator('[data-part="verdict"]').inner_text()
    assert "posterior Beta(28, 16)" in page.locator(COIN).inner_text()


def test_a_long_drag_ends_on_its_last_value_and_meets_no_refusal(open_page):
    page = open_page(TOPIC)
    figure = commit(page)
    page.locator(f"{GRID} .figure-links a").first.wait_for()
    slider = figure.get_by_label("Prevalence")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 12, middle)
    page.mouse.down()
    for step in range(250):  # some five seconds
        swing = 0.5 - 0.48 * np.cos(step / 12)
        page.mouse.move(box["x"] + 10 + swing * (box["width"] - 20), middle)
        page.wait_for_timeout(20)
    page.mouse.up()
    last = float(slider.input_value())
    positive = 0.9 * last + 0.09 * (1 - last)
    expected = f"{100 * 0.9 * last / positive:.1f}".rstrip("0").rstrip(".")
    page.wait_for_function(
        "([selector, text]) => document.querySelector(selector).textContent.endsWith(text)",
        arg=[f'{GRID} [data-part="verdict"]', f": {expected}%."],
    )
    jobs = [status for status, url in page.watch.statuses if "/compute/jobs/" in url]
    assert len(jobs) > 10
    assert set(jobs) <= {200, 201}
    counts = figure.locator("[data-count]:visible")
    assert sum(int(text.replace(",", "")) for text in counts.all_inner_texts()) == 1000


def test_a_setting_lives_in_the_address_and_can_be_shared(open_page):
    page = open_page(TOPIC)
    figure = commit(page)
    set_slider(figure, "Prevalence", 0.25)
    page.wait_for_url("**natural-frequencies.prevalence=0.25**")
    shared = open_page(page.url)
    shared.wait_for_function(
        "selector => document.querySelector(selector).textContent.includes('250 are ill')",
        arg=f'{GRID} [data-part="question"]',
    )
    assert shared.locator(GRID).get_by_label("Prevalence").input_value() == "0.25"


def test_a_hostile_address_is_only_text(open_page):
    page = open_page(f"{TOPIC}?natural-frequencies.said=<img src=x onerror=alert(1)>")
    page.locator(f"{GRID} .figure-links a").first.wait_for()
    assert page.locator(f"{GRID} img").count() == 0


def test_the_scrubber_plays_pauses_and_steps(open_page):
    page = open_page(TOPIC)
    figure = page.locator(COIN)
    figure.scroll_into_view_if_needed()
    scrub = figure.get_by_label("Observations seen")
    scrub.wait_for()
    assert scrub.input_value() == "40"
    play = figure.get_by_role("button", name="Play")
    play.click()
    page.wait_for_function(
        "selector => Number(document.querySelector(selector).value) > 3",
        arg=f"{COIN} .figure-transport input",
    )
    figure.get_by_role("button", name="Pause").click()
    stopped = int(scrub.input_value())
    assert 3 < stopped < 40
    scrub.focus()
    page.keyboard.press("ArrowRight")
    assert int(scrub.input_value()) == stopped + 1
    page.keyboard.press("Space")
    figure.get_by_role("button", name="Pause").wait_for()
    page.keyboard.press("Space")
    page.keyboard.press("Home")
    assert "Before any observation: prior Beta(2, 2)" in figure.inner_text()
    page.keyboard.press("End")
    low, high = stats.beta(28, 16).interval(0.95)
    assert f"mean 0.636, 95% interval {low:.3f} to {high:.3f}." in figure.inner_text()


def test_the_prior_is_the_readers(open_page):
    page = open_page(TOPIC)
    figure = page.locator(COIN)
    figure.scroll_into_view_if_needed()
    figure.get_by_label("Observations seen").wait_for()
    set_slider(figure, "Prior α", 20)
    mean = 46 / 62
    page.wait_for_function(
        "([selector, text]) => document.querySelector(selector).textContent.includes(text)",
        arg=[COIN, f"posterior Beta(46, 16), mean {mean:.3f}"],
    )
    assert figure.get_by_role("link", name="Data").get_attribute("href").startswith("/api/v1/")


def test_with_reduced_motion_nothing_plays_by_itself(open_page):
    page = open_page(TOPIC, reduced_motion="reduce")
    figure = page.locator(COIN)
    figure.scroll_into_view_if_needed()
    step = figure.get_by_role("button", name="Step")
    step.wait_for()
    step.click()
    page.wait_for_timeout(700)
    assert figure.get_by_label("Observations seen").input_value() == "1"


def test_a_failure_is_said_and_can_be_tried_again(open_page):
    page = open_page(TOPIC)
    commit(page)
    page.locator(f"{GRID} .figure-links a").first.wait_for()
    figure = page.locator(GRID)
    page.route("**/compute/jobs/", lambda route: route.fulfill(status=429, json={}))
    set_slider(figure, "Prevalence", 0.125)
    again = figure.get_by_role("button", name="Try again")
    again.wait_for()
    assert "Too many requests" in figure.inner_text()
    page.unroute("**/compute/jobs/")
    page.wait_for_timeout(2200)
    again.click()
    page.wait_for_function(
        "selector => document.querySelector(selector).textContent.includes('125 are ill')",
        arg=f'{GRID} [data-part="question"]',
    )
    assert again.count() == 0
    page.watch.faults.clear()  # the browser's own line about the 429


def test_cells_are_walked_with_arrows_and_say_their_value(open_page):
    page = open_page("/topics/attention/")
    figure = page.locator('[data-figure="weights-heatmap"]').first
    figure.scroll_into_view_if_needed()
    figure.locator(".figure-links a").first.wait_for()
    first = figure.get_by_role("gridcell").and_(figure.locator("[tabindex='0']")).first
    first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert re.fullmatch(r"query q2, key k2: [01]\.\d\d", label)
    assert label in figure.locator('[data-part="numbers"]').inner_text()


def test_the_mask_hides_the_future_and_rows_still_sum_to_one(open_page):
    page = open_page("/topics/attention/")
    figure = page.locator('[data-figure="weights-heatmap"]').first
    figure.get_by_label("Causal mask").check()
    page.wait_for_function(
        "figure => figure.querySelector('tbody tr td').textContent === '1.00'",
        arg=figure.element_handle(),
    )
    rows = figure.locator("tbody tr").all()
    table = [[float(cell) for cell in row.locator("td").all_inner_texts()] for row in rows]
    weights, sums = np.array(table)[:, :-1], np.array(table)[:, -1]
    assert (weights[np.triu_indices(3, 1)] == 0).all()
    np.testing.assert_allclose(sums, 1)


@pytest.fixture
def beta_module(browser):
    """web/assets/src/figures/beta.js, run in the browser's own JavaScript."""
    page = browser.new_page()
    source = (SOURCES / "beta.js").read_text().replace("export ", "")
    page.evaluate(f"() => {{ {source}; window.beta = {{ logGamma, betaDensity, betaPeak }}; }}")
    yield page
    page.close()


def test_the_log_gamma_of_the_drawing_is_scipys(beta_module):
    xs = [0.1, 0.5, 1, 1.5, 2, 7.25, 40, 171.5, 1000.5]
    ours = beta_module.evaluate("xs => xs.map(beta.logGamma)", xs)
    np.testing.assert_allclose(ours, special.gammaln(xs), rtol=1e-12, atol=1e-13)


def test_the_drawn_curve_is_the_servers(beta_module, running_site):
    params = {
        "family": "beta-binomial",
        "prior": {"alpha": 2.5, "beta": 1.5},
        "data": [1, 0, 1, 1, 1, 0, 1],
    }
    answer = beta_module.request.post(
        f"{running_site}/api/v1/compute/jobs/",
        data=json.dumps({"kind": "conjugate-update", "params": params}),
        headers={"Content-Type": "application/json", "Prefer": "wait=10"},
    )
    curves = answer.json()["result"]["curves"]
    inner = slice(1, -1)
    drawn = beta_module.evaluate("xs => xs.map(beta.betaDensity(7.5, 3.5))", curves["x"][inner])
    np.testing.assert_allclose(drawn, curves["posterior"][inner], rtol=1e-9, atol=1e-300)
