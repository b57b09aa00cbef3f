"""What a learner may do with code for a problem, and what becomes of it."""

from django.db import transaction
from django.db.models import Count, Q

from compute import work
from compute.errors import Problem as Wrong
from compute.services import check_waiting
from problems.calls import wrong_with
from problems.errors import EditorialClosed, InvalidSubmission
from problems.models import GaveUp, Problem, Submission
from rest.limits import count_try, one_at_a_time
from rest.version import raise_content_version

MOST_CODE_BYTES = 64 * 1024
HOUR = 3600
# Far beyond the limits of any problem, which the sandbox keeps: this is for a judge that hangs.
JUDGE_SECONDS = 120
# With fewer judged submissions a share says nothing.
FEWEST_JUDGED = 5

LIMITS = {Submission.Mode.SUBMIT: "submissions", Submission.Mode.RUN: "runs"}


def submit(
    problem: Problem, owner, mode: Submission.Mode, code: str, arguments: object = None
) -> tuple[Submission, dict[str, str]]:
    """Check and queue a submission; it and the RateLimit fields of the answer.

    `arguments` are those of the learner's own call, in place of the visible tests of a run. Raises
    InvalidSubmission or LimitExceeded before anything is saved.
    """
    wrong = _wrong_with_code(code)
    if arguments is not None:
        found = wrong_with(arguments, problem.function)
        wrong += [Wrong(f"/arguments{one.pointer}", one.code, one.detail) for one in found]
    if wrong:
        raise InvalidSubmission(wrong)
    submission = Submission(
        owner=owner,
        problem=problem,
        problem_version=problem.version,
        mode=mode,
        code=code,
        arguments=arguments,
        time_limit=JUDGE_SECONDS,
    )
    with transaction.atomic():
        fields = {} if owner.is_staff else _count(owner, mode)
        work.submit(submission)
    return submission, fields


def _wrong_with_code(code: str) -> list[Wrong]:
    size = len(code.encode())
    if size > MOST_CODE_BYTES:
        said = f"The code has {size:,} bytes; {MOST_CODE_BYTES:,} are allowed."
        return [Wrong("/code", "too-large", said)]
    if "\0" in code:
        line = code[: code.index("\0")].count("\n") + 1
        return [Wrong("/code", "invalid", f"Line {line} holds a NUL character.")]
    return []


def _count(owner, mode: Submission.Mode) -> dict[str, str]:
    one_at_a_time(f"charge {owner.pk}")
    check_waiting(owner)
    return count_try(LIMITS[mode], str(owner.pk), window=HOUR)


def cancel(submission: Submission) -> Submission:
    """The submission as it is now. Raises WorkNotCancellable if it has ended."""
    work.cancel(submission)
    return Submission.objects.get(pk=submission.pk)


def give_up(user, problem: Problem) -> None:
    """Open the editorial for a learner, and record it: once, and for good."""
    GaveUp.objects.of(user).get_or_create(
        owner=user, problem=problem, defaults={"problem_version": problem.version}
    )


def check_editorial(user, problem: Problem) -> None:
    """Raises EditorialClosed for a learner who has neither solved the problem nor given up."""
    if user.is_staff or GaveUp.objects.of(user).filter(problem=problem).exists():
        return
    accepted = Submission.objects.of(user).judged().filter(verdict=Submission.Verdict.ACCEPTED)
    if not accepted.filter(problem=problem).exists():
        raise EditorialClosed("The editorial opens once you have solved the problem or given up.")


def count_acceptance() -> int:
    """Put the share of accepted submissions on each problem; how many shares have changed.

    Of all that were judged on all tests, by whomever; to a hundredth, so that lists need not be
    made anew for what nobody sees.
    """
    rows = Submission.objects.judged().order_by().values("problem")
    accepted = Count("pk", filter=Q(verdict=Submission.Verdict.ACCEPTED))
    rates = {
        row["problem"]: round(row["accepted"] / row["judged"], 2)
        for row in rows.annotate(judged=Count("pk"), accepted=accepted)
        if row["judged"] >= FEWEST_JUDGED
    }
    changed = 0
    with transaction.atomic():
        for pk, before in Problem.objects.current().values_list("pk", "acceptance_rate"):
            if (rate := rates.get(pk)) != before:
                changed += Problem.objects.filter(pk=pk).update(acceptance_rate=rate)
        if changed:
            raise_content_version()
    return changed
