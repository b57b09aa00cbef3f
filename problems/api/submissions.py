"""Submissions over the API: each is only for whoever submitted it."""

from functools import partial

from django.conf import settings
from django.shortcuts import get_object_or_404
from django_filters import FilterSet
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
)
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from compute.api.serializers import ANYTHING, JobErrorSerializer
from compute.api.waiting import PREFER, UUID, tag, wait_as_preferred
from compute.work import State
from kb.api.views import SLUG_PARAMETER
from problems import explanations, submissions
from problems.api import examples
from problems.api.explanations import (
    ExplanationsAreOffered,
    ExplanationSerializer,
    described_explanation,
    explanation_of,
)
from problems.models import Explanation, Problem, Submission
from rest import idempotency
from rest.conditional import matches
from rest.filters import ChoicesFilter, SlugsFilter, check_names
from rest.pagination import CursorPagination
from rest.serializers import StrictSerializer


@extend_schema_field({"type": "string", "pattern": r"^[^\x00]*$"})
class CodeField(serializers.Field):
    """Source code as it came; the service says what is wrong with it."""

    default_error_messages = {"invalid": "Send the code as a string."}

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return data


@extend_schema_field(ANYTHING)
class ArgumentsField(serializers.Field):
    def to_internal_value(self, data):
        return data


class NewSubmissionSerializer(StrictSerializer):
    """Code to be judged on all tests."""

    code = CodeField(help_text="Python, up to 64 KB in UTF-8; it defines the problem's function.")


class NewRunSerializer(NewSubmissionSerializer):
    """Code to be tried: on the visible tests, or on a call of one's own."""

    arguments = ArgumentsField(
        required=False,
        allow_null=True,
        help_text="Of your own call, by parameter; arrays as nested lists.",
    )


@extend_schema_field({"description": "Any JSON: numbers, texts, arrays as nested lists."})
class ValueField(serializers.Field):
    """A value of the learner's function, as far as it is shown."""

    def to_representation(self, value):
        return value


class TracebackSerializer(serializers.Serializer):
    line = serializers.IntegerField(allow_null=True)
    text = serializers.CharField()
    shapes = serializers.DictField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Of the arrays on the failing line.",
    )


class TestSerializer(serializers.Serializer):
    """What one test came to. Of a hidden one there are only its number and its verdict."""

    name = serializers.CharField()
    visible = serializers.BooleanField()
    verdict = serializers.CharField(allow_null=True)
    time_ms = serializers.FloatField(allow_null=True)
    message = serializers.CharField(allow_null=True)
    input = serializers.DictField(allow_null=True, help_text="The arguments by parameter.")
    expected = ValueField()
    actual = ValueField(help_text="The name of the error where one was raised.")
    stdout = serializers.CharField(allow_null=True)
    traceback = TracebackSerializer(allow_null=True)


class DiagnosisSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=["misconception", "relation", "pair"])
    misconception = serializers.CharField(allow_null=True)
    title = serializers.CharField()
    explanation = serializers.CharField()
    topic = serializers.CharField(allow_null=True)
    also = serializers.ListField(child=serializers.CharField())


class SubmissionSerializer(serializers.ModelSerializer):
    """A submission as it stands."""

    problem = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    tests = serializers.SerializerMethodField()
    diagnosis = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    explanation = serializers.SerializerMethodField()

    class Meta:
        model = Submission
        fields = [
            "id",
            "problem",
            "problem_version",
            "mode",
            "code",
            "state",
            "verdict",
            "score",
            "memory_mb",
            "tests",
            "diagnosis",
            "error",
            "explanation",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields

    def get_fields(self):
        fields = super().get_fields()
        if not explanations.are_offered():
            del fields["explanation"]
        return fields

    @extend_schema_field(TestSerializer(many=True))
    def get_tests(self, submission):
        return submission.tests

    @extend_schema_field(DiagnosisSerializer(allow_null=True))
    def get_diagnosis(self, submission):
        return submission.diagnosis

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, submission):
        """Where the state is failed: the judge went wrong, and this says how."""
        return JobErrorSerializer(submission).data if submission.error_code else None

    @extend_schema_field(ExplanationSerializer(allow_null=True))
    def get_explanation(self, submission):
        """In words, by a language model; null until somebody asks for it."""
        explanation = explanation_of(submission)
        return ExplanationSerializer(explanation).data if explanation else None


class ListedSubmissionSerializer(SubmissionSerializer):
    """A submission in a list: `code` and `tests` are null; read the submission itself for them."""

    code = serializers.SerializerMethodField()

    @extend_schema_field({"type": "null"})
    def get_code(self, _submission):
        return None

    @extend_schema_field({"type": "null"})
    def get_tests(self, _submission):
        return None


class SubmissionFilter(FilterSet):
    problem = SlugsFilter(
        name="problem", entries=Problem.objects.current, help_text="Slugs, comma-separated."
    )
    mode = ChoicesFilter(choices=Submission.Mode.values, help_text="Comma-separated.")
    state = ChoicesFilter(choices=State.values, help_text="Comma-separated.")
    verdict = ChoicesFilter(choices=Submission.Verdict.values, help_text="Comma-separated.")


def begin(request, problem: Problem, mode: Submission.Mode, given: dict) -> Response:
    """The answer to a POST that submits code: 200 when it has ended, else 202."""
    submission, fields = idempotency.once(
        request,
        request.data,
        Submission.objects.of(request.user).select_related("problem"),
        lambda: submissions.submit(
            problem, request.user, mode, given["code"], given.get("arguments")
        ),
    )
    waited = wait_as_preferred(request, submission)
    if waited and not submission.is_ended:
        mine = Submission.objects.of(request.user).select_related("problem")
        submission = get_object_or_404(mine, pk=submission.pk)
    status = 200 if submission.is_ended else 202
    response = Response(SubmissionSerializer(submission).data, status=status)
    response["Location"] = f"/api/v1/submissions/{submission.pk}/"
    for name, value in (fields | waited).items():
        response[name] = value
    return response


def described_submit(summary: str, description: str, request: type, example: dict):
    """The schema of an operation that submits code."""
    return extend_schema(
        summary=summary,
        description=(
            f"{description} 202 with the submission as it stands and `Location`; with `Prefer:"
            " wait=N`, 200 with its verdict if it is judged in time. Counted by the hour."
        ),
        parameters=[SLUG_PARAMETER, PREFER, *idempotency.PARAMETERS],
        request=request,
        responses={200: SubmissionSerializer, 202: SubmissionSerializer},
        examples=[
            OpenApiExample("Code", value=example, request_only=True),
            OpenApiExample(
                "Judged", value=examples.SUBMISSION, response_only=True, status_codes=["200"]
            ),
            OpenApiExample(
                "Queued", value=examples.QUEUED_SUBMISSION, response_only=True, status_codes=["202"]
            ),
        ],
    )


class SubmissionViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Your own submissions, to read and to cancel. `POST problems/{slug}/…` makes them."""

    serializer_class = SubmissionSerializer
    pagination_class = CursorPagination
    permission_classes = [IsAuthenticated]
    lookup_value_regex = UUID
    filterset_class = SubmissionFilter
    page_names = frozenset({"cursor", "page_size"})
    queryset = Submission.objects.select_related("problem")

    def get_queryset(self):
        mine = super().get_queryset().of(self.request.user)
        if explanations.are_offered():
            mine = mine.select_related("explanation")
        return mine.light() if self.action == "list" else mine

    def get_serializer_class(self):
        return ListedSubmissionSerializer if self.action == "list" else SubmissionSerializer

    @extend_schema(
        summary="List your own submissions, newest first",
        description="`code` and `tests` are null here: read the submission itself for them.",
        examples=[OpenApiExample("A submission", value=examples.LISTED_SUBMISSION)],
    )
    def list(self, request):
        return super().list(request)

    @extend_schema(
        summary="Read a submission",
        description="With `Prefer: wait=N`, when work on it has ended or after N seconds.",
        parameters=[PREFER],
        responses={200: SubmissionSerializer, 304: OpenApiResponse(description="Not changed.")},
        examples=[OpenApiExample("Judged", value=examples.SUBMISSION)],
    )
    def retrieve(self, request, pk):
        check_names(request, set())
        submission = self.get_object()
        # An explanation is begun when the submission has ended.
        last = explanation_of(submission) or submission
        waited = wait_as_preferred(request, last)
        if waited and not last.is_ended:
            submission = self.get_object()
        etag = _etag(submission)
        if matches(request.headers.get("If-None-Match", ""), etag):
            response = Response(status=304)
        else:
            response = Response(self.get_serializer(submission).data)
        response["ETag"] = etag
        response["Cache-Control"] = "private, no-cache"
        for name, value in waited.items():
            response[name] = value
        return response

    @extend_schema(
        summary="Cancel a submission",
        description=(
            "One that is queued is never judged; one that runs stops within a second. 409 when it"
            " has ended."
        ),
        request=None,
        responses={202: SubmissionSerializer},
        examples=[
            OpenApiExample("Cancelled", value=examples.CANCELLED_SUBMISSION, status_codes=["202"])
        ],
    )
    @action(detail=True, methods=["post"], filter_backends=[])
    def cancel(self, request, pk):
        check_names(request, set())
        submission = submissions.cancel(self.get_object())
        return Response(self.get_serializer(submission).data, status=202)

    @described_explanation(SubmissionSerializer)
    @action(
        detail=True,
        methods=["post"],
        filter_backends=[],
        permission_classes=[ExplanationsAreOffered, IsAuthenticated],
    )
    def explanation(self, request, pk):
        check_names(request, set())
        explanation, fields = idempotency.once(
            request,
            None,
            Explanation.objects.of(request.user).filter(submission=pk),
            partial(explanations.explain, self.get_object()),
        )
        waited = wait_as_preferred(request, explanation)
        submission = self.get_object()
        explanation = explanation_of(submission)
        status = 202 if explanation and not explanation.is_ended else 200
        response = Response(self.get_serializer(submission).data, status=status)
        response["Location"] = f"/api/v1/submissions/{pk}/"
        for name, value in (fields | waited).items():
            response[name] = value
        return response


def _etag(submission: Submission) -> str:
    """Changes with its state; with its verdict too, where it is judged again on a new version."""
    changing = (submission.state, submission.attempt, submission.problem_version)
    verdict = (submission.verdict, submission.score, submission.diagnosis)
    if explanation := explanation_of(submission):
        changing += (explanation.pk, explanation.state)
    made_by = (settings.RELEASE, explanations.are_offered())
    return tag("submission", *made_by, submission.pk, *changing, *verdict)
