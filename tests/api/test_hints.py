"""Hints are revealed one after the other, once, to those who are signed in."""

import pytest

from problems.models import HintReveal, Problem

SLUG = "multi-head-attention"
HINTS = f"/api/v1/problems/{SLUG}/hints/"
pytestmark = pytest.mark.usefixtures("shipped")


def reveal(client, number):
    return client.post(f"{HINTS}{number}/reveal/")


def numbers(client) -> list[int]:
    answer = client.get(HINTS).json()
    assert set(answer) == {"count", "next", "previous", "results"}
    return [hint["number"] for hint in answer["results"]]


def test_a_hint_is_revealed_and_kept(api_as, ada):
    client, problem = api_as(ada), Problem.objects.get(slug=SLUG)
    assert numbers(client) == []
    response = reveal(client, 1)
    assert response.status_code == 200
    assert response.json() == {
        "number": 1,
        "markdown": problem.hints[0],
        "html": problem.rendered["hints"][0],
    }
    assert numbers(client) == [1]


def test_a_hint_is_due_only_after_the_one_before_it(api_as, ada):
    client = api_as(ada)
    response = reveal(client, 2)
    assert response.status_code == 409
    assert response["Content-Type"] == "application/problem+json"
    assert "Hint 2 is due once hint 1 is revealed" in response.json()["detail"]
    assert not HintReveal.objects.exists()
    assert [reveal(client, number).status_code for number in (1, 2, 4, 3)] == [200, 200, 409, 200]
    assert numbers(client) == [1, 2, 3]


def test_a_hint_is_recorded_once_however_often_it_is_revealed(api_as, ada):
    client = api_as(ada)
    answers = [reveal(client, 1).json() for _again in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert HintReveal.objects.filter(owner=ada).count() == 1


def test_what_one_learner_reveals_another_does_not_see(api_as, ada, bob):
    reveal(api_as(ada), 1)
    assert numbers(api_as(bob)) == []
    assert reveal(api_as(bob), 2).status_code == 409


def test_a_stranger_reveals_nothing(api):
    for response in (reveal(api, 1), api.get(HINTS)):
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Token"
    assert not HintReveal.objects.exists()


def test_reading_the_list_reveals_nothing(api_as, ada):
    api_as(ada).get(HINTS)
    assert api_as(ada).get(f"{HINTS}1/reveal/").status_code == 405
    assert not HintReveal.objects.exists()


@pytest.mark.parametrize("number", ["0", "99", "100", "-1", "x", "1.5", "٣", "01"])
def test_a_hint_that_is_not_there_is_not_found(api_as, ada, number):
    assert reveal(api_as(ada), number).status_code == 404


def test_the_hints_of_what_is_not_published_are_not_found(api_as, ada):
    Problem.objects.filter(slug=SLUG).update(state="draft")
    assert reveal(api_as(ada), 1).status_code == 404
    assert api_as(ada).get(HINTS).status_code == 404


def test_a_hint_that_a_new_version_has_no_more_is_no_longer_listed(api_as, ada):
    client, problem = api_as(ada), Problem.objects.get(slug=SLUG)
    for number in range(1, len(problem.hints) + 1):
        reveal(client, number)
    problem.hints, problem.rendered["hints"] = problem.hints[:2], problem.rendered["hints"][:2]
    problem.save()
    assert numbers(client) == [1, 2]
