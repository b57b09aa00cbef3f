"""Search over the API: one ranked list of what is published, for any text whatever."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SEARCH = "/api/v1/search/"
TYPES = {"case-study", "topic", "problem", "technique", "company"}
pytestmark = pytest.mark.usefixtures("shipped")


def find(client, q, **parameters) -> dict:
    response = client.get(SEARCH, {"q": q, **parameters})
    assert response.status_code == 200, response.content
    return response.json()


def test_hits_have_their_fields_and_lead_to_pages(api, client):
    answer = find(api, "attention")
    assert set(answer) == {"count", "next", "previous", "results"}
    assert answer["count"] >= 5
    for hit in answer["results"]:
        assert set(hit) == {"type", "slug", "title", "snippet", "score", "url"}
        assert client.get(hit["url"]).status_code == 200
    scores = [hit["score"] for hit in answer["results"]]
    assert scores == sorted(scores, reverse=True)


def test_the_best_hit_has_the_words_in_its_title(api):
    assert find(api, "bayesian inference")["results"][0]["slug"] == "bayesian-inference"
    assert find(api, "stripe radar")["results"][0]["slug"] in {"stripe-radar-fraud", "stripe"}


def test_words_are_found_by_how_they_begin(api):
    whole = {hit["slug"] for hit in find(api, "posterior")["results"]}
    assert whole <= {hit["slug"] for hit in find(api, "poste")["results"]}


def test_hits_are_of_the_types_that_are_asked_for(api):
    assert {hit["type"] for hit in find(api, "bayes", type="problem")["results"]} == {"problem"}
    both = find(api, "bayes", type="topic,problem")["results"]
    assert {hit["type"] for hit in both} == {"topic", "problem"}


def test_hits_come_in_pages(api):
    every = find(api, "a", page_size=100)
    first, second = find(api, "a", page_size=2), find(api, "a", page_size=2, page=2)
    assert first["count"] == every["count"] > 4
    assert first["results"] + second["results"] == every["results"][:4]
    assert "page=2" in first["next"]


def test_nothing_found_is_an_empty_list(api):
    assert find(api, "zzzunheard")["results"] == []


def test_a_snippet_has_the_words_marked(api):
    [hit, *_] = find(api, "disease", type="problem")["results"]
    assert "<mark>" in hit["snippet"]


@given(st.text(max_size=40))
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_text_is_answered_or_refused_and_no_snippet_is_live(api, text):
    response = api.get(SEARCH, {"q": text})
    assert response.status_code in (200, 400)
    if response.status_code == 400:
        assert response.json()["errors"][0]["pointer"] == "?q"
        return
    for hit in response.json()["results"]:
        assert set(re.findall(r"<[^>]*>?", hit["snippet"])) <= {"<mark>", "</mark>"}
