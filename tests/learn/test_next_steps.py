"""What to do next, chosen from plain data: in which order, and whether the reasons are true."""

import datetime
import random
import time

import pytest

from learn.next_steps import MOST, Case, Problem, Questions, Topic, next_steps

NOON = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)


def hour(number: int) -> datetime.datetime:
    return NOON + datetime.timedelta(hours=number)


def topic(slug, *, needs=(), state="unread", at=0, read=0, of=6, plan="plan", **fields) -> Topic:
    keys = [f"s{number}" for number in range(of)]
    return Topic(
        slug=slug,
        title=slug.title(),
        url=f"/topics/{slug}/",
        plan=plan,
        plan_title=plan.title(),
        prerequisites=needs,
        section_keys=keys,
        sections_read=keys[:read],
        state=state,
        updated_at=None if state == "unread" else hour(at),
        done_at=hour(at) if state == "done" else None,
        **fields,
    )


def done(slug, at=0, **fields) -> Topic:
    return topic(slug, state="done", at=at, **fields)


def problem(slug, *topics, difficulty="easy", attempts=0, at=0, **fields) -> Problem:
    status = "attempted" if attempts else "todo"
    return Problem(
        slug=slug,
        title=slug.title(),
        url=f"/problems/{slug}/",
        difficulty=difficulty,
        topics=topics,
        attempts=attempts,
        last_at=hour(at) if attempts else None,
        hint_count=4,
        **{"status": status} | fields,
    )


def solved(slug, *topics) -> Problem:
    return problem(slug, *topics, attempts=1, status="solved", solved_at=NOON)


def case(slug, *topics) -> Case:
    return Case(slug, slug.title(), f"/cases/{slug}/", topics)


def steps(topics=(), problems=(), cases=()) -> list[tuple[str, str]]:
    return [(step.slug, step.reason) for step in next_steps(topics, problems, cases)]


def slugs(topics=(), problems=(), cases=()) -> list[str]:
    return [step.slug for step in next_steps(topics, problems, cases)]


# --- the ends ------------------------------------------------------------------------------------


def test_without_anything_published_there_is_nothing_to_do():
    assert next_steps([], [], []) == []


def test_when_everything_is_done_there_is_nothing_left():
    topics = [done("a"), done("b", needs=["a"])]
    assert slugs(topics, [solved("p", "a"), solved("q", "b")], [case("c", "a")]) == []


def test_a_newcomer_begins_with_the_first_topic_of_each_plan_and_an_easy_problem():
    topics = [
        topic("vectors", plan="maths"),
        topic("matrices", plan="maths", needs=["vectors"]),
        topic("odds", plan="maths"),
        topic("ranking", plan="recommenders"),
    ]
    problems = [problem("hard-one", "vectors", difficulty="hard"), problem("dot", "vectors")]
    assert steps(topics, problems, [case("c", "vectors")]) == [
        ("vectors", "It opens Maths; nothing has to be read before it."),
        ("ranking", "It opens Recommenders; nothing has to be read before it."),
        ("odds", "Nothing has to be read before it."),
        ("dot", "An easy problem to begin with; it practises Vectors."),
    ]


def test_a_problem_of_no_published_topic_says_of_none():
    assert steps((), [problem("dot", "planned")]) == [("dot", "An easy problem to begin with.")]
    assert steps((), [solved("dot"), problem("hard", difficulty="hard")]) == [
        ("hard", "A hard problem to go on with.")
    ]


# --- the order -----------------------------------------------------------------------------------


def test_what_was_begun_comes_first_then_what_was_tried_then_what_is_new():
    topics = [
        done("attention", at=1),
        topic("heads", needs=["attention"]),
        topic("odds", state="reading", read=2, at=2),
    ]
    problems = [
        problem("softmax", "attention"),
        problem("bayes", "odds", attempts=2),
        solved("dot", "attention"),
    ]
    cases = [case("radar", "attention"), case("other", "odds")]
    assert steps(topics, problems, cases) == [
        ("odds", "You have read 2 of 6 sections."),
        ("bayes", "Two tries so far, with none of 4 hints revealed."),
        ("softmax", "It practises Attention, which you have read."),
        ("heads", "You have read Attention, which it builds on."),
        ("radar", "It shows Attention at work, which you have read."),
    ]


def test_what_was_begun_or_tried_last_comes_before_what_was_left_long_ago():
    topics = [
        topic(name, state="reading", read=1, at=at) for name, at in [("a", 1), ("b", 3), ("c", 2)]
    ]
    tried = [problem(name, attempts=1, at=at) for name, at in [("p", 1), ("q", 3), ("r", 2)]]
    assert slugs(topics, tried) == ["b", "c", "a", "q", "r", "p"]


def test_what_is_done_solved_or_blocked_is_never_offered():
    topics = [done("a"), topic("b", needs=["c"]), topic("c", state="reading", read=1)]
    problems = [solved("p", "a"), problem("q", "b")]
    assert slugs(topics, problems) == ["c", "q"]
    assert slugs(topics[:1], problems[:1]) == []


def test_of_what_is_open_that_comes_first_which_builds_on_what_was_read():
    topics = [
        topic("first", plan="other"),
        done("attention"),
        topic("alone"),
        topic("heads", needs=["attention"]),
        topic("masks", needs=["attention"]),
        topic("transformers", needs=["masks"]),
        topic("decoders", needs=["masks", "heads"]),
    ]
    # Two build on masks, one on heads.
    assert slugs(topics) == ["masks", "heads", "first"]


def test_problems_of_the_topic_read_last_come_first_and_the_easy_ones_of_it():
    topics = [done("old", at=1), done("new", at=2)]
    problems = [
        problem("a", "old"),
        problem("b", "new", difficulty="hard"),
        problem("c", "new"),
        problem("d", "planned", "old"),
    ]
    assert slugs(topics, problems) == ["c", "b", "a"]


def test_a_problem_of_a_topic_that_is_being_read_says_so():
    reading = topic("odds", state="reading", read=1)
    assert steps([reading], [problem("bayes", "odds")])[1] == (
        "bayes",
        "It practises Odds, which you are reading.",
    )


def test_what_was_given_up_comes_after_what_was_not():
    problems = [
        problem("a", attempts=3, at=5, gave_up=True),
        problem("b", attempts=1, at=1),
    ]
    assert steps((), problems) == [
        ("b", "One try so far, with none of 4 hints revealed."),
        ("a", "Three tries so far; you have opened the editorial, and can still solve it."),
    ]


# --- the reasons ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "of", "questions", "reason"),
    [
        (1, 6, Questions(), "You have read 1 of 6 sections."),
        (6, 6, Questions(), "You have read all 6 sections, and not yet said that you are done."),
        (1, 1, Questions(), "You have read its only section, and not yet said that you are done."),
        (0, 6, Questions(1, 2, 5), "You have answered 2 of 5 questions."),
        (0, 0, Questions(0, 1, 1), "You have answered its question."),
    ],
)
def test_how_far_one_has_come_with_a_topic(read, of, questions, reason):
    begun = topic("a", state="reading", read=read, of=of, questions=questions)
    assert steps([begun]) == [("a", reason)]


MISTAKE = {"kind": "misconception", "misconception": "x", "title": "The base rate is left out."}
PAIR = {"kind": "pair", "misconception": "x", "title": "Two things: one; another", "also": ["y"]}
RELATION = {"kind": "relation", "misconception": None, "title": "Off by a constant factor"}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"attempts": 2, "diagnosis": MISTAKE},
            "Two tries so far; the last fell to a known mistake: The base rate is left out.",
        ),
        (
            {"attempts": 13, "diagnosis": PAIR},
            "13 tries so far; the last fell to a known mistake: Two things: one; another.",
        ),
        (
            {"attempts": 1, "diagnosis": RELATION},
            "One try so far; what the last one showed: Off by a constant factor.",
        ),
        ({"attempts": 2, "hints_revealed": 1}, "Two tries so far, with 1 of 4 hints revealed."),
        ({"attempts": 2, "hints_revealed": 4}, "Two tries so far."),
        ({"hints_revealed": 2}, "You have looked at 2 of 4 hints."),
        (
            {"gave_up": True},
            "No tries so far; you have opened the editorial, and can still solve it.",
        ),
    ],
)
def test_how_it_went_with_a_problem(fields, reason):
    assert steps((), [problem("p", **fields)]) == [("p", reason)]


@pytest.mark.parametrize(
    ("count", "names"),
    [
        (1, "A"),
        (2, "A and B"),
        (3, "A, B and C"),
        (4, "A, B and two more"),
    ],
)
def test_all_that_a_topic_builds_on_is_named_or_counted(count, names):
    needed = "abcd"[:count]
    topics = [*(done(name) for name in needed), topic("next", needs=list(needed))]
    assert steps(topics) == [("next", f"You have read {names}, which it builds on.")]


def test_a_topic_on_which_others_build_says_how_many():
    topics = [done("zero"), topic("one"), topic("two", needs=["one"]), topic("six", needs=["one"])]
    assert steps(topics) == [
        ("one", "Nothing has to be read before it, and two topics build on it.")
    ]


# --- the graph -----------------------------------------------------------------------------------


def test_what_is_only_planned_holds_nothing_up():
    topics = [topic("a", needs=["planned"]), topic("b", needs=["planned", "c"]), done("c")]
    assert steps(topics) == [
        ("b", "You have read C, which it builds on."),
        ("a", "It opens Plan; nothing has to be read before it."),
    ]


def test_a_circle_of_prerequisites_is_broken_where_least_is_missing():
    topics = [
        topic("a", needs=["b", "c"]),
        topic("b", needs=["a"]),
        topic("c", needs=["b"]),
        topic("self", needs=["self", "a"]),
    ]
    assert steps(topics) == [
        ("b", "You have yet to read A, which it builds on."),
        ("c", "You have yet to read B, which it builds on."),
        ("self", "You have yet to read A, which it builds on."),
    ]
    assert slugs([topic("self", needs=["self"])]) == ["self"]


# --- much ----------------------------------------------------------------------------------------


def test_at_most_six_of_mixed_types_the_same_each_time_and_in_no_time():
    chance = random.Random(7)
    states = ("unread", "reading", "done")
    topics = [
        topic(
            f"t{number}",
            needs=[f"t{chance.randrange(1000)}" for _ in range(4)],
            state=chance.choice(states),
            at=chance.randrange(9),
            read=3,
            plan=f"plan-{number // 50}",
        )
        for number in range(1000)
    ]
    problems = [
        problem(
            f"p{number}",
            *(f"t{chance.randrange(1000)}" for _ in range(3)),
            difficulty=chance.choice(["easy", "medium", "hard"]),
            attempts=chance.choice([0, 0, 1]),
            at=chance.randrange(9),
        )
        for number in range(1000)
    ]
    cases = [case(f"c{number}", f"t{number}") for number in range(1000)]
    begun = time.perf_counter()
    found = next_steps(topics, problems, cases)
    assert time.perf_counter() - begun < 0.5
    assert len(found) == MOST
    assert {step.type for step in found} >= {"topic", "problem"}
    assert len({(step.type, step.slug) for step in found}) == MOST
    assert next_steps(topics, problems, cases) == found
    open_ = {one.slug for one in topics if not one.is_done} | {one.slug for one in problems}
    assert {step.slug for step in found if step.type != "case-study"} <= open_
