"""The root of the API, and the contract's promise that every collection is there."""

import pytest

COLLECTIONS = [
    *("case-studies", "companies", "techniques", "claims", "quantities", "components", "units"),
    *("study-plans", "topics", "problems", "digest", "search"),
    *("submissions", "compute/kinds", "compute/jobs", "compute/datasets", "auth/token", "me"),
    *("me/progress", "me/log"),
]


def test_the_root_lists_the_collections_and_the_features(api, db):
    root = api.get("/api/v1/").json()
    assert set(root) == {"collections", "features", "documentation", "license"}
    assert list(root["collections"]) == COLLECTIONS
    assert root["features"] == {"judge": True, "explanations": False}


@pytest.mark.parametrize("name", COLLECTIONS)
def test_each_collection_answers_at_its_address(api, shipped, name):
    address = api.get("/api/v1/").json()["collections"][name]
    # A search needs words, what is somebody's needs its owner, a token is got by POST.
    owned = dict.fromkeys(("me", "me/progress", "me/log", "compute/datasets", "submissions"), 401)
    expected = (owned | {"search": 400, "auth/token": 405}).get(name, 200)
    assert api.get(address).status_code == expected
