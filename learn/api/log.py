"""The log over the API: everything that one attempted, a part at a time."""

import base64
import datetime
import re
import uuid

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.utils.urls import replace_query_param

from compute.work import State
from learn import log
from learn.log import Place
from problems.models import Submission
from rest.errors import QueryError
from rest.filters import check_names
from rest.pagination import CursorPagination

TYPES = ("answer", "hint", "give-up", "run", "submit")
CURSOR = re.compile(r"(after|before) (\S{1,40}) ([0-3]) ([0-9]{1,18}) (\S{0,36})")
NOTHING = {
    "problem": None,
    "topic": None,
    "version": None,
    "hint": None,
    "question": None,
    "correct": None,
    "seconds": None,
    "id": None,
    "state": None,
    "attempt": None,
    "own_call": None,
    "verdict": None,
    "score": None,
    "diagnosis": None,
    "misconceptions": [],
    "judging_seconds": None,
    "memory_mb": None,
    "finished_at": None,
    "hints_before": None,
    "gave_up_before": None,
    "earlier": [],
}
EXAMPLE = NOTHING | {
    "at": "2026-11-24T09:00:00Z",
    "type": "submit",
    "problem": "bayes-diagnostic-test",
    "version": 2,
    "id": "5f0c2f2e-6f0b-4c1e-9d53-2f8c5a6a2f11",
    "state": "succeeded",
    "attempt": 1,
    "own_call": False,
    "verdict": "wrong_answer",
    "score": 0.25,
    "diagnosis": "misconception",
    "misconceptions": ["base-rate-neglect"],
    "judging_seconds": 0.31,
    "memory_mb": 1.2,
    "finished_at": "2026-11-24T09:00:01Z",
    "hints_before": 1,
    "gave_up_before": False,
    "earlier": [
        {
            "version": 1,
            "verdict": "wrong_answer",
            "score": 0.0,
            "diagnosis": None,
            "misconceptions": [],
            "replaced_at": "2026-11-30T09:00:00Z",
        }
    ],
}


class EarlierJudgementSerializer(serializers.Serializer):
    version = serializers.IntegerField()
    verdict = serializers.ChoiceField(Submission.Verdict.choices)
    score = serializers.FloatField()
    diagnosis = serializers.CharField(allow_null=True)
    misconceptions = serializers.ListField(child=serializers.CharField())
    replaced_at = serializers.DateTimeField()


class LogEventSerializer(serializers.Serializer):
    """What does not concern the type of an event is null, or an empty list."""

    at = serializers.DateTimeField()
    type = serializers.ChoiceField(TYPES)
    problem = serializers.CharField(allow_null=True)
    topic = serializers.CharField(allow_null=True)
    version = serializers.IntegerField(
        allow_null=True, help_text="Of the problem or topic; of a submission, as it stands judged."
    )
    hint = serializers.IntegerField(allow_null=True, help_text="The number of the one revealed.")
    question = serializers.CharField(allow_null=True)
    correct = serializers.BooleanField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True, help_text="To answer the question.")
    id = serializers.UUIDField(allow_null=True, help_text="Of the submission.")
    state = serializers.ChoiceField(State.choices, allow_null=True)
    attempt = serializers.IntegerField(
        allow_null=True, help_text="Which of your judged submissions of the problem, from 1."
    )
    own_call = serializers.BooleanField(
        allow_null=True, help_text="Whether a run was of your own arguments."
    )
    verdict = serializers.ChoiceField(Submission.Verdict.choices, allow_null=True)
    score = serializers.FloatField(allow_null=True)
    diagnosis = serializers.CharField(
        allow_null=True, help_text="misconception, relation or pair; of which ids is below."
    )
    misconceptions = serializers.ListField(child=serializers.CharField())
    judging_seconds = serializers.FloatField(allow_null=True)
    memory_mb = serializers.FloatField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    hints_before = serializers.IntegerField(
        allow_null=True, help_text="How many hints of the problem you had seen by then."
    )
    gave_up_before = serializers.BooleanField(allow_null=True)
    earlier = EarlierJudgementSerializer(
        many=True, help_text="What was judged before it was judged again, the oldest first."
    )


class LogPagination(CursorPagination):
    """The oldest first. A cursor is opaque; take it from `next` or `previous`."""

    def paginate_queryset(self, queryset, request, view=None):
        """`queryset` is the user whose log it is."""
        size = self.get_page_size(request)
        self.base_url = request.build_absolute_uri()
        cursor = request.query_params.get("cursor")
        side, place = _read(cursor) if cursor is not None else ("after", None)
        found = log.part(queryset, size + 1, **{side: place})
        is_more = len(found) > size
        if side == "before":
            self.has_previous, self.has_next = is_more, bool(found)
            self.page = found[-size:]
        else:
            self.has_previous, self.has_next = place is not None, is_more
            self.page = found[:size]
        return self.page

    def get_next_link(self):
        return self._link("after", self.page[-1].place) if self.page and self.has_next else None

    def get_previous_link(self):
        return self._link("before", self.page[0].place) if self.page and self.has_previous else None

    def _link(self, side: str, place: Place) -> str:
        return replace_query_param(self.base_url, self.cursor_query_param, _written(side, place))


def _written(side: str, place: Place) -> str:
    """A place in the log, and whether what comes after or before it is wanted, as a cursor."""
    at, *rest = place
    text = " ".join([side, at.astimezone(datetime.UTC).isoformat(), *map(str, rest)])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read(cursor: str) -> tuple[str, Place]:
    try:
        text = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode()
        side, at, rank, number, submission = CURSOR.fullmatch(text).groups()
        moment = datetime.datetime.fromisoformat(at)
        if moment.tzinfo is not datetime.UTC:
            raise ValueError("Every cursor of ours has a moment in UTC.")
        if submission:
            uuid.UUID(submission)
    except (AttributeError, ValueError):
        raise QueryError("cursor", "This cursor is not one of ours.") from None
    return side, Place(moment, int(rank), int(number), submission)


class LogViewSet(viewsets.GenericViewSet):
    permission_classes = [IsAuthenticated]
    serializer_class = LogEventSerializer
    pagination_class = LogPagination
    filter_backends = []

    @extend_schema(
        summary="Everything that you attempted, the oldest first",
        description=(
            "Runs, submissions, hints, give-ups and answers to questions, with all that is known of"
            " each, so that difficulty, ability and reviews can be computed from it."
        ),
        examples=[OpenApiExample("A submission", value=EXAMPLE)],
    )
    def list(self, request):
        check_names(request, {"cursor", "page_size"})
        events = self.paginate_queryset(request.user)
        return self.get_paginated_response(self.get_serializer(events, many=True).data)
