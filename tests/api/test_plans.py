"""Study plans, companies and techniques over the API."""

import pytest

from kb import services
from kb.models import CaseStudy, StudyPlan, Topic
from tests.kb.acme import HAMMERS, Folder

PLANS = "/api/v1/study-plans/"


@pytest.fixture
def folder(shipped, tmp_path):
    folder = Folder(tmp_path)
    folder.load()
    return folder


def test_the_plans_stand_in_their_order_with_their_chapters(shipped, api):
    plans = api.get(PLANS).json()["results"]
    order = StudyPlan.objects.published().order_by("position").values_list("slug", flat=True)
    assert [plan["slug"] for plan in plans] == list(order)
    for plan in plans:
        assert set(plan) == {"slug", "title", "summary", "minutes", "chapters", "license"}
        for chapter in plan["chapters"]:
            assert {"slug", "title", "topics"} <= set(chapter)
            for topic in chapter["topics"]:
                assert set(topic) == {"slug", "title", "minutes", "problem_count"}
        topics = [topic for chapter in plan["chapters"] for topic in chapter["topics"]]
        assert plan["minutes"] == sum(topic["minutes"] for topic in topics)
        assert api.get(f"{PLANS}{plan['slug']}/").json() == plan


def test_a_plan_shows_what_is_written_in_order_and_counts_its_problems(folder, api):
    [chapter] = api.get(f"{PLANS}basics-of-anvils/").json()["chapters"]
    assert [topic["slug"] for topic in chapter["topics"]] == ["anvils"]
    folder.write("topics/hammers.md", HAMMERS.replace("position = 2", "position = 1"))
    folder.change("topics/anvils.md", "position = 1", "position = 2")
    folder.load()
    plan = api.get(f"{PLANS}basics-of-anvils/").json()
    assert [topic["slug"] for topic in plan["chapters"][0]["topics"]] == ["hammers", "anvils"]
    assert plan["minutes"] == 25


def test_problems_are_counted_at_their_home_topic(shipped, api):
    topics = {
        topic["slug"]: topic["problem_count"]
        for plan in api.get(PLANS).json()["results"]
        for chapter in plan["chapters"]
        for topic in chapter["topics"]
    }
    assert topics["bayesian-inference"] == 1
    assert topics["multi-head-attention"] == 1


def test_a_topic_that_moves_is_shown_at_its_new_place_only_when_published(folder, api, cora):
    topic = Topic.objects.get(slug="anvils")
    draft = services.start_draft(topic, cora)
    draft.title, draft.minutes = "Moved", 60
    draft.save()
    before = api.get(f"{PLANS}basics-of-anvils/").json()
    assert before["chapters"][0]["topics"][0]["title"] == "Anvils"
    services.publish(draft, cora)
    after = api.get(f"{PLANS}basics-of-anvils/").json()
    assert after["chapters"][0]["topics"][0] == {
        "slug": "anvils",
        "title": "Moved",
        "minutes": 60,
        "problem_count": 0,
    }


def test_companies_count_their_published_cases(folder, api):
    acme = api.get("/api/v1/companies/acme/").json()
    assert set(acme) == {
        *("slug", "name", "summary", "aliases", "industry", "website", "case_study_count"),
        "license",
    }
    assert (acme["name"], acme["case_study_count"]) == ("Acme", 1)
    services.withdraw(CaseStudy.objects.get(slug="acme-ranker"))
    assert api.get("/api/v1/companies/acme/").json()["case_study_count"] == 0


def test_companies_are_searched_and_ordered(shipped, api):
    names = [
        item["name"] for item in api.get("/api/v1/companies/?ordering=-title").json()["results"]
    ]
    assert names == sorted(names, reverse=True)
    found = api.get("/api/v1/companies/?search=stripe").json()["results"]
    assert [item["slug"] for item in found] == ["stripe"]


def test_techniques_have_a_group_and_say_what_uses_them(folder, api):
    technique = api.get("/api/v1/techniques/anvil-sorting/").json()
    assert technique == {
        "slug": "anvil-sorting",
        "name": "Anvil sorting",
        "group": "Models",
        "summary": "Sorts anvils by weight.",
        "synonyms": ["ponderosity"],
        "case_studies": ["acme-ranker"],
        "topics": ["anvils"],
        "problems": [],
        "license": "CC BY 4.0",
    }
    bayes = api.get("/api/v1/techniques/bayes-theorem/").json()
    assert bayes["problems"] == ["bayes-diagnostic-test"]


def test_techniques_are_found_by_their_group(shipped, api):
    answer = api.get("/api/v1/techniques/?group=Bayesian methods&page_size=100").json()
    assert {item["group"] for item in answer["results"]} == {"Bayesian methods"}
    assert "bayes-theorem" in {item["slug"] for item in answer["results"]}
