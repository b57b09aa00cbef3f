"""Claims over the API: every number of every published case, by what it measures and how large."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kb import services
from kb.models import CaseStudy, Claim, Quantity, Unit
from rest.version import raise_content_version

CLAIMS = "/api/v1/claims/"
FIELDS = [
    *("key", "url", "case_study", "quantity", "value", "value_max", "text", "unit", "base_value"),
    *("base_value_max", "scope", "as_of", "kind", "source", "locator", "confidence"),
    *("conflicts_with", "license"),
]
pytestmark = pytest.mark.usefixtures("folder")


def find(client, query="", **parameters) -> list[dict]:
    response = client.get(f"{CLAIMS}{query}", parameters)
    assert response.status_code == 200, response.content
    return response.json()["results"]


def keys(client, **parameters) -> list[str]:
    return [claim["key"] for claim in find(client, case_study="acme-scorer", **parameters)]


def refused(client, **parameters) -> str:
    response = client.get(CLAIMS, parameters)
    assert response.status_code == 400, response.content
    [error] = response.json()["errors"]
    return error["pointer"]


def every(client) -> list[dict]:
    found, address = [], f"{CLAIMS}?page_size=100"
    while address:
        answer = client.get(address).json()
        found += answer["results"]
        address = answer["next"]
    assert len(found) == answer["count"]
    return found


def test_a_claim_has_every_field_as_the_contract_says(api):
    claims = {claim["key"]: claim for claim in find(api, case_study="acme-scorer")}
    assert list(claims["delay"]) == FIELDS
    assert claims["delay"] == {
        "key": "delay",
        "url": "/cases/acme-scorer/#claim-delay",
        "case_study": "acme-scorer",
        "quantity": {
            "slug": "latency",
            "name": Quantity.objects.get(slug="latency").name,
            "base_unit": "s",
        },
        "value": 100,
        "value_max": None,
        "text": "under 100 ms",
        "unit": "ms",
        "base_value": 0.1,
        "base_value_max": None,
        "scope": "99th percentile, at the gateway",
        "as_of": "2021-06",
        "kind": "latency",
        "source": "paper",
        "locator": "page 3",
        "confidence": "original",
        "conflicts_with": ["delay-retold"],
        "license": "CC BY 4.0",
    }
    assert claims["delay-retold"]["conflicts_with"] == ["delay"]
    assert claims["delay-retold"]["base_value_max"] == 0.3
    assert claims["share"]["base_value"] == 0.001


def test_they_are_the_claims_of_the_cases_in_the_same_form(api):
    slugs = sorted(CaseStudy.objects.published().values_list("slug", flat=True))
    expected = [
        claim | {"license": "CC BY 4.0"}
        for slug in slugs
        for claim in sorted(
            api.get(f"/api/v1/case-studies/{slug}/").json()["claims"],
            key=lambda claim: claim["key"],
        )
    ]
    assert len(expected) > 20
    assert every(api) == expected


def test_base_values_are_values_times_the_factor_of_their_unit(api):
    factors = dict(Unit.objects.values_list("slug", "factor"))
    for claim in every(api):
        factor = factors[claim["unit"]] / factors[claim["quantity"]["base_unit"]]
        assert claim["base_value"] == pytest.approx(claim["value"] * factor, rel=1e-12)


def test_the_address_of_a_claim_is_an_anchor_of_the_page(api, client):
    for claim in find(api, case_study="acme-scorer"):
        page, anchor = claim["url"].split("#")
        assert f'id="{anchor}"' in client.get(page).content.decode()


def test_they_are_found_by_kind_company_case_quantity_and_confidence(api):
    claims = every(api)

    def those(name, *values):
        return [claim["key"] for claim in claims if claim[name] in values]

    def found(**parameters):
        return [claim["key"] for claim in find(api, page_size=100, **parameters)]

    assert found(kind="latency") == those("kind", "latency")
    assert found(kind="latency,cost") == those("kind", "latency", "cost")
    assert found(case_study="acme-scorer") == those("case_study", "acme-scorer")
    assert found(company="acme") == those("case_study", "acme-scorer", "acme-ranker")
    assert found(quantity="latency,base-rate") == [
        claim["key"] for claim in claims if claim["quantity"]["slug"] in ("latency", "base-rate")
    ]
    assert found(confidence="secondary") == those("confidence", "secondary")
    assert found(company="acme", kind="latency", confidence="secondary") == ["delay-retold"]


def test_a_range_is_asked_for_in_the_base_unit_and_fits_where_it_overlaps(api):
    # 0.1 s, and 0.2 to 0.3 s.
    latency = {"quantity": "latency"}
    assert keys(api, **latency) == ["delay", "delay-retold"]
    assert keys(api, **latency, max=0.1) == ["delay"]
    assert keys(api, **latency, max=0.0999) == []
    assert keys(api, **latency, min=0.1) == ["delay", "delay-retold"]
    assert keys(api, **latency, min=0.25) == ["delay-retold"]
    assert keys(api, **latency, min=0.25, max=0.26) == ["delay-retold"]
    assert keys(api, **latency, min="3e-1") == ["delay-retold"]
    assert keys(api, **latency, min=0.31) == []
    assert keys(api, **latency, min=0.12, max=0.19) == []
    assert keys(api, **latency, min=1, max=0) == []
    assert keys(api, **latency, min=-5, max="1E6") == ["delay", "delay-retold"]
    assert keys(api, quantity="base-rate", max=0.001) == ["share"]


def test_the_range_is_that_of_all_claims_of_the_quantity(api):
    own = [claim for claim in every(api) if claim["quantity"]["slug"] == "latency"]
    low, high = 0.05, 0.5
    expected = [
        claim["key"]
        for claim in own
        if claim["base_value"] <= high and (claim["base_value_max"] or claim["base_value"]) >= low
    ]
    found = find(api, quantity="latency", min=low, max=high, page_size=100)
    assert [claim["key"] for claim in found] == expected


@pytest.mark.parametrize("name", ["min", "max"])
def test_a_range_without_exactly_one_quantity_is_refused(api, name):
    assert refused(api, **{name: 1}) == f"?{name}"
    assert refused(api, **{name: 1}, quantity="") == f"?{name}"
    assert refused(api, **{name: 1}, quantity="latency,base-rate") == f"?{name}"
    assert find(api, **{name: 1}, quantity="latency,latency") is not None


@pytest.mark.parametrize(
    "value",
    [
        *("", "x", "nan", "NaN", "inf", "-inf", "Infinity", "1e999", "-1e999", "1e60"),
        *("0x10", "1_000", "١", "1,000", " 1", "1.", ".5", "--1", "1e", "0" * 501),
    ],
)
def test_an_end_of_a_range_is_a_finite_number(api, value):
    assert refused(api, quantity="latency", min=value) == "?min"
    assert refused(api, quantity="latency", max=value) == "?max"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "speed"),
        ("kind", "latency,speed"),
        ("confidence", "sure"),
        ("company", "nobody"),
        ("case_study", "nothing"),
        ("case_study", "acme-scorer,nothing"),
        ("quantity", "magic"),
        ("quantity", "latency,magic"),
        ("ordering", "value"),
        ("ordering", "pk"),
        ("search", "x"),
        ("base_value__gte", "1"),
        ("page", "x"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(api, name, value):
    assert refused(api, **{name: value}) == f"?{name}"


def test_the_order_is_chosen_and_sizes_are_ordered_within_one_quantity(api):
    largest = find(api, quantity="latency", ordering="-base_value", page_size=100)
    sizes = [claim["base_value"] for claim in largest]
    assert sizes == sorted(sizes, reverse=True)
    assert refused(api, ordering="base_value") == "?ordering"
    assert refused(api, ordering="as_of,-base_value", quantity="latency,base-rate") == "?ordering"
    dates = [claim["as_of"] for claim in find(api, ordering="-as_of")]
    assert dates == sorted(dates, reverse=True)


def test_pages_meet_each_other_without_a_gap(api):
    whole = every(api)
    parts, address = [], f"{CLAIMS}?page_size=7"
    while address:
        answer = api.get(address).json()
        assert answer["count"] == len(whole)
        parts += answer["results"]
        address = answer["next"]
    assert parts == whole
    assert api.get(f"{CLAIMS}?page=1000").status_code == 404


def test_nothing_found_is_an_empty_list(api):
    answer = api.get(f"{CLAIMS}?company=acme&kind=cost").json()
    assert answer == {"count": 0, "next": None, "previous": None, "results": []}


def test_a_claim_of_a_draft_or_of_a_withdrawn_case_is_not_there(api, cora):
    case = CaseStudy.objects.get(slug="acme-scorer")
    draft = services.start_draft(case, cora)
    draft.claims.filter(key="delay").update(key="hidden", base_value=0.15)
    raise_content_version()
    assert keys(api) == ["delay", "delay-retold", "share"]
    draft.delete()
    services.withdraw(case)
    assert refused(api, case_study="acme-scorer") == "?case_study"
    assert "acme-scorer" not in {claim["case_study"] for claim in every(api)}


def test_a_page_of_thirty_thousand_claims_is_five_queries_and_quick(api, ada, client):
    case = CaseStudy.objects.get(slug="acme-scorer")
    claim = case.claims.get(key="delay")
    claims = []
    for number in range(30_000):
        values = {field.attname: getattr(claim, field.attname) for field in Claim._meta.fields}
        claims.append(Claim(**values | {"id": None, "key": f"copy-{number:05}"}))
    Claim.objects.bulk_create(claims, batch_size=1000)
    raise_content_version()
    client.force_login(ada)
    query = "?company=acme&case_study=acme-scorer&quantity=latency&min=0.01&page=700"
    for reader in (api, client):
        with CaptureQueriesContext(connection) as queries:
            found = find(reader, query)
        assert len(found) == 20
        assert len(queries) <= 5
        assert sum(float(query["time"]) for query in queries) < 2
