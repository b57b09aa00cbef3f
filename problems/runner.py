"""What the judge worker does with one submission."""

import logging
from functools import partial

from compute.registry import Progress
from compute.runner import Outcome, run
from compute.work import State
from problems.bench import bench
from problems.errors import NoTests
from problems.judge.sandbox import Sandbox, Unavailable
from problems.judging import fields_of, judgement_of
from problems.models import Submission

logger = logging.getLogger(__name__)

JUDGE_FAULT = "judge-fault"
NOT_YOURS = "The judge went wrong, not your code; submit it again later."


def judge_submission(submission_id: str) -> None:
    """Judge it once, if it is queued and code can be run safely here.

    Else its message is dropped and the row stays queued: the sweep sends it again later.
    """
    try:
        sandbox = bench.sandbox()
    except Unavailable as exc:
        logger.warning("Submission %s stays queued: %s", submission_id, exc)
        return
    run(Submission, submission_id, partial(_judge, sandbox))


def _judge(sandbox: Sandbox, submission: Submission, _progress: Progress) -> Outcome:
    try:
        judgement = judgement_of(submission, submission.problem_version, sandbox)
    except Unavailable as exc:
        bench.distrust(str(exc))
        return _put_back(str(exc))
    except NoTests as exc:
        return _put_back(str(exc))
    except BaseException:
        # Interrupted in the midst of a conversation: the next must not read its end.
        sandbox.close()
        raise
    if judgement.fault:
        return _put_back(judgement.fault)
    if judgement.ambiguous:
        names = {"problem": submission.problem.slug, "misconceptions": judgement.ambiguous}
        logger.warning("Several misconceptions fit; none was named.", extra=names)
    return Outcome(State.SUCCEEDED, fields_of(judgement))


def _put_back(reason: str) -> Outcome:
    logger.error("Put back, by the judge's own fault: %s", reason)
    return Outcome(State.QUEUED, {"error_code": JUDGE_FAULT, "error_detail": NOT_YOURS})
