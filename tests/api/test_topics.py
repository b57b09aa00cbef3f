"""Topics over the API: what is published, with its math, its examples and its neighbours."""

import tomllib

import pytest

from kb import services
from kb.loading import CONTENT
from kb.models import State, Topic

TOPICS = "/api/v1/topics/"
ITEM = {"slug", "title", "summary", "plan", "chapter", "minutes", "license"}
WRITTEN = ["bayesian-inference", "attention", "multi-head-attention"]
pytestmark = pytest.mark.usefixtures("shipped")


def slugs(client, query="") -> list[str]:
    return [item["slug"] for item in client.get(f"{TOPICS}{query}").json()["results"]]


def test_the_list_has_the_written_topics_in_catalogue_order(api):
    answer = api.get(TOPICS).json()
    assert all(set(item) == ITEM for item in answer["results"])
    order = Topic.objects.published().order_by(
        "chapter__plan__position", "chapter__position", "position"
    )
    assert slugs(api) == list(order.values_list("slug", flat=True))
    assert set(WRITTEN) <= set(slugs(api))


def test_topics_are_found_by_plan_technique_and_words(api):
    assert "bayesian-inference" in slugs(api, "?plan=foundations")
    assert "attention" not in slugs(api, "?plan=foundations")
    assert "multi-head-attention" in slugs(api, "?technique=multi-head-attention")
    assert "bayesian-inference" in slugs(api, "?search=posterior")
    assert slugs(api, "?ordering=-title") == slugs(api, "?ordering=title")[::-1]


@pytest.mark.parametrize("slug", WRITTEN)
def test_one_topic_has_all_its_parts(api, slug):
    topic = api.get(f"{TOPICS}{slug}/").json()
    assert {
        *ITEM,
        *("outcomes", "prerequisites", "techniques", "markdown", "html", "sections"),
        *("references", "examples", "problems", "case_studies", "related", "version"),
    } <= set(topic)
    assert topic["outcomes"]
    assert "<math" in topic["html"]
    assert " style=" not in topic["html"]
    assert topic["sections"][0]["html"] in topic["html"]
    for reference in topic["references"]:
        assert set(reference) == {
            *("key", "title", "authors", "publisher", "year", "url", "doi", "confidence", "note"),
        }
    for example in topic["examples"]:
        assert set(example) == {"key", "title", "kind", "figure", "params", "controls", "text"}
        assert f'id="figure-{example["key"]}"' in topic["html"]


def test_the_examples_of_a_topic_can_be_computed_as_they_stand(api):
    kinds = {kind["name"] for kind in api.get("/api/v1/compute/kinds/").json()["results"]}
    for slug in WRITTEN:
        for example in api.get(f"{TOPICS}{slug}/").json()["examples"]:
            assert example["kind"] in kinds
            body = {"kind": example["kind"], "params": example["params"]}
            answer = api.post("/api/v1/compute/jobs/", body, format="json")
            assert answer.status_code in (200, 202), answer.content


def test_a_topic_lists_its_problems_and_its_cases(api):
    topic = api.get(f"{TOPICS}bayesian-inference/").json()
    assert topic["problems"] == ["bayes-diagnostic-test"]
    assert {"type", "slug", "title", "url", "reason"} == set(topic["related"][0])
    listed = {(card["type"], card["slug"]) for card in topic["related"]}
    assert {("case-study", slug) for slug in topic["case_studies"]} <= listed
    assert ("topic", "bayesian-inference") not in listed


def test_a_planned_topic_is_named_as_a_prerequisite_and_found_nowhere_else(api):
    planned = set(Topic.objects.filter(state=State.PLANNED).values_list("slug", flat=True))
    assert planned
    assert not planned & set(slugs(api, "?page_size=100"))
    needed = {
        name for slug in WRITTEN for name in api.get(f"{TOPICS}{slug}/").json()["prerequisites"]
    }
    assert needed & planned
    for slug in planned:
        for path in (f"{TOPICS}{slug}/", f"{TOPICS}{slug}.md", f"/topics/{slug}/"):
            assert api.get(path).status_code == 404


@pytest.mark.parametrize("slug", WRITTEN)
def test_the_markdown_of_a_topic_is_its_shipped_file(api, slug):
    response = api.get(f"{TOPICS}{slug}.md")
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert response.content == (CONTENT / "topics" / f"{slug}.md").read_bytes()


def test_the_markdown_of_what_is_not_there_is_a_problem(api):
    response = api.get(f"{TOPICS}nothing.md")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


def test_a_prerequisite_that_is_a_draft_or_withdrawn_is_not_named(api):
    topic = Topic.objects.get(slug="multi-head-attention")
    assert "attention" in api.get(f"{TOPICS}{topic.slug}/").json()["prerequisites"]
    services.withdraw(Topic.objects.get(slug="attention"))
    assert "attention" not in api.get(f"{TOPICS}{topic.slug}/").json()["prerequisites"]
    front = api.get(f"{TOPICS}{topic.slug}.md").content.decode().split("+++\n")[1]
    assert "attention" not in tomllib.loads(front).get("prerequisites", [])
