"""Problems over the API: what a learner may see, and never what would give a solution away."""

import pytest

from problems.models import Problem
from problems.services import reveal_hint

PROBLEMS = "/api/v1/problems/"
SLUGS = ["bayes-diagnostic-test", "multi-head-attention"]
ITEM = {"slug", "title", "summary", "difficulty", "topics", "acceptance_rate", "license"}
pytestmark = pytest.mark.usefixtures("shipped")


def slugs(client, query="") -> list[str]:
    return [item["slug"] for item in client.get(f"{PROBLEMS}{query}").json()["results"]]


def test_the_list_stands_in_catalogue_order(api):
    items = api.get(PROBLEMS).json()["results"]
    assert all(set(item) == ITEM for item in items)
    order = Problem.objects.published().order_by("position", "slug")
    assert slugs(api) == list(order.values_list("slug", flat=True))
    assert set(SLUGS) <= set(slugs(api))


def test_problems_are_found_by_difficulty_topic_technique_and_words(api):
    levels = {problem.slug: problem.difficulty for problem in Problem.objects.published()}
    for level in ("easy", "medium", "hard"):
        found = {slug for slug in levels if levels[slug] == level}
        assert set(slugs(api, f"?difficulty={level}")) == found
    assert set(slugs(api, "?difficulty=easy,medium,hard")) == set(levels)
    assert slugs(api, "?topic=bayesian-inference") == ["bayes-diagnostic-test"]
    assert "multi-head-attention" in slugs(api, "?technique=multi-head-attention")
    assert slugs(api, "?search=disease") == ["bayes-diagnostic-test"]


@pytest.mark.parametrize("slug", SLUGS)
def test_one_problem_has_all_that_a_learner_needs(api, slug):
    problem = api.get(f"{PROBLEMS}{slug}/").json()
    row = Problem.objects.get(slug=slug)
    assert set(problem) > ITEM
    assert set(problem["function"]) == {"name", "signature", "parameters", "returns", "raises"}
    assert f"def {problem['function']['name']}(" in problem["starter_code"]
    assert all(set(item) == {"input", "output", "explanation"} for item in problem["examples"])
    assert problem["limits"] == {"time_seconds": row.time_seconds, "memory_mb": row.memory_mb}
    assert problem["tolerance"] == {"rtol": row.rtol, "atol": row.atol}
    assert problem["hint_count"] == len(row.hints) >= 3
    assert problem["misconception_count"] == len(row.misconceptions) > 0
    assert problem["statement_markdown"] == row.statement
    assert problem["statement_html"].startswith("<p>")
    assert problem["topics"][0] == row.home_topic.slug
    assert problem["version"] == 1


def giveaways(problem) -> set[str]:
    """Lines of what must stay hidden, save those that the learner sees anyway."""
    hidden = [problem.reference, problem.alternative, problem.tests, problem.editorial]
    hidden += problem.hints
    for mistake in problem.misconceptions:
        hidden += [mistake["code"], mistake["text"], mistake["title"], mistake["id"]]
    shown = f"{problem.statement}\n{problem.starter_code}\n{problem.summary}"
    lines = {line.strip() for text in hidden for line in text.split("\n")}
    return {line for line in lines if len(line) > 12 and line not in shown}


@pytest.mark.parametrize("slug", SLUGS)
def test_no_answer_gives_a_solution_away(api, api_as, ada, client, slug):
    problem = Problem.objects.get(slug=slug)
    secret = giveaways(problem)
    assert len(secret) > 50
    paths = [PROBLEMS, f"{PROBLEMS}{slug}/", f"{PROBLEMS}{slug}.md", f"{PROBLEMS}{slug}/hints/"]
    paths += [f"/problems/{slug}/", "/problems/", "/", f"/search/?q={slug.partition('-')[0]}"]
    paths += [f"/topics/{problem.home_topic.slug}/", f"/api/v1/search/?q={slug.replace('-', '+')}"]
    for reader in (api, api_as(ada), client):
        for path in paths:
            text = reader.get(path).content.decode()
            assert [line for line in secret if line in text] == [], path


def test_words_of_hidden_parts_are_not_searched(api):
    problem = Problem.objects.get(slug="bayes-diagnostic-test")
    problem.tests = problem.editorial = "zzzunheard"
    problem.save()
    assert api.get("/api/v1/search/?q=zzzunheard").json()["count"] == 0


@pytest.mark.parametrize("slug", SLUGS)
def test_the_markdown_is_what_a_learner_may_see(api, ada, slug):
    problem = Problem.objects.get(slug=slug)
    reveal_hint(ada, problem, 1)
    response = api.get(f"{PROBLEMS}{slug}.md")
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    text = response.content.decode()
    assert text.startswith('+++\ntype = "problem"\n')
    assert problem.statement in text
    assert problem.starter_code in text
    assert f'"{problem.home_topic.slug}"' in text
    assert problem.hints[0] not in text
