"""Drafts beside published entries, review, publishing, withdrawing, restoring."""

import pytest

from kb import services
from kb.errors import CannotPublish, CannotWithdraw, NeedsReviewer
from kb.models import Card, CaseStudy, Company, Revision, State, StudyPlan, Technique, Topic
from problems.models import Problem
from rest.models import ContentVersion
from tests.kb.acme import HAMMERS, whole

CASE = "/api/v1/case-studies/acme-ranker/"
DOORS = {
    "case-study": ("acme-ranker", "/api/v1/case-studies/acme-ranker", "/cases/acme-ranker/"),
    "topic": ("anvils", "/api/v1/topics/anvils", "/topics/anvils/"),
    "company": ("acme", "/api/v1/companies/acme", "/companies/acme/"),
    "technique": (
        "anvil-sorting",
        "/api/v1/techniques/anvil-sorting",
        "/techniques/anvil-sorting/",
    ),
    "study-plan": (
        "basics-of-anvils",
        "/api/v1/study-plans/basics-of-anvils",
        "/plans/basics-of-anvils/",
    ),
}
MODELS = {model.TYPE: model for model in (CaseStudy, Topic, Company, Technique, StudyPlan)}
WITH_TEXT = {"case-study", "topic"}


def content_version() -> int:
    return ContentVersion.objects.get(pk=1).number


def draft_of(entry, by, **changes):
    draft = services.start_draft(entry, by)
    for name, value in changes.items():
        setattr(draft, name, value)
    draft.save()
    services.edited_by(draft, by)
    return draft


@pytest.fixture
def case(folder):
    return CaseStudy.objects.get(slug="acme-ranker")


def withdraw_with_all_on_it(entry):
    for others in services.standing_on(entry):
        for other in others:
            withdraw_with_all_on_it(other)
    services.withdraw(entry)


def doors_of(entry_type) -> list[str]:
    _slug, api_path, page = DOORS[entry_type]
    paths = [f"{api_path}/", page]
    return [*paths, f"{api_path}.md"] if entry_type in WITH_TEXT else paths


def everything(client) -> dict[str, bytes]:
    """What a stranger sees of the small folder, through every door."""
    paths = [path for entry_type in DOORS for path in doors_of(entry_type)]
    paths += ["/api/v1/case-studies/", "/api/v1/topics/", "/api/v1/search/?q=anvils", "/cases/"]
    paths += ["/", "/search/?q=anvils", "/plans/", "/api/v1/study-plans/", "/api/v1/search/?q=acme"]
    answers = {path: client.get(path) for path in paths}
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(
        paths, 200
    )
    # A page has a nonce and a CSRF token of its own.
    return {path: answer.content for path, answer in answers.items()}


@pytest.mark.parametrize("entry_type", DOORS)
def test_what_is_published_does_not_change_by_a_byte_while_its_draft_is_edited(
    folder, client, cora, entry_type
):
    before = everything(client)
    entry = MODELS[entry_type].objects.get(slug=DOORS[entry_type][0])
    draft = draft_of(entry, cora, title="Zebra anvils", summary="Acme zebra.")
    if entry_type in WITH_TEXT:
        draft.body = "## Zebra {#zebra}\n\nAnvils."
        draft.save()
    services.preview(draft)
    services.submit_for_review(draft)
    services.send_back(draft)
    assert everything(client) == before


def test_a_planned_topic_is_edited_in_a_draft_beside_it(folder, client, cora):
    before = everything(client)
    planned = Topic.objects.get(slug="hammers")
    draft = draft_of(planned, cora, title="Zebra hammers", body="## Zebra {#zebra}\n\nHammers.")
    assert draft.draft_of == planned
    assert everything(client) == before
    assert services.publish(draft, cora) == planned
    assert Topic.objects.published().get(slug="hammers").title == "Zebra hammers"


def test_there_is_one_draft_beside_an_entry(case, cora, rita):
    assert services.start_draft(case, cora).pk == services.start_draft(case, rita).pk


def test_publishing_puts_the_draft_in_place_of_what_was_published(case, client, cora):
    version, first = content_version(), case.published_at
    draft = draft_of(case, cora, title="Acme ranks zebras")
    published = services.publish(draft, cora)
    assert (published.pk, published.version, published.published_at) == (case.pk, 2, first)
    assert not CaseStudy.objects.filter(pk=draft.pk).exists()
    assert Card.objects.get(type="case-study", slug="acme-ranker").title == "Acme ranks zebras"
    assert client.get(CASE).json()["title"] == "Acme ranks zebras"
    assert client.get("/api/v1/search/?q=zebras").json()["count"] == 1
    assert content_version() > version
    # What hangs on the entry comes with it.
    assert [source.key for source in published.sources.all()] == ["acme"]
    assert published.techniques.get().slug == "anvil-sorting"


def test_a_second_person_publishes(case, cora, rita):
    draft = draft_of(case, cora, title="By Cora")
    with pytest.raises(NeedsReviewer, match="second person"):
        services.publish(draft, cora)
    assert CaseStudy.objects.get(pk=case.pk).version == 1
    with pytest.raises(NeedsReviewer, match="not in review"):
        services.publish(draft, rita)
    assert services.submit_for_review(draft)
    published = services.publish(draft, rita)
    revision = Revision.objects.get(type="case-study", slug="acme-ranker", number=2)
    assert (revision.author, revision.reviewer, revision.origin) == (cora, rita, "admin")
    assert published.reviewed_at is not None


def test_the_last_to_edit_is_the_author_even_if_another_began(case, cora, rita):
    draft = draft_of(case, cora, title="By Cora")
    services.edited_by(draft, rita)
    with pytest.raises(NeedsReviewer):
        services.publish(draft, rita)
    services.submit_for_review(draft)
    assert services.publish(draft, cora).version == 2


def test_an_author_publishes_alone_while_there_is_nobody_else_on_the_staff(case, cora, ada, bob):
    services.publish(draft_of(case, cora, title="By Cora"), cora)
    revision = Revision.objects.get(type="case-study", slug="acme-ranker", number=2)
    assert (revision.author, revision.reviewer) == (cora, None)
    assert CaseStudy.objects.get(pk=case.pk).reviewed_at is None


def test_somebody_who_left_does_not_count_as_a_second_person(case, cora, rita):
    rita.is_active = False
    rita.save()
    assert services.publish(draft_of(case, cora, title="By Cora"), cora).version == 2


def test_an_unreviewed_revision_does_not_keep_the_old_mark_of_review(case, cora, rita):
    draft = draft_of(case, cora, title="Reviewed")
    services.submit_for_review(draft)
    services.publish(draft, rita)
    rita.delete()
    services.publish(draft_of(case, cora, title="Not reviewed"), cora)
    assert CaseStudy.objects.get(pk=case.pk).reviewed_at is None


def test_each_publication_is_a_revision_and_an_old_one_comes_back_as_a_draft(case, cora, api):
    services.publish(draft_of(case, cora, title="The second title"), cora)
    case.refresh_from_db()
    first = Revision.objects.get(type="case-study", slug="acme-ranker", number=1)
    draft = services.restore(case, first, cora)
    assert draft.title == "Acme ranks its anvils"
    assert api.get(CASE).json()["title"] == "The second title"
    services.publish(draft, cora)
    texts = Revision.objects.filter(type="case-study", slug="acme-ranker").order_by("number")
    one, two, three = texts.values_list("document", flat=True)
    assert one == three != two


def test_a_revision_that_no_longer_fits_is_not_restored(case, cora):
    first = Revision.objects.get(type="case-study", slug="acme-ranker")
    services.publish(draft_of(case, cora, title="Without", body=whole("B.")), cora)
    case.refresh_from_db()
    first.document = first.document.replace("anvil-sorting", "gone")
    with pytest.raises(CannotPublish, match="There is no technique 'gone'"):
        services.restore(case, first, cora)
    assert not CaseStudy.objects.filter(draft_of=case).exists()


@pytest.mark.parametrize("entry_type", DOORS)
def test_what_is_withdrawn_is_a_404_through_every_door(folder, client, entry_type):
    entry = MODELS[entry_type].objects.get(slug=DOORS[entry_type][0])
    version = content_version()
    withdraw_with_all_on_it(entry)
    answers = {path: client.get(path).status_code for path in doors_of(entry_type)}
    assert answers == dict.fromkeys(answers, 404)
    assert not Card.objects.filter(type=entry_type, slug=entry.slug).exists()
    hits = client.get(f"/api/v1/search/?q={entry.title}").json()["results"]
    assert (entry_type, entry.slug) not in {(hit["type"], hit["slug"]) for hit in hits}
    assert content_version() > version
    assert Revision.objects.filter(type=entry_type, slug=entry.slug).count() == 1


def test_texts_that_link_to_what_is_withdrawn_or_comes_back_are_made_anew(folder, cora):
    topic, case = Topic.objects.get(slug="anvils"), CaseStudy.objects.get(slug="acme-ranker")
    assert '<a href="/topics/anvils/"' in case.rendered["html"]
    services.withdraw(topic)
    case.refresh_from_db()
    assert '<span class="planned">topic</span>' in case.rendered["html"]
    services.publish(topic, cora)
    case.refresh_from_db()
    assert '<a href="/topics/anvils/"' in case.rendered["html"]


def test_problems_that_link_to_what_is_withdrawn_are_made_anew(shipped, folder, admin):
    problem = Problem.objects.published().first()
    statement = problem.statement + "\n\nSee [anvils](topic:anvils)."
    services.publish(draft_of(problem, admin, statement=statement), admin)
    services.withdraw(Topic.objects.get(slug="anvils"))
    problem.refresh_from_db()
    assert '<span class="planned">anvils</span>' in problem.rendered["statement_html"]


def test_what_was_withdrawn_and_not_edited_comes_back_without_an_author(case, cora, rita):
    services.withdraw(case)
    assert services.publish(case, cora).is_published
    revision = Revision.objects.get(type="case-study", slug="acme-ranker", number=2)
    assert (revision.author, revision.reviewer) == (None, cora)


def test_a_publish_that_fails_changes_nothing(case, client, cora):
    before, version = everything(client), content_version()
    draft = draft_of(case, cora, title="Broken", body=whole("$\\nonsense$"))
    with pytest.raises(CannotPublish, match=r"line 3: The formula"):
        services.publish(draft, cora)
    assert everything(client) == before
    assert content_version() == version
    assert Revision.objects.filter(type="case-study", slug="acme-ranker").count() == 1
    assert CaseStudy.objects.get(draft_of=case).title == "Broken"


@pytest.mark.parametrize(
    "wrong",
    [
        {"questions": [{"nonsense": 1}]},
        {"questions": [1]},
        {"lessons": "no list"},
        {"lessons": ["a\x01b"]},
        {"title": "<b>Bold</b>"},
        {"slug": "another-slug"},
        {"audience_student": "$\\nonsense$"},
    ],
    ids=str,
)
def test_what_makes_no_document_is_not_published(case, cora, wrong):
    draft = draft_of(case, cora, **wrong)
    with pytest.raises(CannotPublish):
        services.publish(draft, cora)
    case.refresh_from_db()
    assert case.version == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"controls": [1]}, "examples.0.controls.0"),
        ({"params": [1]}, "examples.0.params"),
        ({"figure": "update-scrubber"}, "shows conjugate-update, not diagnostic-test"),
        ({"kind": "conjugate-update", "figure": "frequency-grid"}, "The example 'test': "),
        ({"text": "$\\nonsense$"}, "examples.0.text: The formula"),
    ],
)
def test_an_example_that_does_not_fit_its_kind_or_figure_is_said_and_not_published(
    folder, cora, wrong, sentence
):
    draft = draft_of(Topic.objects.get(slug="anvils"), cora)
    draft.examples.update(**wrong)
    for door in (lambda: services.preview(draft), lambda: services.publish(draft, cora)):
        with pytest.raises(CannotPublish, match=sentence):
            door()


@pytest.mark.parametrize(
    "wrong", [{"worked_examples": ["a"]}, {"misconceptions": [1]}, {"function": []}], ids=str
)
def test_a_problem_with_wrong_json_is_not_published(shipped, admin, wrong):
    draft = draft_of(Problem.objects.published().first(), admin, **wrong)
    with pytest.raises(CannotPublish):
        services.preview(draft)
    with pytest.raises(CannotPublish):
        services.publish(draft, admin)


def test_an_example_of_a_problem_needs_no_explanation(shipped, admin):
    problem = Problem.objects.published().first()
    example = {name: problem.worked_examples[0][name] for name in ("input", "output")}
    published = services.publish(draft_of(problem, admin, worked_examples=[example]), admin)
    assert published.rendered["examples"] == [example | {"explanation": ""}]


def test_what_was_changed_after_it_was_looked_at_is_not_published(case, cora, rita):
    draft = draft_of(case, cora, title="As Rita saw it")
    services.submit_for_review(draft)
    seen = CaseStudy.objects.get(pk=draft.pk).updated_at.isoformat()
    draft.title = "Slipped in"
    draft.save()
    services.edited_by(draft, cora)
    services.submit_for_review(draft)
    with pytest.raises(CannotPublish, match="meanwhile"):
        services.publish(draft, rita, seen)
    assert CaseStudy.objects.get(pk=case.pk).version == 1


def test_an_empty_topic_is_not_published(folder, cora):
    planned = Topic.objects.filter(state=State.PLANNED).first()
    draft = services.start_draft(planned, cora)
    with pytest.raises(CannotPublish, match="no text yet"):
        services.publish(draft, cora)
    assert Topic.objects.get(pk=planned.pk).state == State.PLANNED


def test_a_draft_is_published_once(case, cora, rita):
    draft = draft_of(case, cora, title="Once")
    services.submit_for_review(draft)
    services.publish(draft, rita)
    with pytest.raises(CannotPublish, match="meanwhile"):
        services.publish(draft, rita)
    assert CaseStudy.objects.get(pk=case.pk).version == 2


def test_a_case_is_published_only_after_its_company(folder, cora):
    services.withdraw(CaseStudy.objects.get(slug="acme-ranker"))
    services.withdraw(Company.objects.get(slug="acme"))
    with pytest.raises(CannotPublish, match="Acme is not published yet"):
        services.publish(CaseStudy.objects.get(slug="acme-ranker"), cora)
    services.publish(Company.objects.get(slug="acme"), cora)
    assert services.publish(CaseStudy.objects.get(slug="acme-ranker"), cora).is_published


def test_what_others_stand_on_is_not_withdrawn_before_them(shipped, folder):
    company, plan = Company.objects.get(slug="acme"), StudyPlan.objects.get(title__contains="anvil")
    topic = Problem.objects.published().first().home_topic
    for entry, needs in (
        (company, "Acme ranks its anvils"),
        (plan, "Anvils"),
        (topic, topic.home_problems.first().title),
    ):
        with pytest.raises(CannotWithdraw, match=f"{needs}.* cannot be shown without"):
            services.withdraw(entry)
        assert type(entry).objects.published().filter(pk=entry.pk).exists()
        assert Card.objects.filter(type=entry.TYPE, slug=entry.slug).exists()


def test_an_entry_with_a_draft_beside_it_is_not_withdrawn(case, cora):
    draft_of(case, cora, title="In work")
    with pytest.raises(CannotWithdraw, match="There is a draft beside it"):
        services.withdraw(case)
    assert CaseStudy.objects.published().filter(pk=case.pk).exists()


def test_of_two_who_publish_at_the_same_moment_the_second_is_refused(case):
    one, other = CaseStudy.objects.get(pk=case.pk), CaseStudy.objects.get(pk=case.pk)
    services.claim(one)
    with pytest.raises(CannotPublish, match="meanwhile"):
        services.claim(other)
    case.refresh_from_db()
    assert case.version == one.version == 2


def test_a_text_that_no_longer_renders_keeps_nothing_else_from_being_withdrawn(
    folder, cora, caplog
):
    CaseStudy.objects.filter(slug="acme-ranker").update(body="## No key")
    before = CaseStudy.objects.get(slug="acme-ranker").rendered
    topic = Topic.objects.get(slug="anvils")
    services.withdraw(topic)
    assert not Topic.objects.published().filter(slug="anvils").exists()
    assert CaseStudy.objects.get(slug="acme-ranker").rendered == before
    assert "case-study acme-ranker keeps its old rendering: line 1: The section" in caplog.text
    services.publish(topic, cora)
    assert Topic.objects.published().filter(slug="anvils").exists()


def test_what_is_made_anew_never_replaces_a_later_version(case, cora):
    stale = CaseStudy.objects.get(pk=case.pk)
    services.publish(draft_of(case, cora, body=whole("New.")), cora)
    stale.rendered = {}
    assert services.render_anew([stale]) == (0, [])
    assert CaseStudy.objects.get(pk=case.pk).rendered["sections"][0]["markdown"] == "New."


def test_a_renamed_company_is_renamed_in_the_cards_of_its_cases(folder, cora):
    services.publish(draft_of(Company.objects.get(slug="acme"), cora, title="Apex"), cora)
    card = Card.objects.get(type="case-study", slug="acme-ranker")
    assert card.extra["company"] == "Apex"
    assert card.text.startswith("Apex ")
    assert card.techniques == ["anvil-sorting"]


def test_a_restored_revision_replaces_no_text_that_is_nowhere_else(case, cora):
    first = Revision.objects.get(type="case-study", slug="acme-ranker", number=1)
    draft = draft_of(case, cora, title="Hours of work")
    with pytest.raises(CannotPublish, match="has a text of its own"):
        services.restore(case, first, cora)
    with pytest.raises(CannotPublish, match="has a text of its own"):
        services.restore(draft, first, cora)
    draft.refresh_from_db()
    assert draft.title == "Hours of work"
    services.publish(draft, cora)
    case.refresh_from_db()
    services.restore(case, first, cora)
    # Nothing was written into that draft: the other revision may take its place.
    second = Revision.objects.get(type="case-study", slug="acme-ranker", number=2)
    assert services.restore(case, second, cora).title == "Hours of work"


def test_a_revision_that_is_no_document_any_more_is_not_restored(case, cora):
    first = Revision.objects.get(type="case-study", slug="acme-ranker")
    first.document = first.document.replace("year = 2020", "year = 1")
    with pytest.raises(CannotPublish, match="year"):
        services.restore(case, first, cora)


def test_what_a_browser_sends_is_kept_with_plain_line_ends(case, cora):
    draft = draft_of(case, cora, body=whole("B.  ").replace("\n", "\r\n"), summary="One\r\ntwo")
    published = services.publish(draft, cora)
    assert (published.body, published.summary) == (whole("B."), "One\ntwo")
    assert "\r" not in Revision.objects.get(slug="acme-ranker", number=2).document


def test_a_state_changes_only_from_the_one_before_it(case, cora):
    services.submit_for_review(case)
    services.send_back(case)
    case.refresh_from_db()
    assert case.state == State.PUBLISHED
    draft = draft_of(case, cora, title="A")
    services.send_back(draft)
    services.submit_for_review(draft)
    draft.refresh_from_db()
    assert draft.state == State.IN_REVIEW


def test_a_topic_in_a_draft_is_computed_and_drawn_in_the_preview(folder, cora):
    folder.write("topics/hammers.md", HAMMERS)
    draft = draft_of(Topic.objects.get(slug="anvils"), cora, title="In the preview")
    shown = services.preview(draft)
    assert "figure-test" in shown.rendered["html"]
    assert shown.rendered["examples"]["test"]["result"]["posterior"] > 0
    assert Topic.objects.get(pk=draft.pk).rendered == {}
