"""The vocabulary of cases over the API, and how many published cases use each word."""

import pytest

from kb import services
from kb.models import CaseStudy, ComponentType, Quantity, Unit

COLLECTIONS = ["components", "quantities", "units"]
FIELDS = {
    "components": {"slug", "name", "kind", "summary", "reason", "case_study_count", "license"},
    "quantities": {"slug", "name", "base_unit", "summary", "reason", "case_study_count", "license"},
    "units": {
        *("slug", "name", "symbol", "dimension", "factor", "reason", "case_study_count"),
        "license",
    },
}
pytestmark = pytest.mark.usefixtures("folder")


def words(client, collection: str) -> dict[str, dict]:
    answer = client.get(f"/api/v1/{collection}/?page_size=100").json()
    assert answer["next"] is None
    return {word["slug"]: word for word in answer["results"]}


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_each_word_has_its_fields_and_an_address(api, collection):
    found = words(api, collection)
    assert list(found) == sorted(found)
    for word in found.values():
        assert set(word) == FIELDS[collection]
        assert word["reason"]
    slug = next(iter(found))
    assert api.get(f"/api/v1/{collection}/{slug}/").json() == found[slug]
    assert api.get(f"/api/v1/{collection}/nothing/").status_code == 404


def test_all_words_are_there(api):
    for collection, model in zip(COLLECTIONS, [ComponentType, Quantity, Unit], strict=True):
        assert set(words(api, collection)) == set(model.objects.values_list("slug", flat=True))
    units = words(api, "units")
    for quantity in words(api, "quantities").values():
        assert quantity["base_unit"] in units


def test_the_counts_are_those_of_the_published_cases(api):
    uses: dict[str, dict[str, set[str]]] = {name: {} for name in COLLECTIONS}
    for slug in CaseStudy.objects.published().values_list("slug", flat=True):
        case = api.get(f"/api/v1/case-studies/{slug}/").json()
        for part in case["architecture"]["components"]:
            uses["components"].setdefault(part["component"], set()).add(slug)
        for claim in case["claims"]:
            uses["quantities"].setdefault(claim["quantity"]["slug"], set()).add(slug)
            uses["units"].setdefault(claim["unit"], set()).add(slug)
    for collection in COLLECTIONS:
        found = words(api, collection)
        counts = {slug: word["case_study_count"] for slug, word in found.items()}
        assert counts == {slug: len(uses[collection].get(slug, ())) for slug in counts}
        assert sum(counts.values()) > 0


def test_a_draft_counts_nowhere_and_what_is_withdrawn_no_more(api, cora):
    case = CaseStudy.objects.get(slug="acme-scorer")
    before = {name: words(api, name) for name in COLLECTIONS}
    draft = services.start_draft(case, cora)
    services.start_draft(CaseStudy.objects.get(slug="stripe-radar-fraud"), cora)
    case.refresh_from_db()
    assert {name: words(api, name) for name in COLLECTIONS} == before
    draft.delete()
    services.withdraw(case)
    after = {name: words(api, name) for name in COLLECTIONS}
    fewer = {
        name: sum(before[name][slug]["case_study_count"] for slug in before[name])
        - sum(after[name][slug]["case_study_count"] for slug in after[name])
        for name in COLLECTIONS
    }
    assert fewer == {"components": 3, "quantities": 2, "units": 3}


def test_the_words_that_are_used_most_can_stand_first(api):
    for collection in COLLECTIONS:
        found = api.get(f"/api/v1/{collection}/?ordering=-case_study_count").json()["results"]
        counts = [word["case_study_count"] for word in found]
        assert counts == sorted(counts, reverse=True)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_what_cannot_be_asked_is_refused(api, collection):
    for query in ("?colour=red", "?ordering=reason", "?search=x"):
        assert api.get(f"/api/v1/{collection}/{query}").status_code == 400
