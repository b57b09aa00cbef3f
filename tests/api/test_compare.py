"""Two to four cases side by side: what they share, and the same quantities in base units."""

from itertools import permutations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kb import compare, services
from kb.models import CaseStudy
from tests.kb.evidence import CASE

COMPARE = "/api/v1/case-studies/compare/"
SHIPPED = ["netflix-recommender-system", "stripe-radar-fraud", "uber-michelangelo"]
# A second system: of the first one's parts it has the client, and it measures the same delay.
SECOND = (
    CASE.replace("acme-scorer", "acme-second")
    .replace('component = "prediction-model"', 'component = "decision-policy"')
    .replace('component = "event-stream"', 'component = "decision-policy"')
)


@pytest.fixture
def two(folder) -> list[str]:
    folder.write("case-studies/acme-second.md", SECOND)
    folder.load()
    return ["acme-second", "acme-scorer"]


def compared(client, slugs: list[str]) -> dict:
    response = client.get(COMPARE, {"slug": ",".join(slugs)})
    assert response.status_code == 200, response.content
    return response.json()


def whole(client, slug: str) -> dict:
    return client.get(f"/api/v1/case-studies/{slug}/").json()


@pytest.mark.parametrize("number", [2, 3])
def test_the_cases_stand_in_the_order_that_was_asked_for(api, folder, number):
    items = {item["slug"]: item for item in api.get("/api/v1/case-studies/").json()["results"]}
    for slugs in permutations(SHIPPED, number):
        answer = compared(api, list(slugs))
        assert set(answer) == {"case_studies", "components", "techniques", "claims"}
        assert answer["case_studies"] == [items[slug] for slug in slugs]
        assert list(answer["components"]["only"]) == list(slugs)


def test_what_two_cases_share_and_what_only_one_has(api, two):
    answer = compared(api, two)
    assert answer["components"] == {
        "shared": ["client"],
        "only": {
            "acme-second": ["decision-policy"],
            "acme-scorer": ["event-stream", "prediction-model"],
        },
        "some": [],
    }
    assert answer["techniques"]["shared"] == ["anvil-sorting"]
    assert answer["techniques"]["only"] == {"acme-second": [], "acme-scorer": []}


@pytest.mark.parametrize("slugs", [SHIPPED, [*SHIPPED, "google-wide-and-deep"], SHIPPED[1:]])
def test_every_word_of_every_case_stands_in_one_place(api, folder, slugs):
    answer = compared(api, slugs)
    own = {
        "techniques": {slug: set(whole(api, slug)["techniques"]) for slug in slugs},
        "components": {
            slug: {part["component"] for part in whole(api, slug)["architecture"]["components"]}
            for slug in slugs
        },
    }
    for name, words in own.items():
        common, some = answer[name], answer[name]["some"]
        assert set(common["shared"]) == set.intersection(*words.values())
        for slug in slugs:
            others = set().union(*(words[other] for other in slugs if other != slug))
            assert set(common["only"][slug]) == words[slug] - others
            in_some = {entry["slug"] for entry in some if slug in entry["case_studies"]}
            assert words[slug] == set(common["shared"]) | set(common["only"][slug]) | in_some
        assert all(1 < len(entry["case_studies"]) < len(slugs) for entry in some)


@pytest.mark.parametrize("slugs", [SHIPPED, [*SHIPPED, "google-wide-and-deep"]])
def test_the_same_quantities_stand_side_by_side_in_their_base_unit(api, folder, slugs):
    rows = compared(api, slugs)["claims"]
    claims = {slug: whole(api, slug)["claims"] for slug in slugs}
    measured = {slug: {claim["quantity"]["slug"] for claim in claims[slug]} for slug in slugs}
    every = set().union(*measured.values())
    expected = {one for one in every if sum(one in own for own in measured.values()) > 1}
    assert {row["quantity"] for row in rows} == expected
    assert expected
    for row in rows:
        assert set(row) == {"quantity", "name", "unit", "values", "others"}
        assert list(row["values"]) == [s for s in slugs if row["quantity"] in measured[s]]
        for slug, claim in row["values"].items():
            own = [c for c in claims[slug] if c["quantity"]["slug"] == row["quantity"]]
            assert claim in own
            assert claim["quantity"]["base_unit"] == row["unit"]
            others = row["others"].get(slug, [])
            assert sorted(c["key"] for c in [claim, *others]) == sorted(c["key"] for c in own)
    sizes = [len(row["values"]) for row in rows]
    assert sizes == sorted(sizes, reverse=True)


def test_of_two_claims_the_better_read_one_is_shown_and_the_other_beside_it(api, two):
    [delay] = [row for row in compared(api, two)["claims"] if row["quantity"] == "latency"]
    assert delay["unit"] == "s"
    assert {slug: claim["key"] for slug, claim in delay["values"].items()} == dict.fromkeys(
        two, "delay"
    )
    assert [claim["key"] for claim in delay["others"]["acme-scorer"]] == ["delay-retold"]


def claim(key: str, kind="latency", confidence="original", as_of="2020") -> dict:
    quantity = {"slug": "latency", "name": "Latency", "base_unit": "s"}
    return {
        "key": key,
        "quantity": quantity,
        "kind": kind,
        "confidence": confidence,
        "as_of": as_of,
    }


def test_the_best_claim_is_of_the_common_kind_then_well_read_then_new_then_the_first():
    def best(*claims) -> str:
        [row] = compare.same_quantities({"one": list(claims), "two": [claim("other")]})
        return row["values"]["one"]["key"]

    cost = claim("cost", kind="cost", as_of="2024")
    retold = claim("retold", confidence="secondary", as_of="2024-01")
    assert best(cost, retold) == "retold"
    assert best(retold, claim("read", as_of="2001")) == "read"
    assert best(claim("old"), claim("new", as_of="2021-03"), claim("undated", as_of="")) == "new"
    assert best(claim("first"), claim("second")) == "first"
    assert best(cost) == "cost"


@pytest.mark.parametrize(
    "slugs",
    [
        "",
        ",",
        SHIPPED[0],
        f"{SHIPPED[0]},",
        f"{SHIPPED[0]},{SHIPPED[0]}",
        f"{SHIPPED[0]},{SHIPPED[1]},{SHIPPED[0]}",
        f"{SHIPPED[0]},nothing",
        f"{SHIPPED[0]},%00",
        ",".join([*SHIPPED, "google-wide-and-deep", "acme-ranker"]),
        f"{SHIPPED[0]};{SHIPPED[1]}",
        f"{SHIPPED[0]},Uber-Michelangelo",
    ],
)
def test_fewer_than_two_more_than_four_doubled_or_unknown_ones_are_refused(api, folder, slugs):
    response = api.get(f"{COMPARE}?slug={slugs}")
    assert response.status_code == 400
    assert [error["pointer"] for error in response.json()["errors"]] == ["?slug"]


def test_the_parameter_is_needed_and_is_the_only_one(api, folder):
    assert api.get(COMPARE).json()["errors"][0]["pointer"] == "?slug"
    response = api.get(f"{COMPARE}?slug={','.join(SHIPPED)}&page=1")
    assert response.json()["errors"][0]["pointer"] == "?page"


def test_drafts_and_what_was_withdrawn_cannot_be_compared(api, two, cora):
    before = compared(api, two)
    case = CaseStudy.objects.get(slug="acme-scorer")
    draft = services.start_draft(case, cora)
    draft.title = "Another"
    draft.save()
    assert compared(api, two) == before
    draft.delete()
    services.withdraw(case)
    response = api.get(COMPARE, {"slug": ",".join(two)})
    assert response.json()["errors"][0]["pointer"] == "?slug"


def test_four_cases_are_five_queries_at_most(api, folder, ada, client):
    client.force_login(ada)
    for reader in (api, client):
        with CaptureQueriesContext(connection) as queries:
            compared(reader, [*SHIPPED, "google-wide-and-deep"])
        assert len(queries) <= 5
