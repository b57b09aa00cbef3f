"""What a learner sees of the own progress, with forms alone; a stranger sees none of it."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kb.models import Card, Topic
from kb.services import start_draft
from learn.models import CheckAnswer, TopicProgress
from learn.progress import put_topic, question_keys
from problems.models import GaveUp, HintReveal
from tests.problems.client import judged
from tests.web.conftest import published

TOPIC = "/topics/folded/"
READ, ANSWERS = f"{TOPIC}read/", f"{TOPIC}answers/"
BODY = """## One {#one}

First.

## Two {#two}

Second.

:::question Is it *folded*?
It is.
:::

:::question What is 1 + 1?
Two.
:::
"""
PERSONAL = ["/", "/plans/", "/plans/basics/", TOPIC, "/problems/"]


@pytest.fixture
def topic(library):
    """A topic of two sections and two questions, beside the library's."""
    chapter = library.topic.chapter
    published(library.plan)  # with its chapter
    return published(
        Topic.objects.create(
            slug="folded", title="Folded", summary="It folds.", chapter=chapter, body=BODY
        )
    )


def page(client, address=TOPIC) -> str:
    return client.get(address).content.decode()


def words(html: str) -> str:
    """The visible words of a page."""
    html = re.sub(r"<(\w+)[^>]* hidden[^>]*>.*?</\1>|<head>.*?</head>", " ", html, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


# --- strangers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", PERSONAL)
def test_a_stranger_sees_no_trace_of_progress(topic, client, ada, address):
    put_topic(ada, topic, ["one", "two"], True)
    judged(ada, slug="double")
    response = client.get(address)
    html = response.content.decode()
    for trace in ("data-reader", "data-reading", 'class="done"', "csrfmiddlewaretoken", "progress"):
        assert trace not in html.replace("/progress.css", ""), trace
    assert "Cache-Control" not in response


@pytest.mark.parametrize("address", ["/progress/", READ, ANSWERS])
def test_a_stranger_is_asked_to_sign_in_and_comes_back(topic, client, address):
    response = client.get(address) if address == "/progress/" else client.post(address)
    assert response.status_code == 302
    back = "/progress/" if address == "/progress/" else TOPIC
    assert response["Location"].startswith(f"/sign-in/?next={back}")
    assert not TopicProgress.objects.exists()


@pytest.mark.parametrize("address", [*PERSONAL, "/progress/"])
def test_what_is_a_learners_own_is_kept_by_nobody(topic, client_as, ada, address):
    response = client_as(ada).get(address)
    assert response["Cache-Control"] == "private, no-store"
    assert "Cookie" in response["Vary"]


@pytest.mark.parametrize("address", [READ, ANSWERS])
def test_reading_the_address_of_a_form_changes_nothing(topic, client_as, ada, address):
    assert client_as(ada).get(address).status_code == 405


def test_a_form_from_another_site_is_refused(topic, ada):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    assert client.post(READ, {"done": "true"}).status_code == 403
    assert not TopicProgress.objects.exists()


# --- a topic --------------------------------------------------------------------------------------


def test_what_was_read_is_ticked_in_the_outline(topic, client_as, ada):
    put_topic(ada, topic, ["two"])
    html = page(client_as(ada))
    assert re.findall(r'<a href="#(\w+)" class="read">', html) == ["two", "two"]  # folded, too
    assert "You have read 1 of 2 sections." in words(html)
    assert "You have read this topic." not in words(html)


def test_a_whole_topic_is_marked_as_read_and_as_not_read_by_a_form(topic, client_as, ada):
    client = client_as(ada)
    assert "Mark as read" in words(page(client))
    assert client.post(READ, {"done": "true"})["Location"] == f"{TOPIC}#your-reading"
    row = TopicProgress.objects.get()
    assert (row.sections_read, row.done) == (["one", "two"], True)
    shown = words(page(client))
    assert "You have read this topic." in shown
    assert "Mark as not read" in shown
    client.post(READ, {"done": "true"})
    assert TopicProgress.objects.count() == 1
    client.post(READ, {"done": "false"})
    row.refresh_from_db()
    assert (row.sections_read, row.done) == ([], False)


@pytest.mark.parametrize("form", [{}, {"done": ""}, {"done": "yes"}])
def test_a_form_that_says_neither_is_refused(topic, client_as, ada, form):
    assert client_as(ada).post(READ, form).status_code == 400
    assert client_as(ada).post(ANSWERS, {"question": question_keys(topic)[0]}).status_code == 400
    assert not TopicProgress.objects.exists()


@pytest.mark.parametrize("slug", ["planned", "nothing"])
def test_what_is_not_published_cannot_be_read(library, client_as, ada, slug):
    assert client_as(ada).post(f"/topics/{slug}/read/", {"done": "true"}).status_code == 404
    assert client_as(ada).post(f"/topics/{slug}/answers/", {"correct": "true"}).status_code == 404


def test_a_question_is_answered_without_javascript(topic, client_as, ada):
    client, (first, second) = client_as(ada), question_keys(topic)
    html = page(client)
    assert html.count("I had it right") == 2
    assert f'<input type="hidden" name="question" value="{second}">' in html
    response = client.post(ANSWERS, {"question": first, "correct": "true"})
    assert response["Location"] == f"{TOPIC}#{first}"
    answer = CheckAnswer.objects.get()
    assert (answer.question, answer.correct, answer.seconds) == (first, True, None)
    said = f"Right, {answer.at:%-d %B}"
    folded = page(client).split(f'id="{first}"')[1].split("</summary>")[0]
    assert said in words(folded)
    assert page(client).count(said) == 1
    client.post(ANSWERS, {"question": first, "correct": "false"})
    assert f"Not right, {answer.at:%-d %B}" in words(page(client))
    assert CheckAnswer.objects.count() == 2


def test_an_answer_of_another_year_says_which(topic, client_as, ada):
    client, key = client_as(ada), question_keys(topic)[0]
    client.post(ANSWERS, {"question": key, "correct": "true"})
    CheckAnswer.objects.update(at="2019-05-03T12:00:00Z")
    assert "Right, 3 May 2019" in words(page(client))


@pytest.mark.parametrize("question", ["", "q-0000000000", "people", "<script>", "\0"])
def test_a_question_that_the_topic_does_not_have_is_not_found(topic, client_as, ada, question):
    form = {"question": question, "correct": "true"}
    assert client_as(ada).post(ANSWERS, form).status_code == 404
    assert not CheckAnswer.objects.exists()


def test_forms_stand_inside_the_questions_and_leave_the_text_as_it_is(topic, client_as, ada):
    stranger, mine = page(Client()), page(client_as(ada))
    mine = re.sub(r'<form class="answer".*?</form>', "", mine, flags=re.S)
    mine = re.sub(r'<span class="said"[^>]*></span>', "", mine)
    text = re.compile(r'<section id="one">.*</article>', re.S)
    assert text.search(mine)[0] == text.search(stranger)[0]


def test_a_draft_beside_a_topic_shows_nobodys_reading(topic, client_as, cora):
    put_topic(cora, topic, ["one"], True)
    draft = start_draft(topic, cora)
    html = page(client_as(cora), f"/preview/topic/{draft.pk}/")
    assert "data-reading" not in html


# --- two accounts ---------------------------------------------------------------------------------


def test_two_accounts_never_see_each_others_marks(topic, client_as, ada, bob):
    put_topic(ada, topic, ["one", "two"], True)
    client = client_as(ada)
    client.post(ANSWERS, {"question": question_keys(topic)[0], "correct": "true"})
    judged(ada, slug="double")
    client = client_as(bob)
    for address in [*PERSONAL, "/progress/"]:
        html = page(client, address)
        assert 'class="done"' not in re.sub(r"<[^>]* hidden>", "", html), address
    shown = words(page(client))
    assert "You have read 0 of 2 sections." in shown
    assert "Right," not in shown
    assert "Nothing is kept yet." in words(page(client, "/progress/"))


def test_not_read_of_what_was_never_begun_leaves_a_newcomer(topic, client_as, ada):
    client = client_as(ada)
    before = words(page(client, "/"))
    assert client.post(READ, {"done": "false"}).status_code == 302
    assert not TopicProgress.objects.exists()
    assert "Nothing is kept yet." in words(page(client, "/progress/"))
    assert words(page(client, "/")) == before


# --- plans, problems, home ------------------------------------------------------------------------


def test_plans_say_what_was_read_of_them(topic, library, client_as, ada):
    put_topic(ada, topic, ["one", "two"], True)
    put_topic(ada, library.topic, [])
    client = client_as(ada)
    plan = words(page(client, "/plans/basics/"))
    assert plan.count("1 of 2 topics read") == 1
    assert plan.count("1 of 2 read") == 1  # the chapter
    assert "1 of 2 read" in words(page(client, "/plans/"))
    put_topic(ada, topic, ["one"], False)
    assert "1 of 2 sections read" in words(page(client, "/plans/basics/"))


@pytest.mark.parametrize(
    ("verdict", "said"), [("accepted", "Solved"), ("wrong_answer", "Attempted")]
)
def test_problems_say_what_came_of_them(library, client_as, ada, verdict, said):
    client = client_as(ada)
    assert said not in words(page(client, "/problems/"))
    judged(ada, verdict, slug="double")
    assert said in words(page(client, "/problems/"))


def test_home_says_what_to_go_on_with(topic, client_as, ada):
    client = client_as(ada)
    assert "Begin:" in words(page(client, "/"))
    put_topic(ada, topic, ["one"])
    shown = words(page(client, "/"))
    assert "Go on: Folded You have read 1 of 2 sections." in shown


# --- the page of one's own ------------------------------------------------------------------------


def test_a_newcomer_is_invited_and_told_where_to_begin(topic, client_as, ada):
    html = page(client_as(ada), "/progress/")
    shown = words(html)
    assert "Nothing is kept yet." in shown
    assert "To begin with" in shown
    assert "nothing has to be read before it" in shown.lower()
    for heading in ("Begun", "Problems 0", "Questions"):
        assert f"<h2>{heading}" not in html


def test_the_page_gathers_what_was_read_solved_and_answered(topic, library, client_as, ada):
    client, problem = client_as(ada), library.problem
    put_topic(ada, topic, ["one"])
    put_topic(ada, library.topic, ["people"], True)
    for key, correct in zip(question_keys(topic), ["true", "false"], strict=True):
        client.post(ANSWERS, {"question": key, "correct": correct})
    judged(ada, "wrong_answer", slug="double")
    HintReveal.objects.create(owner=ada, problem=problem, problem_version=1, number=1)
    GaveUp.objects.create(owner=ada, problem=problem, problem_version=1)
    shown = words(page(client, "/progress/"))
    assert "1 topic read" in shown
    assert "0 problems solved" in shown
    assert "2 questions answered, 1 right" in shown
    assert "Basics 1 of 2 read Belief 1 of 2 read" in shown
    assert "1 try, the last on" in shown
    assert "1 of 3 hints revealed." in shown
    assert "You gave up and opened the editorial." in shown
    assert "Folded 2 of 2 answered 1 right" in shown
    parts = ["Next", "Begun", "Study plans Topics read", "Problems 0 of", "Questions Of each"]
    assert sorted(parts, key=shown.index) == parts


def test_a_reason_stands_beside_what_is_next(topic, library, client_as, ada):
    put_topic(ada, topic, ["one"])
    assert "Folded You have read 1 of 2 sections." in words(page(client_as(ada), "/progress/"))


def test_with_nothing_published_the_page_says_so(db, client_as, ada):
    Card.objects.all().delete()
    shown = words(page(client_as(ada), "/progress/"))
    assert "No plan is published yet." in shown


# --- queries --------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [*PERSONAL, "/progress/"])
def test_a_learners_page_makes_few_queries_more_than_a_strangers(topic, client, ada, address):
    put_topic(ada, topic, ["one"])
    page(client, address)
    with CaptureQueriesContext(connection) as strangers:
        page(client, address)
    client.force_login(ada)
    page(client, address)
    with CaptureQueriesContext(connection) as queries:
        page(client, address)
    # The session, the account, and all of the progress in three.
    assert len(queries) <= len(strangers) + 2 + 3
