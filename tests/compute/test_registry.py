from dataclasses import replace

import pytest
from pydantic import BaseModel

import compute.kinds  # noqa: F401
from compute.errors import InvalidParams, KindAlreadyRegistered, UnknownKind
from compute.params import Params
from compute.registry import Kind, all_kinds, get_kind, job_kind, keeping_seconds


class Inner(Params):
    size: int = 1


class Outer(Params):
    ratio: float
    inner: Inner | None = None
    inners: list[Inner] = []


class Answer(BaseModel):
    value: float


def kind(version=1):
    return Kind(
        name="halve",
        title="Halve",
        summary="Half of a number.",
        version=version,
        params=Outer,
        result=Answer,
        run=lambda params, progress: {"value": params.ratio / 2},
        example_params={"ratio": 1.0},
    )


def problems_of(data):
    with pytest.raises(InvalidParams) as caught:
        kind().parse(data)
    return caught.value.problems


def test_the_kinds_of_the_house_are_there():
    assert {found.name for found in all_kinds()} >= {
        "scaled-dot-product-attention",
        "multi-head-attention",
        "diagnostic-test",
        "conjugate-update",
        "sample-size",
    }


def test_an_unknown_kind_is_refused_with_those_that_exist():
    with pytest.raises(UnknownKind, match="diagnostic-test"):
        get_kind("astrology")


def test_a_second_kind_of_the_same_name_is_refused():
    known = all_kinds()
    with pytest.raises(KindAlreadyRegistered, match="diagnostic-test"):
        job_kind(
            name="diagnostic-test",
            title="Another",
            summary="Another.",
            version=1,
            params=Outer,
            result=Answer,
            example_params={},
        )(lambda params, progress: {})
    assert all_kinds() == known


def test_problems_are_found_all_at_once_with_their_places():
    problems = problems_of({"inner": {"size": "1", "colour": 2}, "inners": [{}, {"size": None}]})
    assert {problem.pointer: problem.code for problem in problems} == {
        "/ratio": "missing",
        "/inner/size": "int_type",
        "/inner/colour": "unknown",
        "/inners/1/size": "int_type",
    }


def test_an_unknown_parameter_is_answered_with_those_that_exist():
    (problem,) = problems_of({"ratio": 1, "inner": {"colour": 2}})
    assert problem.detail == "There is no parameter of this name here. There are: size."


def test_pointers_escape_what_json_pointers_escape():
    (problem,) = problems_of({"ratio": 1, "a/b~c": 1})
    assert problem.pointer == "/a~1b~0c"


def test_a_body_of_a_thousand_faults_is_answered_in_a_hundred():
    assert len(problems_of({f"x{i}": i for i in range(1000)})) == 100


def test_the_error_reads_as_a_sentence():
    with pytest.raises(InvalidParams, match=r"/ratio: This parameter is required\."):
        kind().parse({})


def test_fingerprints_see_through_defaults_and_ways_to_write_a_number():
    fingerprint = kind().fingerprint(kind().parse({"ratio": 2}))
    assert len(fingerprint) == 64
    assert fingerprint == kind().fingerprint(kind().parse({"inner": None, "ratio": 2.0}))
    assert fingerprint != kind().fingerprint(kind().parse({"ratio": 2.5}))
    assert fingerprint != kind(version=2).fingerprint(kind().parse({"ratio": 2}))


def test_a_kind_that_does_not_say_what_it_takes_counts_its_limit_up_to_ten_seconds():
    params = kind().parse({"ratio": 2})
    assert kind().expected_seconds(params) == 10
    assert replace(kind(), time_seconds=3).expected_seconds(params) == 3
    assert replace(kind(), time_seconds=60).expected_seconds(params) == 10
    says = replace(kind(), expected=lambda params: params.ratio)
    assert says.expected_seconds(params) == 2
    assert replace(says, time_seconds=1).expected_seconds(params) == 1


def test_keeping_a_large_answer_counts():
    assert keeping_seconds(500_000) == 0
    assert keeping_seconds(21_000_000) == 5


def test_schemas_say_which_dialect_they_are():
    assert kind().params_schema()["$schema"].endswith("2020-12/schema")
    assert kind().result_schema()["properties"]["value"]["type"] == "number"
