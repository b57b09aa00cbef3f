"""Why one case stands beside another: components in common, and the links between them."""

import pytest

from kb import services
from kb.cards import Cards
from kb.models import CaseStudy, ComponentType
from tests.kb.evidence import CASE


def near(slug: str) -> dict[str, str]:
    return {
        related.card.slug: related.reason
        for related in Cards().near("case-study", slug)
        if related.card.type == "case-study"
    }


def write(folder, slug: str, *changes: tuple[str, str]) -> None:
    """Another case beside the scorer, changed."""
    text = CASE.replace("acme-scorer", slug)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    folder.write(f"case-studies/{slug}.md", text)


def link(relation: str, slug: str) -> tuple[str, str]:
    new = f'[[links]]\nrelation = "{relation}"\ncase_study = "{slug}"\n\n[[questions]]'
    return "[[questions]]", new


ALONE = (
    ('company = "acme"', 'company = "anvilco"'),
    ('techniques = ["anvil-sorting"]\n', ""),
    ('topics = ["anvils"]\n', ""),
)
COMPANY = """+++
type = "company"
slug = "anvilco"
title = "Anvilco"
summary = "Another one."
+++
"""


@pytest.fixture
def scorer(folder):
    folder.write("case-studies/acme-scorer.md", CASE)
    folder.write("companies/anvilco.md", COMPANY)
    return folder


def rarest_first(*slugs: str) -> list[str]:
    """The names of components, those of the fewest published cases first."""
    cases = CaseStudy.objects.published()
    users = {slug: cases.filter(components__type__slug=slug).distinct().count() for slug in slugs}
    names = dict(ComponentType.objects.values_list("slug", "name"))
    return [names[slug] for slug in sorted(slugs, key=lambda slug: (users[slug], slug))]


def test_components_in_common_are_named_as_the_vocabulary_names_them(scorer):
    write(scorer, "other", *ALONE, ('"event-stream"', '"decision-policy"'))
    scorer.load()
    expected = f"also has {', '.join(rarest_first('client', 'prediction-model'))}"
    assert near("acme-scorer")["other"] == expected
    assert near("other")["acme-scorer"] == expected


def test_of_many_components_the_three_rarest_are_named_and_the_rest_counted(scorer):
    till = '[[components]]\nkey = "till"'
    more = "".join(
        f'[[components]]\nkey = "{slug}"\ncomponent = "{slug}"\nname = "Till"\nlane = "Shop"\n\n'
        for slug in ("cache", "rules-engine")
    )
    for slug in ("one", "two"):
        write(scorer, slug, *ALONE, (till, f"{more}{till}"))
    scorer.load()
    parts = ("cache", "client", "event-stream", "prediction-model", "rules-engine")
    shown = ", ".join(rarest_first(*parts)[:3])
    assert near("one")["two"] == f"also at Anvilco; also has {shown} and 2 more"


@pytest.mark.parametrize(
    ("relation", "beside_the_other", "beside_this"),
    [
        ("builds-on", "this case study builds on it", "builds on this case study"),
        ("supersedes", "superseded by this case study", "supersedes this case study"),
        ("influenced", "influenced by this case study", "influenced this case study"),
    ],
)
def test_a_link_is_a_reason_on_both_sides(scorer, relation, beside_the_other, beside_this):
    write(scorer, "linking", *ALONE, link(relation, "acme-ranker"))
    scorer.load()
    assert near("linking")["acme-ranker"].split("; ")[0] == beside_the_other
    assert near("acme-ranker")["linking"].split("; ")[0] == beside_this


def test_a_linked_case_stands_before_those_that_only_share_and_is_never_left_out(scorer):
    for number in range(6):
        write(scorer, f"similar-{number}")
    write(scorer, "linking", *ALONE, link("builds-on", "acme-ranker"))
    write(scorer, "linking-too", *ALONE, link("influenced", "acme-ranker"))
    scorer.load()
    found = list(near("acme-ranker"))
    assert found[:2] == ["linking", "linking-too"]
    # Four by weight, and those that are linked whatever their weight.
    assert len(found) == 4
    for number in range(5):
        write(scorer, f"linking-{number}", *ALONE, link("influenced", "acme-ranker"))
    scorer.load()
    assert len([slug for slug in near("acme-ranker") if slug.startswith("linking")]) == 7


def test_a_topic_outweighs_components(scorer):
    write(scorer, "same-parts", *ALONE)
    write(
        scorer,
        "same-topic",
        ALONE[0],
        ALONE[1],
        *[
            (f'component = "{old}"', f'component = "{new}"')
            for old, new in (
                ("client", "cache"),
                ("prediction-model", "optimiser"),
                ("event-stream", "rules-engine"),
            )
        ],
    )
    scorer.load()
    found = list(near("acme-scorer"))
    assert found.index("same-topic") < found.index("same-parts")


def test_what_is_near_is_the_same_each_time_and_for_equals_by_slug(scorer):
    for number in (3, 1, 2, 0):
        write(scorer, f"similar-{number}")
    scorer.load()
    found = list(near("acme-scorer"))
    assert found == list(near("acme-scorer"))
    assert [slug for slug in found if slug.startswith("similar")] == [
        f"similar-{number}" for number in range(4)
    ][: len([slug for slug in found if slug.startswith("similar")])]


def test_a_draft_and_what_is_withdrawn_is_no_reason(scorer, cora):
    write(scorer, "linking", *ALONE, link("builds-on", "acme-ranker"))
    scorer.load()
    draft = services.start_draft(CaseStudy.objects.get(slug="acme-ranker"), cora)
    target = CaseStudy.objects.get(slug="acme-scorer")
    draft.links.create(target=target, relation="influenced")
    assert "influenced" not in near("acme-scorer").get("acme-ranker", "")
    draft.delete()
    services.withdraw(CaseStudy.objects.get(slug="linking"))
    assert "linking" not in near("acme-ranker")
    assert near("linking") == {}
