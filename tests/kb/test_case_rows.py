"""A case with every kind of part: file to rows and back, drafts, constraints, what is rendered."""

import re

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from kb import services
from kb.casecheck import check_case
from kb.errors import CannotPublish, LoadFailed
from kb.loading import load, read_content
from kb.models import CaseLink, CaseStudy, Claim, Component, Experiment, Flow, Revision, Source
from kb.terms import current_vocabulary, load_vocabulary
from kb.vocabulary import VOCABULARY_FILE, Vocabulary
from tests.kb.acme import Folder
from tests.kb.evidence import CASE

NAME = "case-studies/acme-scorer.md"


@pytest.fixture
def folder(db, tmp_path):
    load_vocabulary(Vocabulary.parse(VOCABULARY_FILE.read_text(encoding="utf-8"), "vocabulary"))
    folder = Folder(tmp_path)
    folder.write(NAME, CASE)
    folder.load()
    return folder


@pytest.fixture
def case(folder):
    return CaseStudy.objects.get(slug="acme-scorer")


def counts():
    """The rows of the case, in all its versions."""
    models = (Source, Claim, Component, Flow, CaseLink, Experiment)
    found = [model.objects.filter(case_study__slug="acme-scorer").count() for model in models]
    return [*found, Revision.objects.filter(slug="acme-scorer").count()]


def published_claims():
    return Claim.objects.published().filter(case_study__slug="acme-scorer")


def test_rows_become_the_same_file_again(case, folder, tmp_path):
    assert case.dump_text(case.to_document()) == CASE
    call_command("export_content", tmp_path / "out", verbosity=0)
    assert (tmp_path / "out" / NAME).read_text(encoding="utf-8") == CASE
    assert (tmp_path / "out" / "vocabulary.toml").exists()


def test_a_claim_is_kept_in_its_base_unit_too(case):
    found = {claim.key: (claim.base_value, claim.base_value_max) for claim in case.claims.all()}
    assert found == {"delay": (0.1, None), "share": (0.001, None), "delay-retold": (0.2, 0.3)}


def test_a_claim_stands_in_the_text_with_its_source_in_the_margin(case):
    html = case.rendered["html"]
    assert '<a class="claim" id="claim-delay" href="#note-claim-delay">under 100 ms</a>' in html
    [note] = re.findall(r'<p id="note-claim-delay">.*?</p>', html)
    assert "99th percentile, at the gateway, June 2021" in note
    assert '<a href="#source-paper">source 1</a>, page 3' in note
    assert 'disputed by <a href="#claim-delay-retold">0.2 to 0.3 seconds</a>' in note
    assert html.count('id="claim-share"') == 1


def test_a_second_hand_claim_says_so(case):
    html = case.rendered["html"]
    assert 'data-doubt="secondary account"' in html
    [note] = re.findall(r'<p id="note-claim-delay-retold">.*?</p>', html)
    assert "<em>secondary account</em>" in note


def test_a_number_of_ours_is_marked_and_a_list_links_to_the_claim(case):
    assert (
        '<span class="computed" title="Computed for this text">8%</span>' in case.rendered["html"]
    )
    assert '<a class="claim" href="#claim-share">1 in 1,000</a>' in case.rendered["lessons"][0]


def test_conflicts_are_told_on_both_sides(case):
    found = {claim["key"]: claim["conflicts_with"] for claim in case.rendered["claims"]}
    assert found == {"delay": ["delay-retold"], "share": [], "delay-retold": ["delay"]}


def test_an_experiment_is_computed_and_its_number_kept(case):
    [experiment] = case.rendered["experiments"]
    # P(fraud | refused) by Bayes' theorem.
    assert experiment["value"] == pytest.approx(0.001 * 0.9 / (0.001 * 0.9 + 0.999 * 0.01))
    assert 'id="figure-share-again"' in case.rendered["html"]


def test_the_picture_is_made_when_the_case_is_published(case):
    picture = case.rendered["picture"]
    assert all(picture[name].startswith("<svg") for name in ("wide", "tall", "alone"))
    assert "Payment log" in picture["text"]
    assert case.rendered["architecture"]["lanes"] == ["Shop", "Online", "Offline"]


def test_a_draft_is_a_copy_with_rows_of_its_own(case, cora):
    before = counts()
    draft = services.start_draft(case, cora)
    assert draft.dump_text(draft.to_document()) == CASE
    assert counts() == [2 * count for count in before[:6]] + [before[6]]
    draft.claims.all().delete()
    assert case.claims.count() == 3
    draft.delete()
    assert counts() == before


def test_a_draft_with_faults_is_kept_and_not_published(case, cora):
    draft = services.start_draft(case, cora)
    Claim.objects.filter(case_study=draft, key="share").update(source=None, value=5)
    with pytest.raises(CannotPublish) as caught:
        services.publish(draft, cora)
    said = str(caught.value)
    assert "The claim 'share' has no source" in said
    assert "is 5 per-thousand, but its text says '1 in 1,000'" in said
    assert {fault.place for fault in caught.value.faults} == {
        ("claims", 1, "source"),
        ("claims", 1, "text"),
    }
    assert CaseStudy.objects.get(pk=case.pk).version == 1
    assert published_claims().get(key="share").value == 1


def test_publishing_a_draft_writes_the_rows_of_the_case_anew(case, cora):
    draft = services.start_draft(case, cora)
    Claim.objects.filter(case_study=draft, key="share").update(value=2, text="2 in 1,000")
    services.publish(draft, cora)
    claim = published_claims().get(key="share")
    assert (claim.value, claim.base_value, claim.case_study_id) == (2, 0.002, case.pk)
    assert counts()[1] == 3
    assert "2 in 1,000" in CaseStudy.objects.get(pk=case.pk).rendered["html"]


def test_a_withdrawn_case_has_no_published_claims(case):
    services.withdraw(case)
    assert not published_claims().exists()
    assert counts()[1] == 3


def test_a_file_with_a_fault_writes_nothing(folder):
    before = counts()
    folder.change(NAME, 'to = "log"', 'to = "lake"')
    with pytest.raises(LoadFailed, match=r"content/case-studies/acme-scorer.md:\d+: .*'lake'"):
        folder.load()
    assert counts() == before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('to = "log"', 'to = "scorer"', "from 'scorer' to itself"),
        ("value_max = 0.3", "value_max = 0.2", "ends at or below its beginning"),
        ('[[questions]]', '[[flows]]\nfrom = "scorer"\nto = "log"\nkind = "event"\n\n[[questions]]',
         "stands twice"),
        ('[[questions]]', '[[links]]\nrelation = "builds-on"\ncase_study = "acme-scorer"\n\n'
         '[[questions]]', "not to itself"),
    ],
)  # fmt: skip
def test_what_the_database_would_refuse_is_said_of_a_line_first(folder, old, new, said):
    before = counts()
    folder.change(NAME, old, new)
    with pytest.raises(LoadFailed, match=r"content/case-studies/acme-scorer.md:\d+: ") as caught:
        folder.load()
    assert said in str(caught.value)
    assert counts() == before


def test_a_folder_that_is_not_there_is_named(db, tmp_path):
    with pytest.raises(LoadFailed, match="There is no folder"):
        read_content(tmp_path / "nowhere")


def test_numbers_follow_a_unit_that_changes(case, folder):
    text = VOCABULARY_FILE.read_text(encoding="utf-8")
    old = Vocabulary.parse(text, "vocabulary")
    old.units["ms"] = old.units["ms"].model_copy(update={"factor": 0.01})
    load_vocabulary(old)
    assert case.claims.get(key="delay").base_value == pytest.approx(1)
    load_vocabulary(Vocabulary.parse(text, "vocabulary"))
    assert case.claims.get(key="delay").base_value == pytest.approx(0.1)


def test_what_fits_no_document_is_named_with_its_place(case, cora):
    draft = services.start_draft(case, cora)
    draft.flows.filter(label="asks").update(label="<b>")
    with pytest.raises(CannotPublish) as caught:
        services.document_of(draft)
    assert [fault.place for fault in caught.value.faults] == [("flows", 0, "label")]


def test_a_draft_whose_claim_has_no_source_is_previewed(case, cora):
    draft = services.start_draft(case, cora)
    draft.claims.update(source=None)
    assert "under 100 ms" in services.preview(draft).rendered["html"]


def test_cases_that_supersede_one_another_in_a_circle_are_not_loaded(folder):
    def linked(slug, other):
        link = f'[[links]]\nrelation = "supersedes"\ncase_study = "{other}"\n\n[[questions]]'
        text = CASE.replace('slug = "acme-scorer"', f'slug = "{slug}"')
        return text.replace("[[questions]]", link)

    folder.write("case-studies/one.md", linked("one", "two"))
    folder.write("case-studies/two.md", linked("two", "one"))
    with pytest.raises(LoadFailed, match="in a circle: one → two → one"):
        load(read_content(folder.root))
    assert not CaseStudy.objects.filter(slug__in=["one", "two"]).exists()


def test_a_changed_vocabulary_is_seen_in_cases_that_did_not_change(case, folder):
    text = VOCABULARY_FILE.read_text(encoding="utf-8").replace('name = "Latency"', 'name = "Delay"')
    load(read_content(folder.root), vocabulary=Vocabulary.parse(text, "vocabulary"))
    claims = CaseStudy.objects.get(pk=case.pk).rendered["claims"]
    assert claims[0]["quantity"]["name"] == "Delay"


def test_the_database_refuses_what_no_case_may_have(case):
    claim, till = case.claims.get(key="delay"), case.components.get(key="till")
    scorer = case.components.get(key="scorer")
    refused = [
        lambda: Claim.objects.filter(pk=claim.pk).update(value_max=1),
        lambda: Claim.objects.filter(pk=claim.pk).update(kind="rumour"),
        lambda: Claim.objects.filter(pk=claim.pk).update(confidence="certain"),
        lambda: Claim.objects.filter(pk=claim.pk).update(key="share"),
        lambda: Source.objects.filter(key="paper").update(confidence="certain"),
        lambda: Source.objects.filter(key="paper").update(key="retold"),
        lambda: Component.objects.filter(pk=till.pk).update(key="scorer"),
        lambda: Component.objects.filter(pk=till.pk).update(state="guessed"),
        lambda: Flow.objects.create(case_study=case, start=till, end=till),
        lambda: Flow.objects.create(case_study=case, start=till, end=scorer, label="asks"),
        lambda: Flow.objects.create(case_study=case, start=scorer, end=till, kind="pigeon"),
        lambda: CaseLink.objects.create(case_study=case, target=case, relation="builds-on"),
    ]
    for make in refused:
        with pytest.raises(IntegrityError), transaction.atomic():
            make()


def test_every_shipped_case_rests_on_claims_components_and_prose(shipped):
    vocabulary = current_vocabulary()
    cases = list(CaseStudy.objects.published())
    scale = Claim.objects.published().filter(kind="scale").count()
    assert len(cases) >= 4
    assert scale >= 5
    experiments = 0
    for case in cases:
        document = case.to_document()
        assert len(document.claims) >= 5, case.slug
        assert len(document.components) >= 3, case.slug
        assert len(re.findall(r"\w+", case.rendered["text"])) >= 700, case.slug
        assert check_case(document, vocabulary) == []
        experiments += sum(bool(part.claim) for part in document.experiments)
    assert experiments >= 3
