import math

import numpy as np
import pytest
from scipy import stats

import compute.kinds  # noqa: F401
from compute.errors import InvalidParams
from compute.registry import get_kind

OBSERVATIONS = np.random.default_rng(2).normal(3, 2, size=450).tolist()


def beta_binomial(alpha, beta, data, **more):
    prior = {"alpha": alpha, "beta": beta}
    return {"family": "beta-binomial", "prior": prior, "data": data} | more


def normal(data, mean=0, kappa=1, alpha=2, beta=2, **more):
    prior = {"mean": mean, "kappa": kappa, "alpha": alpha, "beta": beta}
    return {"family": "normal-inverse-gamma", "prior": prior, "data": data} | more


def run(params):
    kind = get_kind("conjugate-update")
    result = kind.run(kind.parse(params), lambda fraction, message: None)
    kind.result.model_validate(result)
    return result


def problems_of(params):
    with pytest.raises(InvalidParams) as caught:
        get_kind("conjugate-update").parse(params)
    return {problem.pointer: problem.detail for problem in caught.value.problems}


def test_a_beta_posterior_agrees_with_scipy():
    result = run(beta_binomial(2, 3, {"successes": 7, "trials": 10}, credible_mass=0.9))
    posterior = stats.beta(9, 6)
    assert result["prior"] == {"alpha": 2, "beta": 3}
    assert result["posterior"] == {"alpha": 9, "beta": 6}
    summary = result["summary"]
    assert summary["mean"] == pytest.approx(posterior.mean(), rel=1e-12)
    assert summary["sd"] == pytest.approx(posterior.std(), rel=1e-12)
    assert summary["mode"] == pytest.approx(8 / 13)
    assert summary["eti"] == pytest.approx(posterior.interval(0.9), abs=1e-10)
    low, high = summary["hdi"]
    assert posterior.cdf(high) - posterior.cdf(low) == pytest.approx(0.9, abs=1e-10)
    assert posterior.pdf(low) == pytest.approx(posterior.pdf(high), rel=1e-8)
    assert result["log_evidence"] == pytest.approx(stats.betabinom(10, 2, 3).logpmf(7))
    assert result["predictive"] == {
        "mean": pytest.approx(0.6),
        "sd": pytest.approx(math.sqrt(0.24)),
        "eti": [0, 1],
    }
    assert result["frames"] == []
    x = np.array(result["curves"]["x"])
    np.testing.assert_allclose(result["curves"]["posterior"], posterior.pdf(x), rtol=1e-9)
    np.testing.assert_allclose(result["curves"]["prior"], stats.beta(2, 3).pdf(x), rtol=1e-9)


def test_a_list_has_the_posterior_of_its_counts_and_the_evidence_of_its_order():
    listed = run(beta_binomial(1, 1, [1, 0, 1, 1]))
    counted = run(beta_binomial(1, 1, {"successes": 3, "trials": 4}))
    assert listed["posterior"] == counted["posterior"]
    assert listed["summary"] == counted["summary"]
    assert counted["log_evidence"] == pytest.approx(listed["log_evidence"] + math.log(4))


def test_a_normal_posterior_agrees_with_scipy():
    result = run(normal(OBSERVATIONS, mean=1))
    n, average = len(OBSERVATIONS), np.mean(OBSERVATIONS)
    posterior = result["posterior"]
    squares = np.sum((np.array(OBSERVATIONS) - average) ** 2)
    assert posterior["mean"] == pytest.approx((1 + n * average) / (n + 1), rel=1e-13)
    assert posterior["kappa"] == n + 1
    assert posterior["alpha"] == 2 + n / 2
    expected = 2 + squares / 2 + n * (average - 1) ** 2 / (2 * (n + 1))
    assert posterior["beta"] == pytest.approx(expected, rel=1e-12)
    scale = math.sqrt(posterior["beta"] / posterior["alpha"] / posterior["kappa"])
    mean = stats.t(2 * posterior["alpha"], posterior["mean"], scale)
    summary = result["summary"]
    assert summary["mean"] == summary["mode"] == posterior["mean"]
    assert summary["sd"] == pytest.approx(mean.std(), rel=1e-10)
    assert summary["eti"] == pytest.approx(mean.interval(0.95), abs=1e-10)
    assert summary["hdi"] == summary["eti"]
    following = stats.t(
        2 * posterior["alpha"], posterior["mean"], scale * math.sqrt(posterior["kappa"] + 1)
    )
    assert result["predictive"]["sd"] == pytest.approx(following.std(), rel=1e-10)
    assert result["predictive"]["eti"] == pytest.approx(following.interval(0.95), abs=1e-9)


@pytest.mark.parametrize("count", [1, 5, 200, 201, 450])
def test_frames_are_the_posteriors_on_the_way(count):
    result = run(normal(OBSERVATIONS[:count]))
    frames = result["frames"]
    assert len(frames) == min(count, 200)
    seen = [frame["n"] for frame in frames]
    assert seen == sorted(set(seen))
    assert seen[0] == 1
    assert frames[-1] == {
        "n": count,
        "posterior": result["posterior"],
        "eti": result["summary"]["eti"],
    }
    middle = frames[len(frames) // 2]
    alone = run(normal(OBSERVATIONS[: middle["n"]], frames=False))
    assert middle["posterior"] == pytest.approx(alone["posterior"], rel=1e-11)
    assert middle["eti"] == pytest.approx(alone["summary"]["eti"], rel=1e-10)
    assert alone["frames"] == []


def test_frames_of_trials_count_successes():
    result = run(beta_binomial(2, 2, [1, 0, 1]))
    posteriors = [frame["posterior"] for frame in result["frames"]]
    assert posteriors == [
        {"alpha": 3, "beta": 2},
        {"alpha": 3, "beta": 3},
        {"alpha": 4, "beta": 3},
    ]


def test_no_data_leave_the_prior():
    for params in (beta_binomial(2, 3, []), normal([])):
        result = run(params)
        assert result["posterior"] == result["prior"]
        assert result["log_evidence"] == 0
        assert result["frames"] == []
        assert result["curves"]["prior"] == result["curves"]["posterior"]


def test_a_monotone_density_has_an_interval_that_touches_the_boundary():
    result = run(beta_binomial(1, 1, [0, 0, 0]))
    assert result["summary"]["mode"] == 0
    assert result["summary"]["hdi"] == pytest.approx([0, 1 - 0.05**0.25])


def test_a_u_shaped_density_has_no_mode_and_no_such_interval_and_says_so():
    result = run(beta_binomial(0.5, 0.5, []))
    assert result["summary"]["mode"] is None
    assert result["summary"]["hdi"] is None
    assert "u-shaped" in result["notes"][0]


def test_a_flat_density_has_no_single_mode():
    result = run(beta_binomial(1, 1, []))
    assert result["summary"]["mode"] is None
    assert result["summary"]["hdi"] == pytest.approx([0.025, 0.975])
    assert "flat" in result["notes"][0]


@pytest.mark.parametrize(
    "params",
    [
        beta_binomial(2, 2, [1, 0, 1, 1, 1]),
        beta_binomial(1, 1, {"successes": 450_000_000, "trials": 10**9}),
        beta_binomial(1e9, 1e9, {"successes": 3, "trials": 4}),
        beta_binomial(1, 1, [1] * 3000),
        normal(OBSERVATIONS),
        normal([5.0], kappa=1e9, alpha=30),
    ],
)
def test_curves_rise_in_500_steps_and_show_the_whole_posterior(params):
    curves = run(params)["curves"]
    assert len(curves["x"]) == len(curves["prior"]) == len(curves["posterior"]) == 500
    assert (np.diff(curves["x"]) > 0).all()
    assert np.trapezoid(curves["posterior"], curves["x"]) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    "params",
    [
        beta_binomial(1e-6, 1e-6, []),
        beta_binomial(1e-6, 1e-6, [1]),
        beta_binomial(1e-6, 1e9, {"successes": 0, "trials": 10**9}),
        beta_binomial(1e9, 1e-6, {"successes": 10**9, "trials": 10**9}),
        beta_binomial(1, 1, {"successes": 0, "trials": 10**9}),
        normal([], kappa=1e-6, alpha=1e-6, beta=1e-6),
        normal([3.0], kappa=1e-6, alpha=1e-6, beta=1e-6),
        normal([1e12, -1e12], kappa=1e-6, alpha=1e-6, beta=1e-12),
        normal([0.0] * 50, alpha=1e9, beta=1e-12),
        normal([0.0], mean=1e12, kappa=1e9, alpha=1e9, beta=1e24),
    ],
)
def test_the_ends_of_what_is_allowed_give_finite_numbers(params):
    result = run(params)
    for values in result["curves"].values():
        assert np.isfinite(values).all()
    assert math.isfinite(result["log_evidence"])
    for interval in (result["summary"]["eti"], result["summary"]["hdi"]):
        assert interval is None or (np.isfinite(interval).all() and interval[0] <= interval[1])


def test_tails_too_heavy_are_null_and_say_so():
    result = run(normal([], kappa=1e-6, alpha=1e-6, beta=1e-6))
    assert result["summary"] == {"mean": None, "sd": None, "mode": 0, "eti": None, "hdi": None}
    assert len(result["notes"]) == 2
    one = run(normal([3.0], alpha=0.4))
    assert one["summary"]["mean"] == 1.5
    assert one["summary"]["sd"] is None


@pytest.mark.parametrize(
    ("params", "pointer", "words"),
    [
        ({}, "/family", "beta-binomial"),
        ({"family": "cauchy"}, "/family", "beta-binomial"),
        ({"family": None}, "/family", "beta-binomial"),
        (beta_binomial(0, 1, []), "/prior/alpha", "0.000001"),
        (beta_binomial(1, "1", []), "/prior/beta", "number"),
        (beta_binomial(1, 1, "heads"), "/data", "successes and trials"),
        (beta_binomial(1, 1, [1, 0, 2]), "/data/2", "0 or 1"),
        (beta_binomial(1, 1, [1, True]), "/data/1", "true or false"),
        (beta_binomial(1, 1, [0] * 100_001), "/data", "100000"),
        (beta_binomial(1, 1, {"successes": 5, "trials": 4}), "/data/successes", "at most"),
        (beta_binomial(1, 1, {"successes": 5}), "/data/trials", "required"),
        (beta_binomial(1, 1, {"successes": 1, "trials": 10**10}), "/data/trials", "1000000000"),
        (beta_binomial(1, 1, [], credible_mass=1), "/credible_mass", "0.9999"),
        (beta_binomial(1, 1, [], frames=0), "/frames", "boolean"),
        ({"family": "beta-binomial", "prior": {"alpha": 1, "kappa": 1}, "data": []},
         "/prior/kappa", "alpha, beta"),
        (normal([1.0, float("nan")]), "/data/1", "finite"),
        (normal([1.0, 10**400]), "/data/1", "at most 1e+12"),
        (normal([1.0, "2"]), "/data/1", "not a string"),
        (normal({"n": 3}), "/data", "not an object"),
        (normal([1.0], kappa=0), "/prior/kappa", "greater"),
        (normal([1.0], mean=float("inf")), "/prior/mean", "finite"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(params, pointer, words):
    problems = problems_of(params)
    assert pointer in problems
    assert words in problems[pointer]
