"""Progress over the API: what one has read, answered and solved, and only by oneself."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from kb import services
from kb.models import Topic
from learn.models import CheckAnswer, TopicProgress
from learn.progress import question_keys, section_keys
from problems.models import GaveUp, Problem
from tests.problems.client import judged, pointers, problem_of

PROGRESS = "/api/v1/me/progress/"
TOPIC = "/api/v1/me/topics/bayesian-inference/"
ANSWERS = f"{TOPIC}answers/"
PLANNED = "/api/v1/me/topics/bandits/"
pytestmark = pytest.mark.usefixtures("shipped")


@pytest.fixture
def learner(api_as, ada):
    return api_as(ada)


@pytest.fixture
def topic(shipped):
    return Topic.objects.published().get(slug="bayesian-inference")


def put(client, body, path=TOPIC):
    return client.put(path, body, format="json")


def answer(client, body, path=ANSWERS):
    return client.post(path, body, format="json")


def raw(client, method, path, body: str):
    return getattr(client, method)(path, body, content_type="application/json")


# --- who may -------------------------------------------------------------------------------------


def test_a_stranger_is_asked_to_sign_in(api):
    for path in (PROGRESS, TOPIC, "/api/v1/me/log/"):
        problem_of(api.get(path), 401)
    problem_of(put(api, {"done": True}), 401)
    problem_of(answer(api, {"question": "q-1", "correct": True}), 401)
    assert not TopicProgress.objects.exists()
    assert not CheckAnswer.objects.exists()


def test_answers_are_for_one_person_and_kept_by_nobody(learner, topic):
    for path in (PROGRESS, TOPIC, "/api/v1/me/log/"):
        assert learner.get(path)["Cache-Control"] == "private, no-store"


def test_two_learners_never_mix(learner, api_as, bob, cora, ada, topic):
    put(learner, {"sections_read": section_keys(topic)[:2], "done": True})
    answer(learner, {"question": question_keys(topic)[0], "correct": True})
    judged(ada)
    before = api_as(bob).get(PROGRESS).json()
    assert {one["state"] for one in before["topics"]} == {"unread"}
    assert (before["problems"]["solved"], before["problems"]["items"]) == ([], [])
    for client in (api_as(bob), api_as(cora)):
        assert client.get(TOPIC).json()["state"] == "unread"
        assert client.get("/api/v1/me/log/").json()["results"] == []
    put(api_as(bob), {"sections_read": [], "done": False})
    answer(api_as(bob), {"question": question_keys(topic)[0], "correct": False})
    mine = learner.get(TOPIC).json()
    assert (mine["state"], mine["questions"]["right"], len(mine["sections_read"])) == ("done", 1, 2)


# --- the whole -----------------------------------------------------------------------------------


def test_a_newcomer_sees_everything_unread_and_where_to_begin(learner):
    body = learner.get(PROGRESS).json()
    assert set(body) == {"plans", "topics", "problems", "next"}
    slugs = [one["slug"] for one in body["topics"]]
    assert slugs == [one["slug"] for one in learner.get("/api/v1/topics/").json()["results"]]
    assert {one["state"] for one in body["topics"]} == {"unread"}
    plans = learner.get("/api/v1/study-plans/").json()["results"]
    assert [plan["slug"] for plan in body["plans"]] == [plan["slug"] for plan in plans]
    foundations = body["plans"][0]
    # Of the catalogue's many topics those that are written count.
    assert (foundations["done"], foundations["total"]) == (0, 1)
    assert sum(chapter["total"] for chapter in foundations["chapters"]) == 1
    assert body["problems"] | {"total": 5} == {
        "solved": [],
        "attempted": [],
        "total": Problem.objects.published().count(),
        "items": [],
    }
    assert {step["type"] for step in body["next"]} == {"topic", "problem"}
    assert all(step["reason"].endswith(".") for step in body["next"])


def test_it_says_what_was_read_answered_tried_and_solved(learner, ada, topic):
    first, _, third = section_keys(topic)[:3]
    put(learner, {"sections_read": [third, first, third]})
    one, two = question_keys(topic)[:2]
    for question, correct in ((one, True), (one, False), (two, False), (two, True)):
        assert answer(learner, {"question": question, "correct": correct}).status_code == 201
    solved, failed = judged(ada, slug="softmax"), judged(ada, "wrong_answer")
    learner.post("/api/v1/problems/bayes-diagnostic-test/hints/1/reveal/")
    learner.post("/api/v1/problems/kmeans-step/give-up/")
    body = learner.get(PROGRESS).json()
    mine = {one["slug"]: one for one in body["topics"]}["bayesian-inference"]
    assert mine == {
        "slug": "bayesian-inference",
        "title": topic.title,
        "url": "/topics/bayesian-inference/",
        "state": "reading",
        "sections_read": [first, third],
        "sections": len(section_keys(topic)),
        "questions": {"right": 1, "answered": 2, "total": len(question_keys(topic))},
        "done_at": None,
    }
    problems = body["problems"]
    assert (problems["solved"], problems["attempted"]) == (["softmax"], ["bayes-diagnostic-test"])
    items = {one["slug"]: one for one in problems["items"]}
    assert set(items) == {"softmax", "bayes-diagnostic-test", "kmeans-step"}
    assert items["softmax"]["solved_at"] == utc(solved.created_at)
    tried = items["bayes-diagnostic-test"]
    assert (tried["attempts"], tried["last_at"]) == (1, utc(failed.created_at))
    assert (tried["hints_revealed"], tried["hint_count"], tried["gave_up"]) == (1, 4, False)
    assert (items["kmeans-step"]["status"], items["kmeans-step"]["gave_up"]) == ("todo", True)
    detail = learner.get(TOPIC).json()
    assert detail == mine | {
        "answers": [{"question": one, "correct": False}, {"question": two, "correct": True}]
    }


def utc(moment) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def test_what_is_withdrawn_is_not_shown(learner, ada, topic):
    put(learner, {"done": True})
    judged(ada, slug="softmax")
    services.withdraw(Problem.objects.published().get(slug="softmax"))
    body = learner.get(PROGRESS).json()
    assert "softmax" not in str(body["problems"]) + str(body["next"])


def test_reading_it_changes_nothing(learner, ada, topic):
    put(learner, {"sections_read": section_keys(topic)[:1]})
    before = list(TopicProgress.objects.values())
    bodies = [[learner.get(path).json() for path in (PROGRESS, TOPIC)] for _ in range(2)]
    assert bodies[0] == bodies[1]
    assert list(TopicProgress.objects.values()) == before


def test_unknown_parameters_are_named(learner):
    for path in (PROGRESS, TOPIC, "/api/v1/me/log/"):
        body = problem_of(learner.get(f"{path}?user=bob"), 400)
        assert body["errors"][0]["pointer"] == "?user"


# --- putting -------------------------------------------------------------------------------------


def test_putting_twice_is_putting_once(learner, topic):
    body = {"sections_read": section_keys(topic), "done": True}
    first, second = put(learner, body), put(learner, body)
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert first.json()["state"] == "done"
    assert TopicProgress.objects.count() == 1


def test_done_is_taken_back_and_has_its_time_again(learner, topic):
    begun = timezone.now()
    done_at = put(learner, {"done": True}).json()["done_at"]
    assert done_at >= utc(begun)
    back = put(learner, {"done": False}).json()
    assert (back["state"], back["done_at"]) == ("unread", None)
    assert put(learner, {"done": True}).json()["done_at"] > done_at


def test_what_is_left_out_stays_as_it_is(learner, topic):
    keys = section_keys(topic)
    put(learner, {"sections_read": keys[:2], "done": True})
    assert put(learner, {"sections_read": keys[:1]}).json()["state"] == "done"
    assert put(learner, {"done": False}).json()["sections_read"] == keys[:1]
    assert put(learner, {}).json()["sections_read"] == keys[:1]
    assert put(learner, {"sections_read": []}).json()["state"] == "unread"


def test_sections_are_added_to_those_read_elsewhere(learner, topic):
    keys = section_keys(topic)
    put(learner, {"sections_read": keys[2:4]})
    body = put(learner, {"sections_added": [keys[3], keys[0]]}).json()
    assert (body["state"], body["sections_read"]) == ("reading", [keys[0], *keys[2:4]])
    body = put(learner, {"sections_added": keys}).json()
    assert (body["state"], body["sections_read"]) == ("done", keys)


def test_sections_are_set_or_added_and_not_both(learner, topic):
    for added in ([], section_keys(topic)[:1]):
        response = put(learner, {"sections_read": [], "sections_added": added})
        assert pointers(response) == ["/sections_added"]
        assert "not both" in response.json()["detail"]
    assert not TopicProgress.objects.exists()


def test_each_section_that_cannot_be_added_is_named_and_none_is(learner, topic):
    response = put(learner, {"sections_added": ["gone", section_keys(topic)[0], "gone"]})
    assert pointers(response) == ["/sections_added/0", "/sections_added/2"]
    assert not TopicProgress.objects.exists()


@pytest.mark.parametrize("body", ["", "{}", '{"sections_read": []}', '{"done": false}'])
def test_setting_nothing_answers_what_there_is_and_begins_nothing(learner, topic, body):
    response = raw(learner, "put", TOPIC, body)
    assert (response.status_code, response.json()) == (200, learner.get(TOPIC).json())
    assert response.json()["state"] == "unread"
    assert not TopicProgress.objects.exists()


def test_a_section_that_there_is_not_is_named_with_those_there_are(learner, topic):
    keys = section_keys(topic)
    response = put(learner, {"sections_read": [keys[0], "nowhere", keys[1], "\x00"]})
    assert pointers(response) == ["/sections_read/1", "/sections_read/3"]
    detail = response.json()["errors"][0]["detail"]
    assert "'nowhere'" in detail
    assert ", ".join(keys) in detail
    assert not TopicProgress.objects.exists()


def test_ten_thousand_wrong_sections_are_answered_in_short(learner, topic):
    response = put(learner, {"sections_read": ["x" * 100] * 10_000})
    assert len(pointers(response)) == 10
    assert len(response.content) < 10_000


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ('{"sections_read": "iron"}', "/sections_read"),
        ('{"sections_read": [1]}', "/sections_read"),
        ('{"sections_read": null}', "/sections_read"),
        ('{"sections_read": {"0": "iron"}}', "/sections_read"),
        ('{"sections_added": "iron"}', "/sections_added"),
        ('{"sections_added": null}', "/sections_added"),
        ('{"done": "true"}', "/done"),
        ('{"done": 1}', "/done"),
        ('{"done": null}', "/done"),
        ('{"done": []}', "/done"),
        ('{"done": true, "user": "bob"}', "/user"),
        ("[]", ""),
        ('"done"', ""),
        ("null", ""),
    ],
)
def test_what_is_no_progress_is_refused(learner, topic, body, pointer):
    assert pointers(raw(learner, "put", TOPIC, body)) == [pointer]
    assert not TopicProgress.objects.exists()


def test_what_is_no_json_is_a_400(learner):
    for method, path in (("put", TOPIC), ("post", ANSWERS)):
        problem_of(raw(learner, method, path, '{"done": NaN}'), 400)


@pytest.mark.parametrize("path", [PLANNED, "/api/v1/me/topics/nowhere/"])
def test_a_topic_that_is_not_published_is_not_there(learner, path):
    problem_of(learner.get(path), 404)
    problem_of(put(learner, {"done": True}, path), 404)
    problem_of(answer(learner, {"question": "q-1", "correct": True}, f"{path}answers/"), 404)


def test_sections_and_questions_that_are_no_more_are_not_shown(learner, ada, topic):
    keys = section_keys(topic)
    row = TopicProgress.objects.create(owner=ada, topic=topic, sections_read=["gone", keys[1]])
    CheckAnswer.objects.create(
        owner=ada, topic=topic, topic_version=0, question="q-gone", correct=True
    )
    body = learner.get(TOPIC).json()
    assert (body["sections_read"], body["questions"]["answered"]) == ([keys[1]], 0)
    assert body["answers"] == []
    in_all = {one["slug"]: one for one in learner.get(PROGRESS).json()["topics"]}
    assert in_all[topic.slug]["sections_read"] == [keys[1]]
    row.refresh_from_db()
    assert row.sections_read == ["gone", keys[1]]


# --- answering -----------------------------------------------------------------------------------


def test_every_answer_is_kept_with_the_version_that_was_read(learner, ada, topic):
    key = question_keys(topic)[0]
    response = answer(learner, {"question": key, "correct": False, "seconds": 42.5})
    assert response.status_code == 201
    body = response.json()
    assert body | {"at": None} == {
        "topic": topic.slug,
        "topic_version": topic.version,
        "question": key,
        "correct": False,
        "seconds": 42.5,
        "at": None,
    }
    answer(learner, {"question": key, "correct": True, "seconds": None})
    kept = CheckAnswer.objects.of(ada).values_list("correct", "seconds")
    assert list(kept) == [(False, 42.5), (True, None)]
    assert learner.get(TOPIC).json()["state"] == "reading"


def test_a_question_that_there_is_not_is_named_with_those_there_are(learner, topic):
    response = answer(learner, {"question": "q-0000000000", "correct": True})
    assert pointers(response) == ["/question"]
    assert question_keys(topic)[-1] in response.json()["detail"]
    assert not TopicProgress.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("seconds", "-1", "/seconds"),
        ("seconds", "86400.5", "/seconds"),
        ("seconds", "1e308", "/seconds"),
        ("seconds", "1e999", "/seconds"),
        ("seconds", "-1e999", "/seconds"),
        ("seconds", "9" * 400, "/seconds"),
        ("seconds", '"3"', "/seconds"),
        ("seconds", "true", "/seconds"),
        ("seconds", "[1]", "/seconds"),
        ("correct", "1", "/correct"),
        ("correct", '"yes"', "/correct"),
        ("correct", "null", "/correct"),
        ("question", "7", "/question"),
        ("question", '""', "/question"),
        ("question", "null", "/question"),
        ("question", '"' + "q" * 41 + '"', "/question"),
        ("user", '"bob"', "/user"),
    ],
)
def test_what_is_no_answer_is_refused(learner, topic, field, value, pointer):
    fields = {"question": f'"{question_keys(topic)[0]}"', "correct": "true"} | {field: value}
    body = ", ".join(f'"{name}": {text}' for name, text in fields.items())
    assert pointers(raw(learner, "post", ANSWERS, f"{{{body}}}")) == [pointer]
    assert not CheckAnswer.objects.exists()


def test_an_answer_takes_a_day_at_most(learner, topic):
    body = {"question": question_keys(topic)[0], "correct": True}
    for seconds in (0, 86_400):
        assert answer(learner, body | {"seconds": seconds}).json()["seconds"] == seconds
    response = answer(learner, body | {"seconds": 1e308})
    assert pointers(response) == ["/seconds"]
    assert "from 0 to 86,400" in response.json()["errors"][0]["detail"]


def test_what_an_answer_needs_is_said(learner, topic):
    assert pointers(answer(learner, {})) == ["/question", "/correct"]


def test_nobody_fills_the_disk_with_answers(learner, api_as, bob, topic, settings):
    settings.LIMITS = settings.LIMITS | {"answers": "2"}
    body = {"question": question_keys(topic)[0], "correct": True}
    left = [answer(learner, body)["RateLimit"] for _ in range(2)]
    assert left == ['"answers";r=1;t=3600', '"answers";r=0;t=3600']
    response = answer(learner, body)
    problem_of(response, 429)
    assert int(response["Retry-After"]) > 0
    assert CheckAnswer.objects.count() == 2
    assert answer(api_as(bob), body).status_code == 201


def at_once(client_of, bodies) -> list[int]:
    """Each body put by a client of its own, all together; the statuses."""
    start, statuses = threading.Barrier(len(bodies)), []

    def send(body):
        client = client_of()
        start.wait()
        try:
            statuses.append(put(client, body).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


@pytest.mark.django_db(transaction=True)
def test_two_puts_at_once_are_both_kept(shipped, api_as, ada):
    topic = Topic.objects.published().get(slug="bayesian-inference")
    bodies = [{"done": True}, {"sections_read": section_keys(topic)[:3]}] * 3
    assert at_once(lambda: api_as(ada), bodies) == [200] * 6
    row = TopicProgress.objects.get()
    assert (row.done, len(row.sections_read)) == (True, 3)


@pytest.mark.django_db(transaction=True)
def test_sections_added_at_once_are_all_read(shipped, api_as, ada):
    keys = section_keys(Topic.objects.published().get(slug="bayesian-inference"))
    bodies = [{"sections_added": [key]} for key in keys]
    assert at_once(lambda: api_as(ada), bodies) == [200] * len(keys)
    row = TopicProgress.objects.get()
    assert (row.done, row.sections_read) == (True, keys)


def test_a_problem_given_up_can_still_be_solved(learner, ada):
    problem = Problem.objects.published().get(slug="softmax")
    GaveUp.objects.create(owner=ada, problem=problem)
    [step] = [one for one in learner.get(PROGRESS).json()["next"] if one["slug"] == "softmax"]
    assert step["reason"] == (
        "No tries so far; you have opened the editorial, and can still solve it."
    )
    judged(ada, slug="softmax")
    body = learner.get(PROGRESS).json()
    assert body["problems"]["solved"] == ["softmax"]
    assert "softmax" not in {one["slug"] for one in body["next"]}
