"""A judgement of a submission, and the fields of its row that hold it."""

import hashlib
import math

import orjson

from problems.judge.sandbox import Sandbox
from problems.judge.verdict import Judgement, judge, try_out
from problems.models import Submission
from problems.testing import tests_of

WRONG = (Submission.Verdict.WRONG_ANSWER, Submission.Verdict.RUNTIME_ERROR)
# In which two outcomes that are called the same agree.
DIGITS = 5


def judgement_of(submission: Submission, version: int, sandbox: Sandbox) -> Judgement:
    """What the tests of a version say of a submission. Raises Unavailable or NoTests."""
    test_set = tests_of(submission.problem_id, version, sandbox)
    if submission.arguments is not None:
        return try_out(sandbox, test_set, submission.code, submission.arguments)
    visible_only = submission.mode == Submission.Mode.RUN
    return judge(sandbox, test_set, submission.code, visible_only=visible_only)


def fields_of(judgement: Judgement) -> dict:
    """The fields of a submission that hold a judgement."""
    return {
        "verdict": judgement.verdict,
        "score": judgement.score,
        "memory_mb": judgement.memory_mb,
        "tests": _storable(judgement.tests),
        "diagnosis": _storable(judgement.diagnosis),
        "outcome": _fingerprint(judgement),
    }


def _storable(value):
    """JSON data as any database holds it: without NUL, halves of characters, NaN, infinities."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    return value


def _fingerprint(judgement: Judgement) -> str:
    """The same for wrong submissions that came to the same on every test.

    By what a visible test gave, to a few digits, and by the verdict of a hidden one. Empty for what
    was accepted, could not be run, or was ended by a limit: there no mistake can be named.
    """
    if judgement.verdict not in WRONG:
        return ""
    seen = [(test["verdict"], _rounded(test["actual"])) for test in judgement.tests]
    return hashlib.blake2b(orjson.dumps(_storable(seen)), digest_size=16).hexdigest()


def _rounded(value):
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {str(key): _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
