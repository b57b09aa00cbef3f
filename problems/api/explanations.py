"""Explanations over the API: a part of a submission, where a model server is configured."""

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import BasePermission

from compute.api.serializers import JobErrorSerializer
from compute.api.waiting import PREFER
from compute.work import State
from problems.api import examples
from problems.explanations import are_offered
from problems.models import Explanation, Submission
from rest import idempotency

PATH = "/explanation/"


class ExplanationsAreOffered(BasePermission):
    """First of the permissions: without a model server there is nothing here, for anybody."""

    def has_permission(self, request, view):
        if not are_offered():
            raise Http404
        return True


class ExplanationSerializer(serializers.ModelSerializer):
    """What a language model says: plain text, made by a machine, and to be labelled so."""

    text = serializers.CharField(
        read_only=True, allow_null=True, help_text="Null until the state is succeeded."
    )
    state = serializers.ChoiceField(choices=State.choices, read_only=True)
    error = serializers.SerializerMethodField()

    class Meta:
        model = Explanation
        fields = ["text", "model", "created_at", "state", "error"]
        read_only_fields = fields

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, explanation):
        """Where the state is failed; the explanation may then be asked for again."""
        return JobErrorSerializer(explanation).data if explanation.error_code else None


def explanation_of(submission: Submission) -> Explanation | None:
    """What there is of a submission's explanation, and none where they are not offered."""
    return getattr(submission, "explanation", None) if are_offered() else None


def offered_here(endpoints, **_settings):
    """A preprocessing hook of the schema: leaves out what this site does not offer."""
    return [one for one in endpoints if are_offered() or not one[0].endswith(PATH)]


def described_explanation(answer: type):
    """The schema of the operation that asks for an explanation."""
    return extend_schema(
        summary="Ask for an explanation in words",
        description=(
            "A language model says what is wrong with the code; its answer is plain text on the"
            " submission. There is one explanation of each submission: asked for again it is"
            " answered again, and made anew where it failed. 202 with the submission as it stands;"
            " with `Prefer: wait=N`, 200 if it has ended in time. 409 for a submission that was not"
            " judged, or was accepted. Counted by the hour."
        ),
        parameters=[PREFER, *idempotency.PARAMETERS],
        request=None,
        responses={200: answer, 202: answer},
        examples=[
            OpenApiExample(
                "Explained", value=examples.EXPLAINED, response_only=True, status_codes=["200"]
            ),
            OpenApiExample(
                "Queued", value=examples.TO_BE_EXPLAINED, response_only=True, status_codes=["202"]
            ),
        ],
    )
