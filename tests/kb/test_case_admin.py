"""Curating a case in the admin: its rows, its faults, its vocabulary, who else is there."""

import datetime

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from compute.schedule import run_due
from kb import editing, services
from kb.drafts import faults_of
from kb.models import (
    CaseStudy,
    Claim,
    ComponentType,
    Editing,
    Flow,
    Quantity,
    Source,
    State,
    Unit,
)
from tests.kb.admin_forms import add_row, errors_of, fields_of, save, url
from tests.kb.evidence import CASE


@pytest.fixture
def case(folder):
    folder.write("case-studies/acme-scorer.md", CASE)
    folder.load()
    return CaseStudy.objects.get(slug="acme-scorer")


@pytest.fixture
def draft(case, cora):
    return services.start_draft(case, cora)


@pytest.fixture
def curating(client_as, cora):
    return client_as(cora)


def opened(client, draft) -> dict:
    return fields_of(client.get(url("change", draft)))


def post(client, draft, fields):
    return client.post(url("change", draft), fields, follow=True)


def text_of(draft) -> str:
    draft = CaseStudy.objects.get(pk=draft.pk)
    return draft.dump_text(draft.to_document())


# --- rows -------------------------------------------------------------------------------------


def test_a_case_saved_without_a_change_is_the_same_document(draft, curating):
    before = text_of(draft)
    response = save(curating, draft)
    assert response.redirect_chain
    assert text_of(draft) == before == CASE


def test_rows_that_name_one_another_are_made_in_one_go(draft, curating):
    fields = opened(curating, draft)
    unit, quantity = Unit.objects.get(slug="ms"), Quantity.objects.get(slug="latency")
    type_ = ComponentType.objects.get(slug="feature-store")
    add_row(fields, "sources", key="talk", title="A talk", confidence="original")
    add_row(
        fields,
        "claims",
        key="talked",
        kind="latency",
        quantity=quantity.pk,
        unit=unit.pk,
        value="7",
        text="7 ms",
        source="talk",
        confidence="original",
        conflicts="delay share",
    )
    add_row(
        fields,
        "components",
        key="store",
        type=type_.pk,
        name="Store",
        lane="Online",
        also="shelf\ncupboard",
        state="public",
        section="data",
    )
    add_row(fields, "flows", start="store", end="scorer", kind="batch", label="rows")
    assert post(curating, draft, fields).redirect_chain
    # It is in the picture, and the text does not name it yet.
    assert errors_of(curating.get(url("change", draft))).keys() == {"components-3-name"}
    document = CaseStudy.objects.get(pk=draft.pk).to_document()
    assert document.claims[-1].source == "talk"
    assert document.claims[-1].conflicts_with == ["delay", "share"]
    assert document.components[-1].also == ["shelf", "cupboard"]
    assert (document.flows[-1].start, document.flows[-1].end) == ("store", "scorer")
    assert Source.objects.get(case_study=draft, key="talk").position == 2


def test_rows_stand_in_the_order_of_their_numbers_and_new_ones_last(draft, curating):
    fields = opened(curating, draft)
    fields["sources-1-position"] = 0
    add_row(fields, "sources", key="talk", title="A talk", confidence="original")
    post(curating, draft, fields)
    document = CaseStudy.objects.get(pk=draft.pk).to_document()
    assert [work.key for work in document.sources] == ["retold", "paper", "talk"]
    positions = Source.objects.filter(case_study=draft).values_list("position", flat=True)
    assert list(positions) == [0, 1, 2]


def test_two_rows_may_exchange_their_keys(draft, curating):
    fields = opened(curating, draft)
    fields |= {"claims-0-key": "share", "claims-1-key": "delay", "claims-2-conflicts": "share"}
    fields["experiments-0-claim"] = "delay"
    response = post(curating, draft, fields)
    assert response.redirect_chain
    document = CaseStudy.objects.get(pk=draft.pk).to_document()
    assert [claim.key for claim in document.claims] == ["share", "delay", "delay-retold"]
    assert document.claims[2].conflicts_with == ["share"]
    assert document.experiments[0].claim == "delay"


def test_a_key_that_is_given_up_may_be_taken_at_once(draft, curating):
    fields = opened(curating, draft)
    fields |= {"claims-1-DELETE": "on", "claims-0-key": "share", "claims-2-conflicts": "share"}
    response = post(curating, draft, fields)
    assert response.redirect_chain
    kept = Claim.objects.filter(case_study=draft).values_list("key", flat=True)
    assert list(kept) == ["share", "delay-retold"]


def test_flows_may_exchange_their_ends(draft, curating):
    fields = opened(curating, draft)
    fields |= {"flows-0-kind": "event", "flows-0-label": "", "flows-0-start": "scorer"}
    fields |= {"flows-0-end": "log", "flows-1-start": "till", "flows-1-end": "scorer"}
    fields |= {"flows-1-kind": "request", "flows-1-label": "asks"}
    response = post(curating, draft, fields)
    assert response.redirect_chain
    flows = CaseStudy.objects.get(pk=draft.pk).to_document().flows
    assert [(flow.start, flow.end, flow.kind) for flow in flows] == [
        ("scorer", "log", "event"),
        ("till", "scorer", "request"),
    ]


def test_a_component_is_removed_with_its_flows_and_not_without_them(draft, curating):
    fields = opened(curating, draft) | {"components-2-DELETE": "on"}
    response = post(curating, draft, fields)
    assert "There is no component 'log'" in errors_of(response)["flows-1-end"][0]
    assert draft.components.count() == 3
    response = post(curating, draft, fields | {"flows-1-DELETE": "on"})
    assert response.redirect_chain
    assert draft.components.count() == 2
    assert Flow.objects.filter(case_study=draft).count() == 1


FAULTY = {
    "claims-0-key": ("share", "claims-1-key", "stands twice"),
    "claims-2-value_max": ("0.1", "claims-2-value_max", "ends above"),
    "claims-0-source": ("papers", "claims-0-source", "no source 'papers'"),
    "claims-2-conflicts": ("delays", "claims-2-conflicts", "no claim 'delays'"),
    "claims-2-quantity": ("999999", "claims-2-quantity", "valid choice"),
    "claims-0-unit": ("seconds", "claims-0-unit", "valid choice"),
    "claims-0-value": ("1e400", "claims-0-value", "number"),
    "components-0-key": ("scorer", "components-1-key", "stands twice"),
    "components-0-key ": ("Not A Slug", "components-0-key", "lower-case"),
    "flows-0-end": ("till", "flows-0-end", "leads to another component"),
    "flows-0-start": ("", "flows-0-start", "required"),
    "experiments-0-claim": ("shares", "experiments-0-claim", "no claim 'shares'"),
    "sources-1-doi": ("https://doi.org/10.1000/PAYMENTS", "sources-1-doi", "same work as 'paper'"),
    "title": ("Acme <b>scores</b>", "title", "without < and >"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_what_the_database_refuses_is_said_at_its_field(draft, curating, name):
    value, field, said = FAULTY[name]
    before = text_of(draft)
    response = post(curating, draft, opened(curating, draft) | {name.strip(): value})
    assert response.status_code == 200
    assert not response.redirect_chain
    assert said in " ".join(errors_of(response)[field])
    assert text_of(draft) == before


def test_new_rows_with_one_key_and_flows_that_stand_twice_are_told_at_the_second(draft, curating):
    fields = opened(curating, draft)
    for _twice in range(2):
        add_row(fields, "sources", key="talk", title="A talk", confidence="original")
        add_row(fields, "flows", start="till", end="log", kind="batch", label="")
    errors = errors_of(post(curating, draft, fields))
    assert errors.keys() == {"sources-3-key", "flows-3-end"}
    assert Source.objects.filter(case_study=draft).count() == 2


@pytest.mark.parametrize("itself", ["published", "draft"])
def test_a_case_is_not_linked_to_itself_and_not_twice_to_another(draft, case, curating, itself):
    other = CaseStudy.objects.get(slug="acme-ranker")
    fields = opened(curating, draft)
    target = case if itself == "published" else draft
    add_row(fields, "links", relation="builds-on", target=target.pk)
    errors = errors_of(post(curating, draft, fields))
    assert errors.keys() == {"links-0-target"}
    fields["links-0-target"] = other.pk
    add_row(fields, "links", relation="builds-on", target=other.pk)
    assert "twice" in errors_of(post(curating, draft, fields))["links-1-target"][0]


def test_rows_of_another_case_cannot_be_taken_over(draft, curating):
    other = CaseStudy.objects.get(slug="acme-ranker")
    fields = opened(curating, draft) | {"sources-0-id": other.sources.get().pk}
    response = post(curating, draft, fields)
    assert not response.redirect_chain
    assert other.sources.get().key == "acme"


def test_an_entry_with_a_slug_that_another_has_is_refused_at_its_field(case, curating):
    fields = {"title": "Acme", "slug": "acme", "summary": "Again."}
    response = curating.post(reverse("admin:kb_company_add"), fields)
    assert response.status_code == 200
    assert "Another entry of this type has this slug" in response.content.decode()


def test_the_largest_case_opens_and_saves_with_few_queries(shipped, client_as, admin):
    client = client_as(admin)
    case = CaseStudy.objects.get(slug="netflix-recommender-system")
    draft = services.start_draft(case, admin)
    with CaptureQueriesContext(connection) as opening:
        response = client.get(url("change", draft))
    assert len(opening) <= 60
    fields = fields_of(response)
    assert len(fields) > 1_500
    with CaptureQueriesContext(connection) as saving:
        response = client.post(url("change", draft), fields)
    assert response.status_code == 302
    assert len(saving) <= 50


# --- what keeps a draft from being published --------------------------------------------------


def test_faults_stand_at_their_fields_and_in_a_list_that_links_to_them(draft, curating):
    fields = opened(curating, draft)
    fields |= {"claims-0-source": "", "claims-2-text": "0.2 to 0.4 seconds"}
    fields |= {"summary": "A score in 99 ms.", "components-0-name": "Counter"}
    fields |= {"lessons": "It took 12 of them."}
    response = post(curating, draft, fields)
    assert response.redirect_chain
    response = curating.get(url("change", draft))
    assert set(errors_of(response)) == {
        "claims-0-source",
        "claims-2-text",
        "summary",
        "components-0-name",
        "lessons",
    }
    links = dict(response.context["faults"])
    assert links["id_claims-0-source"] == "The claim 'delay' has no source."
    assert links["id_lessons"].startswith("Number 1: The number 12 is no claim")
    page = response.content.decode()
    for field in links:
        assert f'href="#{field}"' in page
        assert f'id="{field}"' in page


def test_faults_of_the_text_name_their_line(draft, curating):
    body = draft.body.replace("The till waits.", "The till waits 3 s.")
    save(curating, draft, body=body)
    faults = dict(curating.get(url("change", draft)).context["faults"])
    assert faults["id_body"].startswith("Line 7: The number 3 is no claim")


def test_what_makes_no_document_is_a_fault_at_its_field(draft, curating):
    save(curating, draft, **{"claims-0-as_of": "last May", "year": "1500"})
    faults = dict(curating.get(url("change", draft)).context["faults"])
    assert set(faults) == {"id_claims-0-as_of", "id_year"}


def test_publishing_refuses_with_the_same_sentences(draft, client_as, admin):
    client = client_as(admin)
    save(client, draft, **{"claims-0-source": "", "summary": "A score in 99 ms."})
    sentences = [fault.sentence for fault in faults_of(CaseStudy.objects.get(pk=draft.pk))]
    page = client.post(url("publish", draft), follow=True).content.decode()
    assert len(sentences) == 2
    for sentence in sentences:
        assert sentence.replace("'", "&#x27;") in page
    assert CaseStudy.objects.get(slug="acme-scorer", draft_of=None).version == 1


def test_a_sound_draft_and_a_published_entry_show_no_faults(draft, case, curating):
    assert curating.get(url("change", draft)).context["faults"] == []
    assert "faults" not in curating.get(url("change", case)).context


def test_a_draft_with_faults_can_be_previewed(draft, curating):
    save(curating, draft, **{"claims-0-source": "", "claims-2-text": "0.2 to 0.4 seconds"})
    unit = Unit.objects.exclude(dimension="time").first()
    save(curating, draft, **{"claims-1-unit": unit.pk})
    page = curating.get(reverse("preview", args=["case-study", draft.pk]))
    assert page.status_code == 200
    assert "under 100 ms" in page.content.decode()
    save(curating, draft, body="## The goal {#goal}\n\n$\\nonsense$ [#gone]\n")
    page = curating.get(reverse("preview", args=["case-study", draft.pk])).content.decode()
    assert "nonsense" in page
    assert "[#gone] is not among the claims" in page


def test_another_case_that_cites_a_work_is_named_at_the_source(draft, curating):
    save(curating, draft, **{"sources-1-url": "http://www.example.org/anvils/#top"})
    response = curating.get(url("change", draft))
    page = response.content.decode()
    assert "Also cited by Acme ranks its anvils, as &#x27;acme&#x27;: Our anvils." in page


# --- who else is there ------------------------------------------------------------------------


def test_who_opens_a_draft_is_told_who_else_edits_it(draft, curating, client_as, cora, rita):
    rita.first_name = "Rita"
    rita.save()
    assert "editing this draft" not in curating.get(url("change", draft)).content.decode()
    client_as(rita).get(url("change", draft))
    assert client_as(rita).post(url("here", draft)).json() == {"others": []}
    response = client_as(cora).post(url("here", draft))
    since = timezone.localtime(Editing.objects.get(user=rita).opened_at).strftime("%H:%M")
    assert response.json() == {"others": [f"Rita is editing this draft too (since {since})."]}
    assert f"(since {since})" in client_as(cora).get(url("change", draft)).content.decode()


def test_who_left_is_not_there_any_more_and_forgotten_in_the_end(draft, curating, cora, rita):
    editing.come_in(draft, rita)
    past = timezone.now() - datetime.timedelta(minutes=5)
    Editing.objects.update(seen_at=past)
    (sentence,) = editing.others_in(draft, cora)
    assert "had this draft open at" in sentence
    Editing.objects.update(seen_at=past - datetime.timedelta(minutes=10))
    assert editing.others_in(draft, cora) == []
    Editing.objects.update(seen_at=past - datetime.timedelta(days=2))
    editing.come_in(draft, cora)
    assert "forget-editing" in run_due()
    assert [row.user for row in Editing.objects.select_related("user")] == [cora]


def test_nobody_is_noted_in_what_is_not_edited(case, draft, curating, client, ada, client_as):
    curating.get(url("change", case))
    # A GET changes nothing: the page that is open says so by a POST.
    curating.get(url("change", draft))
    assert not Editing.objects.exists()
    assert curating.post(url("here", case)).status_code == 404
    assert curating.get(url("here", draft)).status_code == 405
    assert client_as(ada).post(url("here", draft)).status_code == 302
    client.logout()
    assert client.post(url("here", draft)).status_code == 302
    assert not Editing.objects.exists()


# --- the vocabulary ---------------------------------------------------------------------------


def test_words_are_listed_with_how_many_cases_use_them(case, draft, curating):
    for model in (ComponentType, Unit, Quantity):
        name = f"admin:kb_{model._meta.model_name}_changelist"
        for query in ("", "?q=a", "?use=none", "?use=some"):
            assert curating.get(reverse(name) + query).status_code == 200
    words = curating.get(reverse("admin:kb_quantity_changelist")).context["cl"].queryset
    assert words.get(slug="base-rate").cases == (
        Claim.objects.filter(quantity__slug="base-rate", case_study__draft_of=None)
        .values("case_study").distinct().count()
    )  # fmt: skip


def test_a_shipped_word_is_shown_and_not_changed(shipped, curating):
    word = Quantity.objects.filter(is_shipped=True).first()
    page = curating.get(url("change", word))
    assert "comes from vocabulary.toml" in page.content.decode()
    assert curating.post(url("change", word), {"name": "Mine"}).status_code == 403
    assert curating.post(url("delete", word), {"post": "yes"}).status_code == 403


def test_a_word_is_added_with_a_reason_and_removed_while_no_case_uses_it(draft, curating):
    add = reverse("admin:kb_unit_add")
    word = {"name": "fortnights", "slug": "fortnight", "dimension": "time", "factor": "1209600"}
    response = curating.post(add, word)
    assert "reason" in response.context["adminform"].form.errors
    response = curating.post(add, word | {"factor": "0", "reason": "For wages."})
    assert response.status_code == 200
    assert curating.post(add, word | {"reason": "For wages."}).status_code == 302
    unit = Unit.objects.get(slug="fortnight")
    save(curating, draft, **{"claims-2-unit": unit.pk})
    assert curating.post(url("delete", unit), {"post": "yes"}).status_code == 403
    save(curating, draft, **{"claims-2-unit": Unit.objects.get(slug="s").pk})
    assert curating.post(url("delete", unit), {"post": "yes"}).status_code == 302
    assert not Unit.objects.filter(slug="fortnight").exists()


def test_a_changed_word_is_changed_in_the_cases_that_readers_see(case, curating):
    unit = Unit.objects.create(
        slug="tick", name="ticks", dimension="time", factor=0.1, reason="The till counts so."
    )
    case.claims.filter(key="delay-retold").update(unit=unit)
    word = {"name": "ticks", "slug": "tick", "dimension": "time", "reason": "The till counts so."}
    assert curating.post(url("change", unit), word | {"factor": "0.5"}).status_code == 302
    claim = case.claims.get(key="delay-retold")
    assert (claim.base_value, claim.base_value_max) == (0.1, 0.15)
    shown = CaseStudy.objects.get(pk=case.pk).rendered["claims"][2]
    assert (shown["unit"], shown["base_value"]) == ("tick", 0.1)


def test_no_word_is_without_a_reason_in_the_database(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        ComponentType.objects.create(slug="x", name="X", kind="store", summary="X.", reason="")


def test_words_and_cases_are_offered_while_one_types(case, draft, curating):
    for model, field, term in (
        ("claim", "quantity", "latency"),
        ("claim", "unit", "million"),
        ("component", "type", "client"),
        ("caselink", "target", "Acme"),
    ):
        query = {"app_label": "kb", "model_name": model, "field_name": field, "term": term}
        found = curating.get(reverse("admin:autocomplete"), query).json()["results"]
        assert found
        assert str(draft.pk) not in [row["id"] for row in found] or model != "caselink"


# --- who may ----------------------------------------------------------------------------------


def test_a_curator_may_remove_rows_and_an_operator_may_see_none(draft, curating, client_as, oscar):
    fields = opened(curating, draft)
    assert "claims-0-DELETE" in fields
    assert client_as(oscar).get(url("change", draft)).status_code == 403
    assert client_as(oscar).post(url("change", draft), fields).status_code == 403


def test_a_new_case_is_made_with_rows_at_once(case, curating):
    response = curating.get(reverse("admin:kb_casestudy_add"))
    fields = fields_of(response) | {
        "title": "Acme counts",
        "slug": "acme-counter",
        "summary": "How many.",
        "company": case.company.pk,
        "domain": "other",
        "techniques": [],
        "topics": [],
        "year": "2022",
        "body": "## The goal {#goal}\n\nCount.",
    }
    add_row(fields, "sources", key="talk", title="A talk", confidence="original", position="")
    response = curating.post(reverse("admin:kb_casestudy_add"), fields)
    assert response.status_code == 302, errors_of(response)
    made = CaseStudy.objects.get(slug="acme-counter")
    assert (made.state, made.sources.get().key) == (State.DRAFT, "talk")


def test_a_migrated_model_is_as_its_class_says(db):
    call_command("makemigrations", "kb", check=True, dry_run=True, verbosity=0)
