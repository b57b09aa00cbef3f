"""Case studies over the API: the list with its filters, one case, its Markdown."""

import pytest

from kb import services
from kb.loading import CONTENT
from kb.models import CaseStudy, Technique

CASES = "/api/v1/case-studies/"
ITEM = {
    *("slug", "title", "company", "domain", "year", "summary", "techniques", "reading_minutes"),
    *("published_at", "updated_at", "license"),
}
SECTIONS = [
    *("goal", "constraints", "data", "features", "models", "architecture", "serving"),
    *("rollout-monitoring-maintenance", "evaluation", "results", "failures"),
]
SHIPPED = {
    *("netflix-recommender-system", "stripe-radar-fraud", "uber-michelangelo"),
    "google-wide-and-deep",
}
pytestmark = pytest.mark.usefixtures("shipped")


def slugs(client, query="") -> list[str]:
    response = client.get(f"{CASES}{query}")
    assert response.status_code == 200, response.content
    return [item["slug"] for item in response.json()["results"]]


def test_the_list_has_what_a_list_shows(api):
    items = api.get(CASES).json()["results"]
    assert {item["slug"] for item in items} >= SHIPPED
    for item in items:
        assert set(item) == ITEM
        assert set(item["company"]) == {"slug", "name"}
        assert item["reading_minutes"] > 0
        assert item["techniques"] == sorted(item["techniques"])


def test_the_newest_stands_first_and_those_of_one_moment_by_their_slug(api):
    items = api.get(CASES).json()["results"]
    order = sorted(items, key=lambda item: item["slug"])
    order.sort(key=lambda item: item["published_at"], reverse=True)
    assert items == order


def test_cases_are_found_by_company(api):
    assert slugs(api, "?company=stripe") == ["stripe-radar-fraud"]
    assert set(slugs(api, "?company=stripe,uber")) == {"stripe-radar-fraud", "uber-michelangelo"}


def test_cases_are_found_by_domain(api):
    assert slugs(api, "?domain=fraud-and-risk") == ["stripe-radar-fraud"]
    assert len(slugs(api, "?domain=fraud-and-risk,ml-platform")) == 2


def test_cases_are_found_by_year(api):
    years = {case.slug: case.year for case in CaseStudy.objects.published()}
    [some, *_] = sorted(years.values())
    assert set(slugs(api, f"?year={some}")) == {slug for slug in years if years[slug] == some}
    assert set(slugs(api, f"?year_min={some + 1}")) == {s for s in years if years[s] > some}
    assert set(slugs(api, f"?year_max={some}")) == {s for s in years if years[s] <= some}
    assert slugs(api, f"?year_min={some + 1}&year_max={some}") == []


def test_several_techniques_mean_any_of_them_or_all(api):
    uses = {
        case.slug: set(case.techniques.values_list("slug", flat=True))
        for case in CaseStudy.objects.published()
    }
    one, *rest = sorted(uses["google-wide-and-deep"])
    other = next(slug for slug in sorted(uses["uber-michelangelo"]) if slug != one)
    either = {slug for slug in uses if uses[slug] & {one, other}}
    both = {slug for slug in uses if {one, other} <= uses[slug]}
    assert set(slugs(api, f"?technique={one},{other}")) == either
    assert set(slugs(api, f"?technique={one},{other}&match=all")) == both
    assert set(slugs(api, f"?technique={one},{other}&match=any")) == either
    assert set(slugs(api, f"?technique={one},{rest[0]}&match=all")) >= {"google-wide-and-deep"}
    assert set(slugs(api, f"?technique={one},{one}&match=all")) == {
        slug for slug in uses if one in uses[slug]
    }


def test_filters_are_met_together(api):
    assert slugs(api, "?company=stripe&domain=recommendation") == []
    assert slugs(api, "?company=stripe&domain=fraud-and-risk&search=radar") == [
        "stripe-radar-fraud"
    ]


def test_cases_are_searched(api):
    assert "stripe-radar-fraud" in slugs(api, "?search=fraud")
    assert slugs(api, "?search=zzzzunheard") == []


def test_the_order_is_chosen(api):
    titles = [item["title"] for item in api.get(f"{CASES}?ordering=title").json()["results"]]
    assert titles == sorted(titles)
    assert slugs(api, "?ordering=-title") == slugs(api, "?ordering=title")[::-1]
    items = api.get(f"{CASES}?ordering=-year,title").json()["results"]
    assert items == sorted(items, key=lambda item: (-item["year"], item["title"]))


@pytest.mark.parametrize("slug", sorted(SHIPPED))
def test_one_case_has_all_its_parts(api, slug):
    case = api.get(f"{CASES}{slug}/").json()
    assert set(case) > ITEM
    assert [section["key"] for section in case["sections"]] == SECTIONS
    for section in case["sections"]:
        assert set(section) == {"key", "title", "markdown", "html"}
        assert section["markdown"]
        assert section["html"] in case["html"]
    assert set(case["architecture"]) == {"lanes", "components", "flows"}
    assert case["architecture"]["components"]
    assert case["claims"]
    assert case["sources"]
    assert {"key", "title", "year", "url", "confidence"} <= set(case["sources"][0])
    assert set(case["audience"]) == {"student", "engineer", "researcher"}
    assert all(set(question) == {"question", "answer"} for question in case["questions"])
    assert case["lessons"]
    assert case["not_public"]
    assert case["version"] == 1
    assert case["reviewed_at"] is None
    assert " style=" not in case["html"]


def test_related_cases_say_why(api):
    related = api.get(f"{CASES}google-wide-and-deep/").json()["related"]
    assert set(related) == {"case_studies", "topics", "problems"}
    for other in related["case_studies"]:
        assert set(other) == {"slug", "reason"}
        assert other["slug"] != "google-wide-and-deep"
        assert other["reason"]
    published = {item["slug"] for item in api.get("/api/v1/topics/").json()["results"]}
    assert set(related["topics"]) <= published


def test_a_problem_that_names_a_case_is_listed_with_it(api):
    related = api.get(f"{CASES}stripe-radar-fraud/").json()["related"]
    assert related["problems"] == ["bayes-diagnostic-test"]


@pytest.mark.parametrize("slug", sorted(SHIPPED))
def test_the_markdown_of_a_case_is_its_shipped_file(api, slug):
    response = api.get(f"{CASES}{slug}.md")
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert response.content == (CONTENT / "case-studies" / f"{slug}.md").read_bytes()


def test_what_is_withdrawn_is_named_nowhere(api):
    case = CaseStudy.objects.get(slug="google-wide-and-deep")
    gone = case.techniques.first()
    services.withdraw(Technique.objects.get(pk=gone.pk))
    for path in ("", f"{case.slug}/", f"{case.slug}.md"):
        assert f'"{gone.slug}"' not in api.get(f"{CASES}{path}").content.decode()
    assert api.get(f"{CASES}?technique={gone.slug}").status_code == 400
