"""What the sandbox answers to what a learner may write."""

import textwrap
import threading
import time

import numpy as np
import pytest

from problems.judge.allowed import ALLOWED_MODULES
from problems.judge.codec import NotPlain, encode
from problems.judge.compare import compare
from problems.judge.outcomes import Call, Kind, Limits
from problems.judge.sandbox import Sandbox
from problems.package import CATALOG

SHORT = Limits(time_seconds=0.5)
ONE = [Call({"x": np.arange(3.0)}, expected_bytes=100)]


def run(sandbox, code, calls=ONE, limits=SHORT, parameters=(), function="f"):
    source = code if isinstance(code, bytes) else textwrap.dedent(code).encode()
    result = sandbox.run(source, function, calls, limits, parameters)
    assert result.fault == ""
    return result


def outcome(sandbox, code, *arguments, limits=SHORT):
    """Of one call with these arguments; or of the loading, where that failed."""
    call = Call({f"p{i}": value for i, value in enumerate(arguments)}, expected_bytes=1000)
    result = run(sandbox, code, [call], limits)
    assert result.invalid is None
    return result.loading or result.outcomes[0]


def test_values_and_exceptions_come_back_call_by_call(sandbox):
    code = """
        import numpy as np
        def f(x):
            print("got", x.shape)
            if x.ndim == 2:
                raise ValueError("one dimension, please")
            return x.sum(), {"mean": x.mean()}
    """
    calls = [Call({"x": np.arange(3.0)}), Call({"x": np.ones((2, 2))}), Call({"x": np.ones(1)})]
    one, two, three = run(sandbox, code, calls).outcomes
    assert (one.kind, one.value, one.stdout) == (Kind.VALUE, (3.0, {"mean": 1.0}), "got (3,)\n")
    assert (two.kind, two.message) == (Kind.EXCEPTION, "one dimension, please")
    assert two.raised.is_a("ValueError")
    assert two.stdout == "got (2, 2)\n"
    assert three.value == (1.0, {"mean": 1.0})
    assert 0 < one.time_ms < 500


def test_arguments_go_by_position_so_that_names_are_free(sandbox):
    code = "def f(first, second=2, third=3):\n    return [first, second, third]"
    names = ["a", "b", "third"]
    calls = [
        Call({"b": 20, "a": 10, "third": 30}, 100),
        Call({"a": 10}, 100),
        Call({"third": 30, "a": 10}, 100),
    ]
    values = [one.value for one in run(sandbox, code, calls, parameters=names).outcomes]
    assert values == [[10, 20, 30], [10, 2, 3], [10, 2, 30]]
    with pytest.raises(ValueError, match="No parameter is called c"):
        run(sandbox, code, [Call({"c": 1})], parameters=names)
    with pytest.raises(NotPlain):
        run(sandbox, code, [Call({"a": object()})])


def test_arguments_that_were_changed_are_named(sandbox):
    code = """
        def f(a, b, c, d):
            a *= 2
            c.append(1)
            d["k"][0] = 5
            return 0
    """
    arguments = {"a": np.ones(2), "b": np.ones(2), "c": [1], "d": {"k": np.ones(1)}}
    changed = run(sandbox, code, [Call(arguments)]).outcomes[0].changed_arguments
    assert changed == ("a", "c", "d")
    assert arguments["a"].tolist() == [1.0, 1.0]
    assert outcome(sandbox, "def f(a): a.shape = 4", np.ones((2, 2))).changed_arguments
    assert not outcome(sandbox, "def f(a): return a.T + 1", np.ones((2, 2))).changed_arguments
    assert outcome(sandbox, "def f(a): a[0] = print", [1]).changed_arguments == ("p0",)


@pytest.mark.parametrize(
    ("code", "line", "said"),
    [
        (b"def f(x):\n    return )\n", 2, "unmatched"),
        (b"def f(x):\n\xff\n", 2, "UTF-8"),
        (b"# coding: latin-1\ndef f(x): '\xe9'\n", 2, "UTF-8"),
        (b"def f(x):\n  0\n\0", 3, "null character"),
        (b"def g(x):\n    return x\ndef h(x): pass", None, "It defines g, h."),
        (b"", None, "does not define the function f."),
        (b"f = 3", None, "f is not a function."),
        (b"def f(x): return " + b"(" * 3000 + b")" * 3000, 1, "parentheses"),
        (b"def f(x): return " + b"-" * 100_000 + b"1", None, "compiled"),
    ],
)
def test_what_cannot_be_run_is_invalid(sandbox, code, line, said):
    result = run(sandbox, code)
    assert result.invalid.line == line
    assert said in result.invalid.message
    assert [one.kind for one in result.outcomes] == [Kind.NOT_RUN]


def test_sources_of_other_systems_are_read(sandbox):
    assert run(sandbox, b"\xef\xbb\xbfdef f(x):\r\n    return 1\r\n").outcomes[0].value == 1
    assert run(sandbox, "def f(x): return 'ü€😀'").outcomes[0].value == "ü€😀"


def test_an_exception_while_the_source_is_executed_is_of_no_call(sandbox):
    result = run(sandbox, "print('here')\nraise ValueError('early')\ndef f(x): pass", ONE * 2)
    assert result.loading.kind is Kind.EXCEPTION
    assert (result.loading.raised.name, result.loading.raised.line) == ("ValueError", 2)
    assert result.loading.stdout == "here\n"
    assert [one.kind for one in result.outcomes] == [Kind.NOT_RUN, Kind.NOT_RUN]


def test_an_exception_names_its_line_and_the_shapes_on_it(sandbox):
    code = """\
        import numpy as np

        def inner(a, b):
            unused = np.ones(7)
            return np.dot(
                a,
                b,
            )

        def f(x):
            W = np.ones((2, 5))
            return inner(x, W)
    """
    raised = outcome(sandbox, code, np.arange(3.0)).raised
    assert raised.name == "ValueError"
    assert raised.line in (5, 6, 7)
    assert raised.shapes == {"a": (3,), "b": (2, 5)}
    assert raised.text.strip() == textwrap.dedent(code).split("\n")[raised.line - 1].strip()


def test_subclasses_of_an_exception_are_known_by_their_bases(sandbox):
    code = "import numpy as np\ndef f(x): return np.sum(x, axis=5)"
    raised = outcome(sandbox, code, np.ones(2)).raised
    assert raised.name == "AxisError"
    assert raised.is_a("ValueError")
    assert not raised.is_a("TypeError")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("import torch", "'torch' is not available here; NumPy and these modules are: abc, "),
        ("import scipy.special", "'scipy' is not available here"),
        ("from numpy import f2py", "f2py"),
        ("open('data.csv')", "Files cannot be opened"),
        ("import pathlib; pathlib.Path('x').read_text()", "Files cannot be opened"),
        ("import numpy as np; np.loadtxt('x.csv')", "Files cannot be opened"),
        ("import os; os.listdir('.')", "Files cannot be opened"),
        ("import threading; threading.Thread().start()", "No thread can be started"),
        ("import socket; socket.create_connection(('localhost', 80))", "no network"),
        ("import subprocess; subprocess.run('ls')", "No other program can be started"),
        ("import os; os.system('ls'); os.fork()", "No other program can be started"),
        ("import os; os.kill(1, 9)", "No signal can be sent"),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(sandbox, body, said):
    ended = outcome(sandbox, f"def f():\n    {body}")
    assert ended.kind is Kind.EXCEPTION
    assert said in ended.message
    assert ended.raised.line == 2


def test_every_allowed_module_can_be_imported_and_used(sandbox):
    names = ", ".join(ALLOWED_MODULES)
    code = f"""
        import {names}
        import numpy.linalg, numpy.fft, numpy.random, numpy.polynomial, numpy.ma, numpy.testing
        from dataclasses import dataclass
        @dataclass
        class Point:
            x: "float"
        class Colour(enum.Enum):
            RED = 1
        class Pair(typing.NamedTuple):
            a: int
        def f():
            numpy.testing.assert_allclose(numpy.linalg.inv(numpy.eye(2) * 2), numpy.eye(2) / 2)
            numpy.linalg.svd(numpy.random.default_rng().normal(size=(30, 20)))
            numpy.einsum("ij,jk->ik", numpy.ones((40, 40)), numpy.ones((40, 40)), optimize=True)
            numpy.polynomial.Polynomial.fit([0, 1, 2], [1, 2, 3], 1)
            numpy.fft.rfft(numpy.ones(8)); numpy.ma.masked_array([1.0], [True]).mean()
            datetime.datetime.strptime("2026-01-01", "%Y-%m-%d"); random.choice([1])
            copy.deepcopy(Point(1.0)); json.loads(json.dumps([1])); statistics.stdev([1.0, 2.0])
            decimal.Decimal(2).sqrt(); re.sub("a", "b", "a"); "é".encode("latin-1")
            numpy.array2string(numpy.ones((200, 200))); repr(numpy.float32(1)); time.sleep(0.001)
            return [fractions.Fraction(1, 3), Pair(2), Colour.RED.value]
    """
    ended = outcome(sandbox, code, limits=Limits())
    assert (ended.kind, ended.message) == (Kind.VALUE, "")
    assert ended.value == [1 / 3, (2,), 1]


def test_results_that_are_no_plain_values_are_an_error_that_says_so(sandbox):
    for value in ("{1, 2}", "object()", "(i for i in x)", "lambda: 1", "x.astype(object)"):
        ended = outcome(sandbox, f"def f(x): return {value}", np.ones(2))
        assert ended.kind is Kind.EXCEPTION
        assert ended.raised.name == "TypeError"
        assert not ended.raised.is_a("ValueError")
        assert "cannot be judged" in ended.message


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ("while True: pass", Kind.TIME_LIMIT, "Not done after"),
        ("import time; time.sleep(9)", Kind.TIME_LIMIT, "by the clock"),
        ("return bytearray(1 << 30)", Kind.MEMORY_LIMIT, "256 MB"),
        ("print('x' * 70_000)", Kind.OUTPUT_LIMIT, "64 KB"),
        ("return 'x' * 9000", Kind.OUTPUT_LIMIT, "far larger"),
        ("import os; os._exit(0)", Kind.DIED, "ended itself"),
        ("import ctypes; ctypes.string_at(0)", Kind.DIED, "crashed"),
        ("import os; os.write(4, b'R' + bytes(4))", Kind.DIED, "no function returns"),
        ("import os, time; os.close(4); time.sleep(9)", Kind.DIED, "closed its line"),
    ],
)
def test_limits_and_deaths_end_the_run(sandbox, body, kind, said):
    calls = [Call({"n": 0}, 100), Call({"n": 1}, 100), Call({"n": 2}, 100)]
    code = f"def f(n):\n    print('call', n)\n    if n == 1:\n        {body}\n    return n"
    one, two, three = run(sandbox, code, calls).outcomes
    assert (one.kind, one.value) == (Kind.VALUE, 0)
    assert two.kind is kind
    assert said in two.message
    assert two.stdout.startswith("call 1\n")
    assert three.kind is Kind.NOT_RUN


def test_a_limit_while_the_source_is_executed_is_of_no_call(sandbox):
    result = run(sandbox, "print('so far')\nwhile True: pass")
    assert result.loading.kind is Kind.TIME_LIMIT
    assert result.loading.stdout == "so far\n"
    assert result.outcomes[0].kind is Kind.NOT_RUN


def test_time_is_that_of_all_calls_together(sandbox):
    code = """
        import time
        def f(n):
            end = time.process_time() + 0.2
            while time.process_time() < end: pass
    """
    kinds = [one.kind for one in run(sandbox, code, [Call({"n": i}) for i in range(6)]).outcomes]
    assert Kind.TIME_LIMIT in kinds
    assert kinds.index(Kind.TIME_LIMIT) in (1, 2)


def test_a_submission_after_a_hang_is_judged_within_its_limit(sandbox):
    run(sandbox, "while True: pass")
    began = time.monotonic()
    assert run(sandbox, "def f(x): return 1").outcomes[0].value == 1
    assert time.monotonic() - began < SHORT.wall_seconds


def test_what_was_used_is_measured(sandbox):
    code = """
        import numpy as np
        def f():
            return [np.ones(5_000_000).sum() for _ in range(20)]
    """
    result = run(sandbox, code, [Call({}, 1000)], Limits())
    assert 30 < result.memory_mb < 80
    assert 0.01 < result.cpu_seconds < 2
    assert run(sandbox, "def f(): return 1", [Call({})]).memory_mb < 10


def test_large_arguments_and_results_pass(sandbox):
    array = np.arange(500_000.0)
    call = Call({"x": array}, expected_bytes=len(encode(array)))
    code = "def f(x): return x + 1"
    value = run(sandbox, code, [call], Limits()).outcomes[0].value
    assert compare(array + 1, value, 0, 0) is None


def test_late_print_outs_go_to_the_call_during_which_they_were_made(sandbox):
    code = """
        import sys
        seen = []
        def f(x):
            print(seen, end=" ", flush=False)
            print("error", file=sys.stderr)
            seen.append(x)
    """
    calls = [Call({"x": i}) for i in range(3)]
    printed = [one.stdout for one in run(sandbox, code, calls).outcomes]
    assert printed == ["[] error\n", "[0] error\n", "[0, 1] error\n"]


def test_fractions_and_decimals_are_numbers(sandbox):
    code = """
        from decimal import Decimal
        from fractions import Fraction
        def f(): return [Fraction(1, 3), Fraction(4, 2), Decimal("0.5")]
    """
    assert outcome(sandbox, code).value == [1 / 3, 2, 0.5]


def test_a_child_that_starved_is_tried_once_more(sandbox, monkeypatch):
    tries = []
    ended = "problems.judge.conversation.Conversation._was_starved"
    monkeypatch.setattr(ended, lambda talk: tries.append(talk.pid) or True)
    result = run(sandbox, "import time\ndef f(x): time.sleep(9)", limits=Limits(0.1))
    assert result.outcomes[0].kind is Kind.TIME_LIMIT
    assert len(set(tries)) == 2


def test_a_sleeper_is_not_tried_again():
    began = time.monotonic()
    with Sandbox() as sandbox:
        began = time.monotonic()
        result = run(sandbox, "import time\ndef f(x): time.sleep(9)", limits=Limits(0.2))
    assert result.outcomes[0].kind is Kind.TIME_LIMIT
    assert time.monotonic() - began < 2 * Limits(0.2).wall_seconds


def test_threads_that_share_a_sandbox_get_their_own_answers(sandbox):
    answers = {}

    def ask(n):
        answers[n] = run(sandbox, f"def f(x): return {n}").outcomes[0].value

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {n: n for n in range(8)}


@pytest.mark.parametrize("folder", sorted(p for p in CATALOG.iterdir() if p.is_dir()), ids=str)
def test_the_tests_of_a_problem_are_made_in_the_sandbox(sandbox, folder):
    tests, fault = sandbox.run_tests((folder / "tests.py").read_bytes())
    assert fault == ""
    assert tests
    for test in tests:
        assert {"name", "visible", "covers", "arguments"} <= test.keys()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def tests():\n    yield {}\n    1 / 0", "ZeroDivisionError: division by zero (line 3)"),
        ("def test(): pass", "does not define the function tests. It defines test."),
        ("def tests(): return 3", "TypeError"),
        ("def tests():\n    yield open", "cannot be judged"),
        ("import os; os._exit(1)", "ended itself"),
        ("def tests(:", "line 1"),
    ],
)
def test_tests_that_cannot_be_made_say_why(sandbox, code, said):
    tests, fault = sandbox.run_tests(code.encode())
    assert tests == []
    assert said in fault
