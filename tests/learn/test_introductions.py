"""The sentences that introduce a day: well formed, about that day, and true of the catalogue."""

import datetime
import re

import pytest
from django.utils import timezone

from kb.models import Card
from learn import digest
from tests.learn.made_up import CASES, PLANS, PROBLEMS, TECHNIQUES, TOPICS, publish_made_up

MONDAY = datetime.date(2026, 11, 23)
A_DAY = datetime.timedelta(days=1)
TOPIC = {
    slug: dict(zip(("title", "plan", "uses", "needs"), row, strict=True)) for slug, *row in TOPICS
}
PROBLEM = {
    slug: dict(zip(("title", "level", "uses", "topics", "cases"), row, strict=True))
    for slug, *row in PROBLEMS
}
CASE = {
    slug: dict(zip(("title", "company", "domain", "uses", "topics"), row, strict=True))
    for slug, *row in CASES
}
TITLES = {row["title"] for kind in (TOPIC, PROBLEM, CASE) for row in kind.values()}
TITLES |= {*TECHNIQUES.values(), *PLANS.values()}
DIFFICULT = {"an easy one": "easy", "is easy": "easy", "a hard one": "hard", "is hard": "hard"}
DIFFICULT["of medium difficulty"] = "medium"


@pytest.fixture
def days(db, monkeypatch):
    """A whole year, as it would be."""
    publish_made_up()
    moment = datetime.datetime.combine(MONDAY, datetime.time(12), datetime.UTC)
    monkeypatch.setattr(timezone, "now", lambda: moment)

    def of(*without: str, count: int = 366):
        Card.objects.filter(type__in=without).delete()
        return digest.coming(count)

    return of


def slug_of(day, part: str) -> str:
    said = getattr(day, part)
    return said["slug"] if said else ""


def topics_named(text: str) -> set[str]:
    return {slug for slug, row in TOPIC.items() if row["title"] in text}


def technique_named(text: str) -> str:
    [slug] = [slug for slug, title in TECHNIQUES.items() if title.casefold() in text.casefold()]
    return slug


def check_form(text: str) -> None:
    assert re.fullmatch(r"[A-Z].*\.", text), text
    assert not re.search(r"  | [.,:;?!]|\.\.|,,|[{}]|\n", text), text
    for sentence in re.split(r"(?<=[.?!]) ", text):
        assert sentence[0].isupper(), text


def check_topic(day, days_before) -> None:
    topic, text = TOPIC[slug_of(day, "topic")], day.introduction
    assert topic["title"] in text
    if found := re.search(r"plan (.+?)(?:: |\.|, and )", text):
        assert found[1] == PLANS[topic["plan"]]
    if re.search(r"builds on it\b|’s topic, .+ builds on|next step after", text.split(". ")[0]):
        assert topics_named(text) & set(topic["needs"])
        lately = {f"{day.date - number * A_DAY:%A}": number for number in range(1, 7)}
        lately["esterday"] = 1
        [ago] = [number for word, number in lately.items() if word in text]
        assert slug_of(days_before[-ago], "topic") in topic["needs"], text


def check_problem(day) -> None:
    problem, text = PROBLEM[slug_of(day, "problem")], day.introduction
    practised = set(problem["topics"])
    topic = slug_of(day, "topic")
    for words, level in DIFFICULT.items():
        assert words not in text or problem["level"] == level, text
    named = topics_named(text)
    if re.search(r"practises it\b|goes with it|To practise it|of the same name", text):
        assert topic in practised, text
    elif re.search(r"back a step|the topic needs|which the topic", text):
        assert named & practised & set(TOPIC[topic]["needs"]), text
    elif re.search(r"ahead|comes next|which needs the topic", text):
        assert [slug for slug in named & practised if topic in TOPIC[slug]["needs"]], text
    elif re.search(r"practises|about .+ and is|one about", text):
        assert named & practised, text
    else:
        assert problem["title"] in text


def check_case(day) -> None:
    case, text = CASE[slug_of(day, "case_study")], day.introduction
    assert case["company"] in text
    used = {"topic": set(), "problem": set()}
    for part, kind in (("topic", TOPIC), ("problem", PROBLEM)):
        if slug := slug_of(day, part):
            used[part] = set(kind[slug]["uses"])
    last = text[max(0, text.rfind(case["company"]) - 80) :]
    if re.search(r"with both|all three|all turn on", last):
        assert technique_named(last) in used["topic"] & used["problem"] & set(case["uses"])
    elif found := re.search(
        r"the (topic|problem) and the case|with the (\w+)\.|links the (\w+)", last
    ):
        part = next(filter(None, found.groups()))
        assert technique_named(last) in used[part] & set(case["uses"]), text
    elif "background to the problem" in last:
        assert slug_of(day, "case_study") in PROBLEM[slug_of(day, "problem")]["cases"], text
    elif re.search(r"The topic is background|helps to know the topic", last):
        assert slug_of(day, "topic") in case["topics"], text
    elif re.search(r"change of scene|somewhere else", last):
        assert not set(case["uses"]) & (used["topic"] | used["problem"]), text


@pytest.mark.parametrize(
    "without",
    [
        (),
        ("topic",),
        ("problem",),
        ("case-study",),
        ("topic", "problem"),
        ("topic", "case-study"),
        ("problem", "case-study"),
        ("technique", "study-plan"),
    ],
)
def test_every_introduction_of_a_year_is_well_formed_and_true(days, without):
    year = days(*without)
    for number, day in enumerate(year):
        check_form(day.introduction)
        if number >= 7 and day.topic:
            check_topic(day, year[:number])
        if day.problem:
            check_problem(day)
        if day.case_study:
            check_case(day)


def test_an_introduction_names_nothing_but_what_the_day_has_to_do_with(days):
    for day in days():
        text = day.introduction
        topic, problem = TOPIC[slug_of(day, "topic")], PROBLEM[slug_of(day, "problem")]
        near = {slug_of(day, "topic"), *topic["needs"], *problem["topics"]}
        known = {problem["title"], CASE[slug_of(day, "case_study")]["title"], PLANS[topic["plan"]]}
        known |= {TOPIC[slug]["title"] for slug in near if slug in TOPIC}
        known |= {TECHNIQUES[slug] for slug in CASE[slug_of(day, "case_study")]["uses"]}
        for title in TITLES - known:
            if not any(title in other for other in known):
                assert title not in text, text


def test_what_is_published_no_more_is_not_named(days):
    text = " ".join(day.introduction for day in days("technique", "study-plan")).casefold()
    for title in [*PLANS.values(), *(set(TECHNIQUES.values()) - {"k-means"})]:
        assert title.casefold() not in text


def test_the_wording_changes_from_day_to_day(days):
    texts = [day.introduction for day in days(count=60)]
    assert len(set(texts)) == 60
    beginnings = [text.split(" ")[0:2] for text in texts]
    for first, second, third in zip(beginnings, beginnings[1:], beginnings[2:], strict=False):
        assert not first == second == third


def test_a_problem_with_the_title_of_its_topic_is_not_named_twice(days):
    for day in days():
        if day.topic["title"] == day.problem["title"]:
            assert day.introduction.count(day.topic["title"]) == 1, day.introduction
