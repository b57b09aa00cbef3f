"""What refers to an entry: fields, rows and texts, of published entries, drafts and problems."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kb import services
from kb.backlinks import links_to
from kb.models import CaseLink, CaseStudy, Company, StudyPlan, Technique, Topic
from problems.models import Problem
from tests.kb.admin_forms import url


@pytest.fixture
def case(folder):
    return CaseStudy.objects.get(slug="acme-ranker")


def told(entry) -> dict[str, str]:
    return {link.entry.slug: link.how for link in links_to(entry)}


def test_fields_and_texts_are_told_apart(case):
    assert told(Company.objects.get(slug="acme")) == {"acme-ranker": "company"}
    topic = Topic.objects.get(slug="anvils")
    assert told(topic) == {"acme-ranker": "topics, in its text"}
    technique = Technique.objects.get(slug="anvil-sorting")
    assert told(technique) == {"acme-ranker": "techniques", "anvils": "techniques, in its text"}
    hammers = Topic.objects.get(slug="hammers")
    assert told(hammers) == {
        "acme-ranker": "topics, in its text",
        "anvils": "prerequisites, in its text",
    }


def test_topics_stand_on_the_chapters_of_a_plan(case):
    plan = StudyPlan.objects.get(slug="basics-of-anvils")
    assert told(plan) == {"anvils": "chapter", "hammers": "chapter"}


def test_a_link_between_cases_is_found_from_its_target_alone(case, cora):
    other = CaseStudy.objects.create(
        slug="acme-weigher",
        title="W",
        summary="W.",
        company=case.company,
        domain="other",
        year=2020,
    )
    CaseLink.objects.create(case_study=other, target=case, relation="builds-on")
    assert told(case) == {"acme-weigher": "case link"}
    assert told(other) == {}


def test_drafts_refer_too_and_the_draft_itself_is_no_link_to_itself(case, cora, client_as):
    draft = services.start_draft(case, cora)
    company = Company.objects.get(slug="acme")
    links = links_to(company)
    assert {link.entry.pk for link in links} == {case.pk, draft.pk}
    assert links_to(draft) == []
    page = client_as(cora).get(url("links-here", company)).content.decode()
    assert "draft beside the published entry" in page


def test_a_slug_that_begins_with_another_is_another(case):
    body = "## Iron {#iron}\n\nSee [x](case:acme-ranker-two) and [y](mycase:acme-ranker).\n"
    Topic.objects.filter(slug="anvils").update(body=body)
    assert told(case) == {}
    Topic.objects.filter(slug="anvils").update(body=body + "[z](case:acme-ranker)")
    assert told(case) == {"anvils": "in its text"}


def test_rows_with_texts_are_searched(case):
    topic = Topic.objects.get(slug="anvils")
    topic.examples.update(text="As in [the case](case:acme-ranker).")
    assert told(case) == {"anvils": "in its rows"}


def test_problems_refer_to_topics_though_no_topic_names_one(shipped):
    problem = Problem.objects.select_related("home_topic").first()
    assert told(problem.home_topic)[problem.slug].startswith("home topic")


def test_the_queries_do_not_grow_with_what_is_found(case, cora):
    company = Company.objects.get(slug="acme")
    with CaptureQueriesContext(connection) as one:
        links_to(company)
    for number in range(30):
        CaseStudy.objects.create(
            slug=f"acme-{number}",
            title="A",
            summary="A.",
            company=company,
            domain="other",
            year=2020,
        )
    with CaptureQueriesContext(connection) as many:
        assert len(links_to(company)) == 31
    assert len(many) == len(one) <= 20


def test_withdrawing_shows_first_what_refers_to_it(case, client_as, rita, cora):
    technique = Technique.objects.get(slug="anvil-sorting")
    page = client_as(rita).get(url("change", technique)).content.decode()
    assert url("links-here", technique) in page
    assert url("withdraw", technique) not in page
    page = client_as(rita).get(url("links-here", technique)).content.decode()
    assert "2 published entries refer to it" in page
    assert f'action="{url("withdraw", technique)}"' in page
    page = client_as(cora).get(url("links-here", technique)).content.decode()
    assert url("withdraw", technique) not in page


def test_who_may_not_see_content_sees_no_links(case, client, client_as, ada, oscar):
    assert client.get(url("links-here", case)).status_code == 302
    assert client_as(ada).get(url("links-here", case)).status_code == 302
    assert client_as(oscar).get(url("links-here", case)).status_code == 403
