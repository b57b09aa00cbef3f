"""Curating in the admin, as Cora (curator), Rita (reviewer) and an administrator do it."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from kb.models import CaseStudy, Chapter, Company, Revision, StudyPlan, Technique, Topic
from problems.models import Problem
from tests.kb.admin_forms import fields_of, save, url

ENTRY_MODELS = [Company, Technique, CaseStudy, StudyPlan, Topic, Problem]
CASE_API = "/api/v1/case-studies/netflix-recommender-system/"


@pytest.fixture
def case(shipped):
    return CaseStudy.objects.get(slug="netflix-recommender-system")


def make_draft(client, entry):
    client.post(url("edit", entry))
    return type(entry).objects.get(draft_of=entry)


@pytest.mark.parametrize("model", [*ENTRY_MODELS, Chapter, Revision], ids=str)
def test_every_type_can_be_listed_searched_and_opened(shipped, client_as, admin, model):
    client = client_as(admin)
    listing = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert client.get(listing).status_code == 200
    assert client.get(f"{listing}?q=a").status_code == 200
    assert client.get(url("change", model.objects.first())).status_code == 200


@pytest.mark.parametrize("model", ENTRY_MODELS, ids=str)
def test_a_draft_saved_without_a_change_is_the_same_document(shipped, client_as, admin, model):
    client = client_as(admin)
    published = model.objects.published().last()
    draft = make_draft(client, published)
    response = save(client, draft)
    assert "errors" not in response.context or not response.context["errors"]
    draft = model.objects.get(pk=draft.pk)
    assert draft.dump_text(draft.to_document()) == published.dump_text(published.to_document())


def test_a_published_entry_is_shown_and_not_edited_in_place(case, client_as, cora):
    client = client_as(cora)
    response = client.get(url("change", case))
    assert not response.context["has_change_permission"]
    assert client.post(url("change", case), {"title": "Vandalised"}).status_code == 403
    case.refresh_from_db()
    assert case.title != "Vandalised"


def test_editing_makes_one_draft_and_leaves_what_readers_see(case, client_as, cora, client, api):
    before = api.get(CASE_API).content
    client = client_as(cora)
    draft = make_draft(client, case)
    client.post(url("edit", case))
    assert CaseStudy.objects.filter(draft_of=case).count() == 1
    save(client, draft, title="A title that nobody reads yet")
    draft.refresh_from_db()
    assert draft.title == "A title that nobody reads yet"
    assert draft.author == cora
    assert api.get(CASE_API).content == before


@pytest.mark.parametrize("model", ENTRY_MODELS, ids=str)
def test_two_who_save_one_draft_do_not_overwrite_each_other(shipped, client_as, admin, model):
    client = client_as(admin)
    draft = make_draft(client, model.objects.published().last())
    page = client.get(url("change", draft))
    assert 'name="opened_at"' in page.content.decode()
    of_the_second = fields_of(page) | {"title": "By the second"}
    save(client, draft, title="By the first")
    response = client.post(url("change", draft), of_the_second, follow=True)
    assert "Somebody has saved this draft since you opened it" in response.content.decode()
    draft.refresh_from_db()
    assert draft.title == "By the first"


def test_what_cannot_be_withdrawn_is_said(case, client_as, admin, api):
    response = client_as(admin).post(url("withdraw", case.company), follow=True)
    assert f"{case.title} cannot be shown without" in response.content.decode()
    assert api.get(f"/api/v1/companies/{case.company.slug}/").status_code == 200


def test_a_curator_may_submit_and_not_publish(case, client_as, cora):
    client = client_as(cora)
    draft = make_draft(client, case)
    client.post(url("submit", draft))
    draft.refresh_from_db()
    assert draft.state == "in-review"
    assert client.post(url("publish", draft)).status_code == 403
    assert CaseStudy.objects.get(pk=draft.pk).draft_of == case


def test_a_reviewer_publishes_and_the_revision_names_both(case, client_as, cora, rita, api):
    client = client_as(cora)
    draft = make_draft(client, case)
    save(client, draft, title="A better title")
    client.post(url("submit", draft))
    response = client_as(rita).post(url("publish", draft), follow=True)
    assert "Published as revision 2." in response.content.decode()
    revision = Revision.objects.get(type="case-study", slug=case.slug, number=2)
    assert (revision.author, revision.reviewer) == (cora, rita)
    assert api.get(CASE_API).json()["title"] == "A better title"
    assert not CaseStudy.objects.filter(draft_of=case).exists()


def test_the_last_to_edit_does_not_publish_while_there_is_somebody_else(
    case, client_as, rita, cora
):
    client = client_as(rita)
    draft = make_draft(client, case)
    save(client, draft, title="My own work")
    response = client.post(url("publish", draft), follow=True)
    assert "A second person publishes" in response.content.decode()
    assert CaseStudy.objects.get(pk=case.pk).title != "My own work"


def test_an_author_alone_publishes_and_it_is_recorded_as_unreviewed(case, client_as, admin):
    assert User.objects.filter(is_staff=True).count() == 1
    client = client_as(admin)
    draft = make_draft(client, case)
    save(client, draft, title="Alone")
    client.post(url("publish", draft))
    revision = Revision.objects.get(type="case-study", slug=case.slug, number=2)
    assert (revision.author, revision.reviewer) == (admin, None)


def test_what_is_edited_in_review_has_to_be_submitted_again(case, client_as, cora):
    client = client_as(cora)
    draft = make_draft(client, case)
    client.post(url("submit", draft))
    save(client, draft, title="Changed during the review")
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_draft_with_errors_is_saved_and_not_published(case, client_as, admin):
    client = client_as(admin)
    draft = make_draft(client, case)
    save(client, draft, body="## No key\n\nA formula: $\\nonsense$.")
    response = client.post(url("publish", draft), follow=True)
    page = response.content.decode()
    assert "line 1: The section" in page
    assert "line 3: The formula" in page
    draft.refresh_from_db()
    assert draft.body.startswith("## No key")
    assert CaseStudy.objects.get(pk=case.pk).version == 1


def test_the_slug_of_what_was_published_stays(case, client_as, admin):
    client = client_as(admin)
    draft = make_draft(client, case)
    save(client, draft, slug="another-address")
    draft.refresh_from_db()
    assert draft.slug == case.slug


def test_a_new_entry_is_a_draft_that_only_curators_see(shipped, client_as, cora, api):
    client = client_as(cora)
    response = client.post(
        reverse("admin:kb_company_add"),
        {"title": "Acme", "slug": "acme", "summary": "Makes everything.", "industry": "Anvils"},
        follow=True,
    )
    assert response.status_code == 200
    assert Company.objects.get(slug="acme").state == "draft"
    assert api.get("/api/v1/companies/acme/").status_code == 404


def test_differences_between_revisions_are_shown_and_restored(case, client_as, admin, api):
    client = client_as(admin)
    old = case.title
    draft = make_draft(client, case)
    save(client, draft, title="The second title")
    client.post(url("publish", draft))
    page = client.get(url("revisions", case)).content.decode()
    assert "-title = " in page
    assert "+title = &quot;The second title&quot;" in page
    client.post(reverse("admin:kb_casestudy_restore", args=[case.pk, 1]))
    draft = CaseStudy.objects.get(draft_of=case)
    assert draft.title == old
    client.post(url("publish", draft))
    assert api.get(CASE_API).json()["title"] == old
    assert Revision.objects.filter(type="case-study", slug=case.slug).count() == 3


def test_a_draft_is_discarded_and_the_published_entry_stays(case, client_as, cora, api):
    client = client_as(cora)
    draft = make_draft(client, case)
    client.post(url("discard", draft))
    assert not CaseStudy.objects.filter(pk=draft.pk).exists()
    assert api.get(CASE_API).status_code == 200
    assert client.post(url("discard", case)).status_code == 404


def test_a_withdrawn_entry_is_gone_for_readers_and_can_come_back(case, client_as, admin, api):
    client = client_as(admin)
    client.post(url("withdraw", case))
    assert api.get(CASE_API).status_code == 404
    client.post(url("publish", case))
    assert api.get(CASE_API).status_code == 200


def test_nothing_is_changed_by_looking(case, client_as, admin):
    client = client_as(admin)
    for name in ("edit", "submit", "send-back", "publish", "withdraw", "discard"):
        assert client.get(url(name, case)).status_code == 405
    for name in ("change", "preview", "revisions", "history"):
        assert client.get(url(name, case)).status_code == 200
    assert not CaseStudy.objects.filter(draft_of=case).exists()


def test_a_learner_and_a_stranger_reach_no_page_of_the_admin(case, client, client_as, ada):
    for name in ("change", "preview", "revisions"):
        assert client.get(url(name, case)).status_code == 302
    client = client_as(ada)
    for name in ("change", "preview", "revisions"):
        assert client.get(url(name, case)).status_code == 302
    for name in ("edit", "publish", "withdraw"):
        assert client.post(url(name, case)).status_code == 302
    case.refresh_from_db()
    assert case.is_published


def test_an_operator_sees_jobs_and_edits_no_content(case, client_as, oscar):
    client = client_as(oscar)
    assert client.get(reverse("admin:compute_job_changelist")).status_code == 200
    assert client.get(reverse("admin:kb_casestudy_changelist")).status_code == 403
    assert client.post(url("edit", case)).status_code == 403


def test_references_offer_entries_and_never_the_draft_beside_one(shipped, client_as, admin):
    client = client_as(admin)
    technique = Technique.objects.get(slug="bayes-theorem")
    draft = make_draft(client, technique)
    response = client.get(
        reverse("admin:autocomplete"),
        {
            "app_label": "kb",
            "model_name": "casestudy",
            "field_name": "techniques",
            "term": "bayes",
        },
    )
    offered = [int(result["id"]) for result in response.json()["results"]]
    assert technique.pk in offered
    assert draft.pk not in offered
