"""The log: all that was attempted is in it, in order, and enough to compute from it."""

import datetime
import math
import random
from collections import defaultdict

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kb.models import Topic
from learn import log as log_module
from learn.log import log
from learn.models import CheckAnswer
from problems.models import EarlierJudgement, GaveUp, HintReveal, Problem, Submission
from tests.problems.client import SLUG, judged, problem_of

LOG = "/api/v1/me/log/"
NOON = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
pytestmark = pytest.mark.usefixtures("shipped")


def at(row, minutes: float, field="created_at"):
    """Put a row at a time; the row."""
    moment = NOON + datetime.timedelta(minutes=minutes)
    type(row).objects.filter(pk=row.pk).update(**{field: moment})
    return row


@pytest.fixture
def problem(shipped):
    return Problem.objects.published().get(slug=SLUG)


@pytest.fixture
def topic(shipped):
    return Topic.objects.published().get(slug="attention")


@pytest.fixture
def afternoon(ada, problem, topic):
    """What Ada did, by what it is: a question, two runs, three tries, two hints, a give-up."""
    run = {"mode": "run", "score": 1.0}
    own = {"arguments": {"prevalence": 0.1, "sensitivity": 0.9, "specificity": 0.9}}
    mistake = {"kind": "misconception", "misconception": "base-rate-neglect", "also": []}
    pair = {"kind": "pair", "misconception": "one", "also": ["two"]}
    rows = {
        "answer": CheckAnswer.objects.create(
            owner=ada, topic=topic, topic_version=3, question="q-1", correct=False, seconds=9.5
        ),
        "run": judged(ada, "wrong_answer", **run),
        "own call": judged(ada, "accepted", **run, **own),
        "first": judged(ada, "wrong_answer", score=0.25, diagnosis=mistake, seconds=0.5),
        "hint 1": HintReveal.objects.create(
            owner=ada, problem=problem, problem_version=2, number=1
        ),
        "hint 2": HintReveal.objects.create(owner=ada, problem=problem, number=2),
        "second": judged(ada, "runtime_error", diagnosis=pair),
        "give-up": GaveUp.objects.create(owner=ada, problem=problem, problem_version=2),
        "last": judged(ada),
        "other": judged(ada, slug="softmax"),
    }
    for minutes, row in enumerate(rows.values()):
        at(row, minutes, "created_at" if isinstance(row, Submission) else "at")
    return rows


# --- what is in it -------------------------------------------------------------------------------


def test_nothing_attempted_is_an_empty_log(ada):
    assert list(log(ada)) == []
    assert list(log(AnonymousUser())) == []


def test_everything_is_in_it_in_the_order_of_time(ada, afternoon):
    events = list(log(ada))
    types = ["answer", "run", "run", "submit", "hint", "hint", "submit", "give-up"]
    assert [event.type for event in events] == [*types, "submit", "submit"]
    assert [event.at for event in events] == [
        NOON + datetime.timedelta(minutes=minutes) for minutes in range(10)
    ]
    assert [event.problem for event in events] == [None, *[SLUG] * 8, "softmax"]


def test_a_try_is_known_with_all_that_went_before_it(ada, afternoon):
    tries = {event.id: event for event in log(ada) if event.type == "submit"}
    first, second, last, other = (
        tries[afternoon[name].pk] for name in ("first", "second", "last", "other")
    )
    assert [one.attempt for one in (first, second, last, other)] == [1, 2, 3, 1]
    assert [one.hints_before for one in (first, second, last, other)] == [0, 2, 2, 0]
    assert [one.gave_up_before for one in (first, second, last)] == [False, False, True]
    assert (first.verdict, first.score, first.version) == ("wrong_answer", 0.25, 1)
    assert (first.diagnosis, first.misconceptions) == ("misconception", ["base-rate-neglect"])
    assert (second.diagnosis, second.misconceptions) == ("pair", ["one", "two"])
    assert (last.diagnosis, last.misconceptions) == (None, [])
    assert (first.judging_seconds, first.state) == (0.5, "succeeded")
    assert first.finished_at == afternoon["first"].finished_at


def test_runs_are_marked_and_are_no_attempts(ada, afternoon):
    run, own_call = [event for event in log(ada) if event.type == "run"]
    assert (run.attempt, run.own_call, run.verdict) == (None, False, "wrong_answer")
    assert (own_call.attempt, own_call.own_call) == (None, True)


def test_hints_give_ups_and_answers_have_their_versions(ada, afternoon):
    events = list(log(ada))
    hints = [(one.hint, one.version) for one in events if one.type == "hint"]
    assert hints == [(1, 2), (2, None)]
    [given_up] = [one for one in events if one.type == "give-up"]
    assert (given_up.problem, given_up.version) == (SLUG, 2)
    [answer] = [one for one in events if one.type == "answer"]
    assert (answer.topic, answer.version, answer.question) == ("attention", 3, "q-1")
    assert (answer.correct, answer.seconds) == (False, 9.5)


def test_what_was_not_judged_is_in_it_without_a_verdict(ada):
    waiting, fault = judged(ada), judged(ada)
    none = {"verdict": None, "score": None}
    Submission.objects.filter(pk=waiting.pk).update(state="queued", finished_at=None, **none)
    Submission.objects.filter(pk=fault.pk).update(state="failed", **none)
    found = {event.id: event for event in log(ada)}
    assert (found[waiting.pk].state, found[waiting.pk].attempt) == ("queued", None)
    assert (found[fault.pk].state, found[fault.pk].verdict) == ("failed", None)


def test_what_was_judged_at_the_time_stays_known(ada, afternoon):
    first = afternoon["first"]
    Submission.objects.filter(pk=first.pk).update(problem_version=4, verdict="accepted", score=1)
    for version, verdict in ((3, "runtime_error"), (1, "wrong_answer")):
        EarlierJudgement.objects.create(
            submission=first,
            problem_version=version,
            verdict=verdict,
            score=0.5,
            diagnosis=first.diagnosis if version == 1 else None,
        )
    [event] = [one for one in log(ada) if one.id == first.pk]
    assert (event.version, event.verdict, event.score) == (4, "accepted", 1)
    assert [(one.version, one.verdict) for one in event.earlier] == [
        (1, "wrong_answer"),
        (3, "runtime_error"),
    ]
    assert event.at_the_time.misconceptions == ["base-rate-neglect"]
    [untouched] = [one for one in log(ada) if one.id == afternoon["second"].pk]
    assert untouched.at_the_time is untouched


def test_what_is_withdrawn_was_attempted_all_the_same(ada, afternoon):
    Problem.objects.filter(slug="softmax").update(state="draft")
    assert [event.problem for event in log(ada)][-1] == "softmax"


def test_nobody_else_is_in_it(ada, bob, afternoon, problem):
    HintReveal.objects.create(owner=bob, problem=problem, number=1)
    mine = judged(bob)
    before = list(log(ada))
    [hint, event] = log(bob)
    assert (hint.type, event.id) == ("hint", mine.pk)
    assert (event.attempt, event.hints_before, event.gave_up_before) == (1, 1, False)
    assert list(log(ada)) == before


def test_it_is_read_in_parts_without_losing_what_happened_at_one_moment(ada, problem, monkeypatch):
    monkeypatch.setattr(log_module, "AT_ONCE", 3)
    for _ in range(5):
        at(judged(ada), 0)
    for number in range(1, 13):
        at(HintReveal.objects.create(owner=ada, problem=problem, number=number), 0, "at")
    events = list(log(ada))
    assert [event.hint for event in events if event.type == "hint"] == list(range(1, 13))
    tries = [event for event in events if event.type == "submit"]
    assert [event.attempt for event in tries] == [1, 2, 3, 4, 5]
    assert len({event.id for event in tries}) == 5


# --- what can be computed from it ----------------------------------------------------------------


@pytest.fixture
def classroom(shipped):
    """Thirty learners of known ability try problems of known difficulty, up to three times."""
    chance = random.Random(11)
    difficulties = dict(
        zip(
            ["softmax", SLUG, "kmeans-step", "beta-binomial-posterior", "multi-head-attention"],
            [-2.0, -1.0, 0.0, 1.0, 2.0],
            strict=True,
        )
    )
    learners = User.objects.bulk_create(User(username=f"learner-{place}") for place in range(30))
    abilities = {learner: -2 + 4 * place / 29 for place, learner in enumerate(learners)}
    problems = {one.slug: one for one in Problem.objects.published()}
    rows, now = [], timezone.now()
    for learner, ability in abilities.items():
        for slug, difficulty in difficulties.items():
            for attempt in range(3):
                is_right = chance.random() < 1 / (1 + math.exp(difficulty - ability))
                moment = NOON + datetime.timedelta(minutes=len(rows))
                rows.append(
                    Submission(
                        owner=learner,
                        problem=problems[slug],
                        problem_version=1,
                        mode="submit",
                        code="",
                        time_limit=1,
                        state="succeeded",
                        verdict="accepted" if is_right else "wrong_answer",
                        score=float(is_right),
                        attempt=1,
                        started_at=now,
                        finished_at=moment,
                        created_at=moment,
                    )
                )
                if is_right and attempt < 2:
                    break
    times = [row.created_at for row in rows]
    for row, moment in zip(Submission.objects.bulk_create(rows), times, strict=True):
        row.created_at = moment
    Submission.objects.bulk_update(rows, ["created_at"])
    return difficulties, abilities


def test_the_share_solved_at_each_attempt_can_be_computed(classroom):
    difficulties, abilities = classroom
    tries, right = defaultdict(int), defaultdict(int)
    for learner in abilities:
        for event in log(learner):
            if event.attempt:
                tries[event.problem, event.attempt] += 1
                right[event.problem, event.attempt] += event.verdict == "accepted"
    # The same, asked of the database.
    for slug in difficulties:
        rows = Submission.objects.filter(problem__slug=slug)
        assert sum(tries[slug, attempt] for attempt in (1, 2, 3)) == rows.count()
        solved = rows.filter(verdict="accepted").count()
        assert sum(right[slug, attempt] for attempt in (1, 2, 3)) == solved
        assert tries[slug, 1] == len(abilities)
    shares = [right[slug, 1] / tries[slug, 1] for slug in difficulties]
    assert shares[0] > shares[2] > shares[4]


def test_difficulty_and_ability_can_be_fitted(classroom):
    """A Rasch model of the first attempts, by gradient ascent on its penalised likelihood."""
    difficulties, abilities = classroom
    first = [
        (learner, event.problem, event.verdict == "accepted")
        for learner in abilities
        for event in log(learner)
        if event.attempt == 1
    ]
    hardness, ability = dict.fromkeys(difficulties, 0.0), dict.fromkeys(abilities, 0.0)
    for _ in range(300):
        pull = {**{one: -value for one, value in ability.items()}}
        push = {**{one: -0.1 * value for one, value in hardness.items()}}
        for learner, slug, is_right in first:
            miss = is_right - 1 / (1 + math.exp(hardness[slug] - ability[learner]))
            pull[learner] += miss
            push[slug] -= miss
        for learner in ability:
            ability[learner] += 0.1 * pull[learner]
        for slug in hardness:
            hardness[slug] += 0.1 * push[slug]
    assert correlation([(hardness[one], difficulties[one]) for one in hardness]) > 0.9
    assert correlation([(ability[one], abilities[one]) for one in ability]) > 0.6


def correlation(pairs: list[tuple[float, float]]) -> float:
    mean = [sum(pair[place] for pair in pairs) / len(pairs) for place in (0, 1)]
    moved = [(one - mean[0], other - mean[1]) for one, other in pairs]
    spread = math.sqrt(sum(one**2 for one, _ in moved) * sum(other**2 for _, other in moved))
    return sum(one * other for one, other in moved) / spread


def test_when_a_question_is_due_again_can_be_computed(ada, topic):
    """A box of Leitner for each question: up with a right answer, to the first with a wrong one."""
    answers = [(0, "q-1", True), (1, "q-1", True), (2, "q-2", True), (3, "q-2", False)]
    for minutes, question, correct in answers:
        row = CheckAnswer.objects.create(
            owner=ada, topic=topic, topic_version=1, question=question, correct=correct
        )
        at(row, minutes, "at")
    boxes, last = defaultdict(int), {}
    for event in log(ada):
        boxes[event.question] = boxes[event.question] + 1 if event.correct else 0
        last[event.question] = event.at
    due = {one: last[one] + datetime.timedelta(days=2 ** boxes[one]) for one in boxes}
    assert due == {
        "q-1": NOON + datetime.timedelta(days=4, minutes=1),
        "q-2": NOON + datetime.timedelta(days=1, minutes=3),
    }


# --- over the API --------------------------------------------------------------------------------


@pytest.fixture
def learner(api_as, ada):
    return api_as(ada)


def test_the_api_answers_it_a_part_at_a_time_forth_and_back(learner, afternoon):
    everything = learner.get(f"{LOG}?page_size=100").json()
    assert (everything["next"], everything["previous"]) == (None, None)
    pages, url = [], f"{LOG}?page_size=3"
    while url:
        pages.append(learner.get(url).json())
        url = pages[-1]["next"]
    assert [len(page["results"]) for page in pages] == [3, 3, 3, 1]
    assert [one for page in pages for one in page["results"]] == everything["results"]
    back, url = [], pages[-1]["previous"]
    while url:
        back.append(learner.get(url).json())
        url = back[-1]["previous"]
    assert [page["results"] for page in back] == [page["results"] for page in pages[2::-1]]
    assert learner.get(back[-1]["next"]).json()["results"] == pages[1]["results"]


def test_an_event_has_every_field(learner, afternoon):
    [answer, *_] = learner.get(LOG).json()["results"]
    assert answer == {
        "at": "2026-11-24T12:00:00Z",
        "type": "answer",
        "problem": None,
        "topic": "attention",
        "version": 3,
        "hint": None,
        "question": "q-1",
        "correct": False,
        "seconds": 9.5,
        "id": None,
        "state": None,
        "attempt": None,
        "own_call": None,
        "verdict": None,
        "score": None,
        "diagnosis": None,
        "misconceptions": [],
        "judging_seconds": None,
        "memory_mb": None,
        "finished_at": None,
        "hints_before": None,
        "gave_up_before": None,
        "earlier": [],
    }


@pytest.mark.parametrize(
    "cursor",
    [
        *("x", "", "%00", "YQ==", "é", "a" * 400),
        # "after 2026-11-24T12:00:00 0 1 ": a time of no place.
        "YWZ0ZXIgMjAyNi0xMS0yNFQxMjowMDowMCAwIDEg",
        # "after 9999-12-31T23:59:59-23:59 0 1 ": later than any.
        "YWZ0ZXIgOTk5OS0xMi0zMVQyMzo1OTo1OS0yMzo1OSAwIDEg",
        # "after 2026-11-24T12:00:00+00:00 3 0 no-uuid"
        "YWZ0ZXIgMjAyNi0xMS0yNFQxMjowMDowMCswMDowMCAzIDAgbm8tdXVpZA==",
    ],
)
def test_a_cursor_that_is_none_is_a_400(learner, afternoon, cursor):
    body = problem_of(learner.get(f"{LOG}?cursor={cursor}"), 400)
    assert body["errors"][0]["pointer"] == "?cursor"


def test_a_part_takes_three_queries_however_long_the_log_is(ada, afternoon):
    for _ in range(200):
        judged(ada)
    with CaptureQueriesContext(connection) as queries:
        assert len(log_module.part(ada, 100)) == 100
    assert len(queries) == 3
