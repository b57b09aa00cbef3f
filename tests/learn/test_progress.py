"""What is worked out of a learner's rows, and that it stays quick however many there are."""

import time

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from compute.work import State
from kb.models import Card, Topic
from learn.errors import InvalidProgress
from learn.models import CheckAnswer, TopicProgress
from learn.next_steps import Questions
from learn.progress import (
    answer_question,
    progress_of,
    put_topic,
    question_keys,
    section_keys,
    standing_with,
)
from problems.models import HintReveal, Problem, Submission
from tests.problems.client import SLUG, judged

pytestmark = pytest.mark.usefixtures("shipped")


@pytest.fixture
def topic(shipped):
    return Topic.objects.published().get(slug="attention")


def of(user, slug: str):
    return {topic.slug: topic for topic in progress_of(user).topics}[slug]


# --- topics and questions ------------------------------------------------------------------------


def test_what_is_known_of_one_topic_and_of_all_agrees(ada, topic):
    keys, questions = section_keys(topic), question_keys(topic)
    put_topic(ada, topic, keys[:3])
    answer_question(ada, topic, questions[1], True)
    answer_question(ada, topic, questions[0], False, 3.5)
    alone, among_all = standing_with(ada, topic), of(ada, topic.slug)
    assert alone.answers == {questions[0]: False, questions[1]: True}
    same = ("sections_read", "sections", "questions", "state", "updated_at", "done_at")
    for name in same:
        assert getattr(alone.topic, name) == getattr(among_all, name)
    assert among_all.questions == Questions(right=1, answered=2, total=len(questions))


def test_the_last_answer_to_a_question_counts(ada, topic):
    key = question_keys(topic)[0]
    for correct in (True, False, True, False):
        answer_question(ada, topic, key, correct)
        assert standing_with(ada, topic).answers == {key: correct}
        assert of(ada, topic.slug).questions.right == correct
    assert CheckAnswer.objects.of(ada).count() == 4


def test_sections_are_kept_once_each_in_the_order_of_the_text(ada, topic):
    keys = section_keys(topic)
    row = put_topic(ada, topic, [keys[4], keys[0], keys[4], keys[2]])
    assert row.sections_read == [keys[0], keys[2], keys[4]]


def test_adding_sections_takes_nothing_off(ada, bob, topic):
    keys = section_keys(topic)
    put_topic(ada, topic, [keys[3]])
    TopicProgress.objects.of(ada).update(sections_read=[keys[3], "gone"])
    row = put_topic(ada, topic, sections_added=[keys[1], keys[3], keys[1]])
    assert row.sections_read == [keys[1], keys[3], "gone"]
    again = put_topic(ada, topic, sections_added=[keys[1]])
    assert (again.sections_read, again.updated_at) == (row.sections_read, row.updated_at)
    assert put_topic(ada, topic, sections_added=[]).sections_read == row.sections_read
    assert put_topic(bob, topic, sections_added=keys[:1]).sections_read == keys[:1]


def test_with_the_last_section_added_a_topic_is_done(ada, bob, topic):
    keys = section_keys(topic)
    assert not put_topic(ada, topic, sections_added=keys[:-1]).done
    done = put_topic(ada, topic, sections_added=keys[-1:])
    assert (done.done, done.sections_read) == (True, keys)
    # Who takes that back is not overruled by what is sent again.
    put_topic(ada, topic, done=False)
    assert not put_topic(ada, topic, sections_added=keys).done
    assert not put_topic(bob, topic, sections_added=keys, done=False).done


@pytest.mark.parametrize(
    "nothing",
    [{}, {"sections_read": []}, {"sections_added": []}, {"sections_read": [], "done": False}],
)
def test_nothing_begins_no_topic(ada, topic, nothing):
    assert put_topic(ada, topic, **nothing) is None
    assert not TopicProgress.objects.exists()
    assert of(ada, topic.slug).updated_at is None


def test_done_keeps_the_time_when_it_was_first_said(ada, topic):
    first = put_topic(ada, topic, done=True).done_at
    assert first is not None
    assert put_topic(ada, topic, [], done=True).done_at == first
    assert put_topic(ada, topic, done=False).done_at is None


@pytest.mark.parametrize(
    "seconds", [-1, 86_400.001, 1e308, float("nan"), float("inf"), float("-inf")]
)
def test_a_time_that_is_none_is_refused_at_every_door(ada, topic, seconds):
    with pytest.raises(InvalidProgress, match="number from 0 to 86,400"):
        answer_question(ada, topic, question_keys(topic)[0], True, seconds)
    assert not TopicProgress.objects.exists()


def test_a_topic_without_sections_or_questions_says_that_there_are_none(ada, topic):
    topic.rendered = {}
    with pytest.raises(InvalidProgress, match="has no section 'a'; there are none"):
        put_topic(ada, topic, ["a"])
    assert standing_with(ada, topic).topic.sections == 0


def test_a_plan_counts_its_chapters(ada, topic):
    put_topic(ada, topic, done=True)
    [plan] = [plan for plan in progress_of(ada).plans if plan.slug == "deep-learning"]
    assert (plan.done, plan.total) == (1, 2)
    by_chapter = {chapter.slug: (chapter.done, chapter.total) for chapter in plan.chapters}
    assert by_chapter == {"networks": (0, 0), "attention": (1, 2), "the-transformer": (0, 0)}


def test_a_stranger_has_come_nowhere(db):
    mine = progress_of(AnonymousUser())
    assert (mine.solved, mine.attempted, mine.tried) == ([], [], [])
    assert {topic.state for topic in mine.topics} == {"unread"}


def test_without_anything_published_there_is_nothing(ada):
    Card.objects.all().delete()
    mine = progress_of(ada)
    assert (mine.plans, mine.topics, mine.problems, mine.next) == ([], [], [], [])


# --- problems ------------------------------------------------------------------------------------


def test_status_is_the_one_that_lists_of_problems_have(ada, bob):
    judged(ada, slug="softmax")
    judged(ada, "time_limit", slug=SLUG)
    judged(ada, slug="kmeans-step", mode="run")
    judged(bob, slug="multi-head-attention")
    lists = Problem.objects.published().with_status(ada).values_list("slug", "status")
    assert {one.slug: one.status for one in progress_of(ada).problems} == dict(lists)


def test_attempts_are_those_judged_on_all_tests(ada):
    judged(ada, "wrong_answer")
    judged(ada, mode="run")
    waiting = judged(ada)
    Submission.objects.filter(pk=waiting.pk).update(
        state=State.QUEUED, verdict=None, finished_at=None
    )
    [tried] = progress_of(ada).tried
    assert (tried.slug, tried.attempts, tried.status) == (SLUG, 1, "attempted")


def test_what_the_last_try_was_told_is_said_again_and_no_more(ada):
    told = {
        "kind": "misconception",
        "misconception": "base-rate-neglect",
        "title": "The base rate is left out",
        "explanation": "…",
        "topic": None,
        "also": [],
    }
    judged(ada, "wrong_answer", diagnosis=told)
    [step] = [step for step in progress_of(ada).next if step.slug == SLUG]
    assert step.reason == (
        "One try so far; the last fell to a known mistake: The base rate is left out."
    )
    judged(ada, "wrong_answer")
    [step] = [step for step in progress_of(ada).next if step.slug == SLUG]
    assert step.reason == "Two tries so far, with none of 4 hints revealed."


def test_hints_of_an_older_version_are_not_more_than_there_are(ada):
    problem = Problem.objects.published().get(slug=SLUG)
    for number in range(1, 9):
        HintReveal.objects.create(owner=ada, problem=problem, number=number)
    [tried] = progress_of(ada).tried
    assert (tried.hints_revealed, tried.hint_count) == (4, 4)


# --- much ----------------------------------------------------------------------------------------


def test_a_thousand_of_everything_take_three_queries_and_little_time(ada, topic):
    """1,000 topics, 1,000 problems, 5,000 submissions; and of the topics every one was begun."""
    problem = Problem.objects.published().get(slug=SLUG)
    topics, problems = [], []
    for number in range(1000):
        fields = {"slug": f"copy-{number}", "state": "published", "version": 1}
        topics.append(Topic(chapter=topic.chapter, title="T", summary="S", **fields))
        problems.append(
            Problem(home_topic=topic, title="P", summary="S", hints=problem.hints, **fields)
        )
    topics = Topic.objects.bulk_create(topics)
    problems = Problem.objects.bulk_create(problems)
    cards = {card.type: card for card in Card.objects.filter(slug__in=[topic.slug, SLUG])}
    Card.objects.bulk_create(
        Card(type=type_, slug=f"copy-{number}", title="C", summary="S", url="/", extra=card.extra)
        for type_, card in cards.items()
        for number in range(1000)
    )
    TopicProgress.objects.bulk_create(
        TopicProgress(owner=ada, topic=one, sections_read=section_keys(topic)) for one in topics
    )
    CheckAnswer.objects.bulk_create(
        CheckAnswer(owner=ada, topic=one, topic_version=1, question=key, correct=True)
        for one in topics
        for key in question_keys(topic)
    )
    now = timezone.now()
    Submission.objects.bulk_create(
        Submission(
            owner=ada,
            problem=problems[number % 1000],
            problem_version=1,
            mode="submit",
            code="",
            time_limit=1,
            state="succeeded",
            verdict="accepted" if number % 7 == 0 else "wrong_answer",
            score=0,
            attempt=1,
            started_at=now,
            finished_at=now,
        )
        for number in range(5000)
    )
    with CaptureQueriesContext(connection) as queries:
        begun = time.perf_counter()
        mine = progress_of(ada)
        took = time.perf_counter() - begun
    assert len(queries) == 3
    assert took < 2
    begun = [one for one in mine.topics if one.slug.startswith("copy-")]
    assert len(begun) == 1000
    assert {one.questions.right for one in begun} == {len(question_keys(topic))}
    assert sum(one.attempts for one in mine.problems) == 5000
    assert len(mine.next) == 6
