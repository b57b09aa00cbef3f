"""What holds for every kind, whatever it computes."""

import json

import orjson
import pytest
from jsonschema import Draft202012Validator

import compute.kinds  # noqa: F401  (registers the kinds)
from compute.errors import InvalidParams
from compute.registry import all_kinds

NOT_PARAMETERS = [
    None,
    3,
    "text",
    [],
    [[]],
    [{}],
    True,
    {"": None},
    {"a/b~c": 1},
    {"x" * 10_000: 1},
]


def silent(fraction, message):
    pass


@pytest.fixture(params=all_kinds(), ids=lambda kind: kind.name)
def kind(request):
    return request.param


@pytest.fixture
def result(kind):
    return kind.run(kind.parse(kind.example_params), silent)


def test_the_example_gives_plain_json(result):
    assert orjson.loads(orjson.dumps(result)) == result
    json.dumps(result, allow_nan=False)


def test_the_result_fits_its_model_and_its_schema(kind, result):
    kind.result.model_validate(result)
    Draft202012Validator.check_schema(kind.result_schema())
    Draft202012Validator(kind.result_schema()).validate(result)


def test_the_example_fits_the_schema_of_parameters(kind):
    Draft202012Validator.check_schema(kind.params_schema())
    Draft202012Validator(kind.params_schema()).validate(kind.example_params)


def test_the_same_parameters_give_the_same_result(kind, result):
    assert kind.run(kind.parse(kind.example_params), silent) == result


def test_parameters_written_out_in_full_are_the_same_parameters(kind):
    params = kind.parse(kind.example_params)
    written = orjson.loads(orjson.dumps(params.model_dump(mode="json")))
    assert kind.fingerprint(kind.parse(written)) == kind.fingerprint(params)


@pytest.mark.parametrize("data", NOT_PARAMETERS, ids=lambda data: repr(data)[:20])
def test_what_are_no_parameters_is_refused_in_sentences(kind, data):
    with pytest.raises(InvalidParams) as caught:
        kind.parse(data)
    assert caught.value.problems
    for problem in caught.value.problems:
        assert problem.pointer == "" or problem.pointer.startswith("/")
        assert problem.code
        assert problem.detail[0].isupper() or problem.detail.split()[0].isidentifier()
        assert problem.detail.endswith(".")


def test_an_unknown_parameter_is_named(kind):
    with pytest.raises(InvalidParams) as caught:
        kind.parse(kind.example_params | {"colour": "red"})
    assert [problem.pointer for problem in caught.value.problems] == ["/colour"]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 10**400, "1", True, {}, [[[]]]])
def test_no_number_is_taken_from_what_is_none(kind, bad):
    """Each number of the example in turn gives way to something that is none."""
    for path in number_paths(kind.example_params):
        with pytest.raises(InvalidParams) as caught:
            kind.parse(replaced(kind.example_params, path, bad))
        pointers = [problem.pointer for problem in caught.value.problems]
        assert "/" + "/".join(map(str, path)) in pointers


@pytest.mark.parametrize("depth", [70, 100_000])
def test_any_depth_of_nesting_is_refused(kind, depth):
    nested: list = []
    for _ in range(depth):
        nested = [nested]
    for name in kind.example_params:
        with pytest.raises(InvalidParams) as caught:
            kind.parse(kind.example_params | {name: nested})
        assert caught.value.problems[0].pointer.startswith(f"/{name}")


def number_paths(data, path=()):
    if isinstance(data, dict | list):
        items = data.items() if isinstance(data, dict) else enumerate(data)
        for key, value in items:
            yield from number_paths(value, (*path, key))
    elif isinstance(data, int | float):
        yield path


def replaced(data, path, value):
    if not path:
        return value
    copy = data.copy()
    copy[path[0]] = replaced(data[path[0]], path[1:], value)
    return copy
