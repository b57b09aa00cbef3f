"""Which topic, problem and case study a day shows, against plain loops and brute force."""

import datetime
import itertools
import os
import random
import subprocess
import sys
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learn.choice import (
    PARTS,
    CaseStudy,
    Catalogue,
    History,
    Pick,
    Problem,
    Topic,
    choose,
    replacement,
)
from learn.matching import Matching
from tests.processes import ROOT

MONDAY = datetime.date(2026, 11, 23)
A_DAY = datetime.timedelta(days=1)
TECHNIQUES = ["softmax", "attention", "k-means"]


def names(kind: str, most: int = 5):
    return st.integers(0, most).map(lambda count: [f"{kind}-{n}" for n in range(count)])


def some(values):
    return st.frozensets(st.sampled_from(values)) if values else st.just(frozenset())


@st.composite
def catalogues(draw) -> Catalogue:
    """Up to five of each, in any relation."""
    topics = draw(names("topic"))
    everywhere = [*topics, "topic-of-nobody"]
    cases = draw(names("case"))
    problems = []
    for slug in draw(names("problem")):
        practised = draw(some(everywhere))
        home = draw(st.sampled_from(sorted(practised))) if practised else ""
        problems.append(
            Problem(slug, draw(some(TECHNIQUES)), practised, draw(some(cases)), home=home)
        )
    return Catalogue(
        [
            Topic(slug, draw(st.sampled_from("ab")), draw(some(TECHNIQUES)), draw(some(topics[:n])))
            for n, slug in enumerate(topics)
        ],
        problems,
        [CaseStudy(slug, draw(some(TECHNIQUES)), draw(some(everywhere))) for slug in cases],
    )


def of_these(catalogue: Catalogue, slugs: set[str]) -> Catalogue:
    """As if nothing else were published."""
    return Catalogue(
        *([item for item in kind.values() if item.slug in slugs] for kind in catalogue.of.values())
    )


def run(catalogue: Catalogue, count: int, history: History | None = None) -> list[dict[str, str]]:
    """The slugs of so many days."""
    history, days = history or History(), []
    for number in range(count):
        date = MONDAY + number * A_DAY
        picks = choose(date, catalogue, history)
        history.add(date, picks)
        days.append({part: pick.slug for part, pick in picks.items()})
    return days


def fits(catalogue: Catalogue, topic: str, problem: str) -> bool:
    """Whether a problem practises a topic, what that needs, or what needs it."""
    return any(
        practised == topic
        or practised in catalogue.topics[topic].prerequisites
        or (practised in catalogue.topics and topic in catalogue.topics[practised].prerequisites)
        for practised in catalogue.problems[problem].topics
    )


def how_many_fit(catalogue: Catalogue, days: list[dict[str, str]]) -> int:
    return sum(fits(catalogue, day["topic"], day["problem"]) for day in days)


# --- Rounds -------------------------------------------------------------------------------------


@given(st.data())
def test_nothing_repeats_before_everything_published_had_its_day(data):
    catalogue = data.draw(catalogues())
    everything = [slug for kind in catalogue.of.values() for slug in kind]
    weeks = data.draw(st.lists(some(everything), min_size=1, max_size=14))
    pins = data.draw(st.dictionaries(st.integers(0, 13), some(everything)))
    history, seen, yesterday = History(), {part: set() for part in PARTS}, dict.fromkeys(PARTS, "")
    for number, published in enumerate(weeks):
        there = of_these(catalogue, published)
        given_, kept = {}, {}
        for part in PARTS:
            of_part = sorted(there.of[part])
            for slug in of_part:
                if slug in pins.get(number, ()):
                    given_[part] = slug
            later = set().union(*(slugs for day, slugs in pins.items() if day > number))
            kept[part] = later.intersection(of_part)
        date = MONDAY + number * A_DAY
        picks = choose(date, there, history, given_, kept)
        history.add(date, picks)

        for part in PARTS:
            slug, of_part = picks[part].slug, set(there.of[part])
            if not of_part:
                assert picks[part] == Pick()
                continue
            assert slug in of_part
            is_over = of_part <= seen[part]
            if part in given_:
                assert slug == given_[part]
            else:
                assert is_over or slug not in seen[part]
                assert slug != yesterday[part] or of_part == {slug}
                free = of_part if is_over else of_part - seen[part]
                free = free - {yesterday[part]} or free
                # What is pinned to a day to come waits for it, where there is anything else.
                assert slug not in kept[part] or free <= kept[part]
            seen[part] = {slug} if is_over else seen[part] | {slug}
            yesterday[part] = slug


@given(catalogues())
def test_a_round_of_each_kind_has_everything_once(catalogue):
    days = run(catalogue, 12)
    for part in PARTS:
        shown, size = [day[part] for day in days], len(catalogue.of[part])
        for start in range(0, 12 - size + 1, size or 12):
            assert sorted(shown[start : start + size]) == sorted(catalogue.of[part])


def test_what_is_published_in_the_middle_of_a_round_has_its_day_in_it():
    topics = [Topic(f"topic-{n}") for n in range(4)]
    history = History()
    before = run(Catalogue(topics[:3]), 2, history)
    after = run(Catalogue(topics), 2, history)
    assert {day["topic"] for day in before + after} == set(Catalogue(topics).topics)


def test_a_pin_that_is_shown_a_second_time_does_not_begin_a_round():
    catalogue, history = Catalogue([Topic(f"topic-{n}") for n in range(4)]), History()
    for number, slug in enumerate(["topic-2", "topic-2", "topic-2"]):
        date = MONDAY + number * A_DAY
        picks = choose(date, catalogue, history, {"topic": slug})
        assert picks["topic"] == Pick("topic-2", 1)
        history.add(date, picks)
    shown = [day["topic"] for day in run(catalogue, 3, history)]
    assert sorted(shown) == ["topic-0", "topic-1", "topic-3"]


# --- Topics and problems meet -------------------------------------------------------------------


def most_that_fit(catalogue: Catalogue, topics, problems) -> int:
    """By trying every order."""
    few, many, turned = sorted(topics), sorted(problems), False
    if len(few) > len(many):
        few, many, turned = many, few, True
    return max(
        sum(
            fits(catalogue, *((other, one) if turned else (one, other)))
            for one, other in zip(few, order, strict=True)
        )
        for order in itertools.permutations(many, len(few))
    )


@given(catalogues(), st.data())
def test_no_order_of_what_is_left_has_more_days_on_which_the_problem_fits(catalogue, data):
    """From any point in a round on, up to the end of the shorter one."""
    history = History()
    left = {}
    for part in ("topic", "problem"):
        had = data.draw(st.lists(st.sampled_from([*catalogue.of[part], ""]), unique=True))
        for slug in had:
            picks = {name: Pick(slug, 1) if name == part else Pick() for name in PARTS}
            history.add(MONDAY - A_DAY, picks)
        # All seen: the next round begins, and what it may begin with is tested above.
        left[part] = sorted(set(catalogue.of[part]) - set(had))
    if not left["topic"] or not left["problem"]:
        return
    count = min(map(len, left.values()))
    days = run(catalogue, count, history)
    best = most_that_fit(catalogue, left["topic"], left["problem"])
    assert how_many_fit(catalogue, days) == best


@given(catalogues())
def test_over_the_longer_round_no_plan_has_more_such_days(catalogue):
    """Where one kind has more, the other goes through its rounds meanwhile."""
    topics, problems = sorted(catalogue.topics), sorted(catalogue.problems)
    if not topics or not problems:
        return
    count, soon = max(len(topics), len(problems)), min(len(topics), len(problems))

    @cache
    def best(number, topics_left, problems_left):
        """The most while both are in their first round, and then the most afterwards."""
        if number == count:
            return (0, 0)
        topics_left, problems_left = topics_left or topics_all, problems_left or problems_all
        found = (0, 0)
        for topic, problem in itertools.product(topics_left, problems_left):
            now, later = best(number + 1, topics_left - {topic}, problems_left - {problem})
            is_fit = fits(catalogue, topic, problem)
            found = max(found, (now + is_fit * (number < soon), later + is_fit * (number >= soon)))
        return found

    topics_all, problems_all = frozenset(topics), frozenset(problems)
    days = run(catalogue, count)
    now, later = best(0, topics_all, problems_all)
    assert how_many_fit(catalogue, days[:soon]) == now
    # That nothing comes on two days running may cost a day where the shorter round begins again.
    again = (count - 1) // soon
    assert later - again <= how_many_fit(catalogue, days[soon:]) <= later


# --- Problems at home ---------------------------------------------------------------------------


def test_a_topic_has_the_problem_that_was_written_for_it():
    """Every problem practises every topic, and the first in order are others' own."""
    topics = [Topic(f"topic-{n}") for n in range(6)]
    everywhere = frozenset(topic.slug for topic in topics)
    problems = [
        Problem(f"problem-{n}", topics=everywhere, home=f"topic-{n}") for n in reversed(range(6))
    ]
    for day in run(Catalogue(topics, problems), 12):
        assert day["topic"].removeprefix("topic-") == day["problem"].removeprefix("problem-")


def test_a_topic_does_not_take_the_problem_of_one_that_comes_later():
    topics = [Topic("attention"), Topic("multi-head", prerequisites=frozenset({"attention"}))]
    of_both = frozenset({"attention", "multi-head"})
    softmax = frozenset({"attention", "entropy"})
    problems = [
        Problem("multi-head", topics=of_both, home="multi-head"),
        Problem("softmax", topics=softmax, home="entropy"),
        Problem("k-means", topics=frozenset({"clusters"}), home="clusters"),
    ]
    first, second = run(Catalogue(topics, problems), 2)
    assert (first["topic"], first["problem"]) == ("attention", "softmax")
    assert (second["topic"], second["problem"]) == ("multi-head", "multi-head")


def test_a_topic_with_two_problems_can_spare_one():
    topics = [Topic("attention"), Topic("multi-head")]
    both = frozenset({"attention", "multi-head"})
    problems = [Problem(slug, topics=both, home="multi-head") for slug in ("heads", "masks")]
    first, second = run(Catalogue(topics, problems), 2)
    assert (first["topic"], second["topic"]) == ("attention", "multi-head")
    assert {first["problem"], second["problem"]} == {"heads", "masks"}


def test_a_match_for_both_topics_comes_before_a_problem_at_home():
    topics = [Topic("attention"), Topic("multi-head")]
    problems = [
        Problem("heads", topics=frozenset({"attention", "multi-head"}), home="attention"),
        Problem("scores", topics=frozenset({"attention"}), home="other"),
    ]
    days = run(Catalogue(topics, problems), 2)
    assert {day["topic"]: day["problem"] for day in days} == {
        "attention": "scores",
        "multi-head": "heads",
    }


# --- The case study -----------------------------------------------------------------------------


@given(catalogues())
def test_the_case_shares_a_technique_where_one_that_is_left_does(catalogue):
    left: set[str] = set()
    yesterday = ""
    for day in run(catalogue, 10):
        left = left or set(catalogue.cases)
        free = left - {yesterday} or left
        techniques = catalogue.techniques_of(day["topic"], day["problem"])
        tied = {slug for slug in free if catalogue.cases[slug].techniques & techniques}
        assert not tied or day["case_study"] in tied
        left = left - {day["case_study"]}
        yesterday = day["case_study"]


# --- The empty, the single, the many ------------------------------------------------------------


def test_nothing_is_chosen_from_nothing():
    assert run(Catalogue(), 3) == [dict.fromkeys(PARTS, "")] * 3


@pytest.mark.parametrize("part", PARTS)
def test_a_single_item_comes_every_day(part):
    number = PARTS.index(part)
    kinds = [[], [], []]
    kinds[number] = [(Topic, Problem, CaseStudy)[number]("alone")]
    assert run(Catalogue(*kinds), 3) == [dict.fromkeys(PARTS, "") | {part: "alone"}] * 3


def made_up(count: int) -> Catalogue:
    """Each problem practises two topics."""
    make = random.Random(7)
    techniques = [f"technique-{n}" for n in range(50)]
    topics, problems, cases = [], [], []
    for n in range(count):
        before = [f"topic-{other}" for other in range(max(0, n - 20), n)]
        needed = frozenset(make.sample(before, min(2, n)))
        topics.append(Topic(f"topic-{n}", f"plan-{n % 7}", frozenset(techniques[n % 50]), needed))
        practised = [f"topic-{n}", f"topic-{make.randrange(count)}"]
        used = frozenset(make.sample(techniques, 3))
        problems.append(Problem(f"problem-{n}", used, frozenset(practised), home=practised[0]))
        used = frozenset(make.sample(techniques, 6))
        cases.append(CaseStudy(f"case-{n}", used, frozenset(), f"company-{n % 90}", f"{n % 9}"))
    return Catalogue(topics, problems, cases)


def test_of_a_thousand_each_no_day_repeats_and_every_problem_fits():
    catalogue = made_up(1000)
    days = run(catalogue, 40)
    for part in PARTS:
        assert len({day[part] for day in days}) == 40
    assert all(catalogue.problems[day["problem"]].home == day["topic"] for day in days)


def made_up_days() -> str:
    """What is chosen for a month, as a process prints it."""
    return repr(run(made_up(60), 90))


def test_every_process_chooses_the_same():
    """The order of a set differs from one to the next."""
    program = "from tests.learn.test_choice import made_up_days; print(made_up_days())"
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert printed == {f"{made_up_days()}\n"}


@pytest.mark.parametrize(
    ("topics", "problems"),
    [([], []), (["a"], []), ([], ["p"]), (["a", "b"], ["p"]), (["a"], ["p", "q"])],
)
def test_where_nothing_fits_everything_is_to_spare(topics, problems):
    """SciPy answers a sparse array for no places at all."""
    matching = Matching(topics, problems, {}, topics, problems)
    assert matching.usable == {}
    assert matching.spare == set(topics if len(topics) >= len(problems) else problems)


def test_fitting_problems_that_had_their_day_are_of_no_use():
    matching = Matching(["a"], ["p"], {"a": {"q"}}, ["a"], ["p", "q"])
    assert matching.usable == {}


# --- In place of what was withdrawn -------------------------------------------------------------


@given(catalogues(), st.sampled_from(PARTS), st.data())
def test_a_replacement_fits_the_rest_of_the_day_as_well_as_any(catalogue, part, data):
    others = {
        name: data.draw(st.sampled_from([*catalogue.of[name], "withdrawn", ""]))
        for name in PARTS
        if name != part
    }
    slug = replacement(part, MONDAY, catalogue, {}, others)
    if not catalogue.of[part]:
        assert slug == ""
        return
    assert slug in catalogue.of[part]
    partner = {"topic": "problem", "problem": "topic"}.get(part, "")
    if others.get(partner) in catalogue.of.get(partner, ()):

        def fits_in(other: str) -> bool:
            pair = others | {part: other}
            return fits(catalogue, pair["topic"], pair["problem"])

        assert fits_in(slug) or not any(map(fits_in, catalogue.of[part]))


def test_days_near_each_other_are_repaired_with_different_items():
    catalogue = Catalogue(cases=[CaseStudy(f"case-{n}") for n in range(9)])
    shown: dict[str, list[datetime.date]] = {"case-0": [MONDAY - A_DAY]}
    found = [
        replacement("case_study", MONDAY + number * A_DAY, catalogue, shown, {})
        for number in range(4)
    ]
    assert "case-0" not in found
    assert len(set(found)) == 4
