"""Explanations in words, where a model server is configured: asking for one, and making it."""

from django.conf import settings
from django.db import transaction

from compute import work
from compute.registry import Progress
from compute.runner import Outcome, run
from compute.services import check_waiting
from compute.work import State
from problems.errors import NothingToExplain
from problems.model_server import ModelUnavailable, ask
from problems.models import Explanation, Submission
from problems.prompt import messages_about
from rest.limits import count_try, one_at_a_time

HOUR = 3600
# The model has EXPLAIN_SECONDS; the work around it takes a moment, too.
SECONDS_AROUND = 5
UNAVAILABLE = "explanation-unavailable"


def are_offered() -> bool:
    """Whether this site has a model server: without one nothing of explanations is shown."""
    return settings.FEATURES["explanations"]


def explain(submission: Submission) -> tuple[Explanation, dict[str, str]]:
    """Queue an explanation for the owner; it and the RateLimit fields of the answer.

    There is one of each submission: what is queued, running or made is answered again and counts
    for nothing; what failed is begun anew. Raises NothingToExplain or LimitExceeded before
    anything is saved.
    """
    _check(submission)
    owner = submission.owner
    with transaction.atomic():
        # Of two requests at the same moment the second finds what the first began.
        one_at_a_time(f"charge {owner.pk}")
        earlier = Explanation.objects.of(owner).filter(submission=submission)
        found = earlier.exclude(state__in=[State.FAILED, State.CANCELLED]).first()
        if found is not None:
            return found, {}
        fields = {} if owner.is_staff else _count(owner)
        earlier.delete()
        explanation = Explanation(
            owner=owner,
            submission=submission,
            model=settings.EXPLAIN_MODEL,
            time_limit=settings.EXPLAIN_SECONDS + SECONDS_AROUND,
        )
        work.submit(explanation)
    return explanation, fields


def _check(submission: Submission) -> None:
    if not submission.is_ended:
        raise NothingToExplain("The submission has not been judged yet; wait for its verdict.")
    if submission.verdict is None:
        raise NothingToExplain("The submission has no verdict to explain; submit the code again.")
    if submission.verdict == Submission.Verdict.ACCEPTED:
        raise NothingToExplain("The submission was accepted; there is no mistake to explain.")


def _count(owner) -> dict[str, str]:
    check_waiting(owner)
    return count_try("explanations", str(owner.pk), window=HOUR)


def make(explanation_id: str) -> None:
    """What a worker does with one explanation: once, if it is queued."""
    run(Explanation, explanation_id, _ask)


def _ask(explanation: Explanation, _progress: Progress) -> Outcome:
    submission = Submission.objects.select_related("problem").get(pk=explanation.submission_id)
    try:
        text = ask(messages_about(submission), explanation.model)
    except ModelUnavailable as exc:
        return Outcome(State.FAILED, {"error_code": UNAVAILABLE, "error_detail": str(exc)})
    return Outcome(State.SUCCEEDED, {"text": text})
