"""The OpenAPI schema: what it promises, and schemathesis holding the real application against it."""

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from jsonschema import Draft202012Validator
from knox.models import AuthToken
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application

SCHEMA = "/api/schema/?format=json"
METHODS = ("get", "put", "post", "delete", "patch")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# What JSON Schema cannot say, so that a request that fits the schema may well be refused with a
# documented 4xx: hence no check that whatever fits is accepted.
# - the parameters of a job depend on its kind; each kind's own schema is at compute/kinds/{kind}/
# - slugs, UUIDs, chart names, hint numbers, pages and cursors must name something that is there
# - filters take comma-separated lists of values; `match` means something only beside them
# - `q` needs at least one word, in whatever script
# - a sign-in needs the right password
EXAMPLES = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def key(ada):
    """A token of Ada's."""
    return AuthToken.objects.create(user=ada)[1]


schema = schemathesis.openapi.from_wsgi(SCHEMA, application)


@schema.parametrize()
@EXAMPLES
def test_a_stranger_meets_only_what_the_schema_says(case, shipped):
    case.call_and_validate(checks=CHECKS)


@schema.parametrize()
@EXAMPLES
def test_a_learner_meets_only_what_the_schema_says(case, shipped, key):
    case.call_and_validate(checks=CHECKS, headers={"Authorization": f"Token {key}"})
