"""The export of an account: what is in the document, and where it is read."""

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.views import APIView

from compute.api.serializers import AnyField, JobErrorSerializer
from compute.work import State
from learn.export import FORMAT, VERSION, export_of
from problems.api.submissions import DiagnosisSerializer, TestSerializer
from problems.models import Submission
from rest.conditional import PRIVATE
from rest.filters import check_names

DESCRIPTION = """
Everything here that is yours: account, progress, answers, submissions with every judgement, hints,
jobs, datasets with their ratings, and what you did as a curator. Nothing in it is a secret that
opens anything. The document is made while you read it, whatever its size; it is whole if it ends
with its closing brace.
"""
EXAMPLE = {
    "format": FORMAT,
    "version": VERSION,
    "exported_at": "2026-11-24T09:00:00Z",
    "account": {
        "username": "ada",
        "first_name": "",
        "last_name": "",
        "email": "ada@example.org",
        "joined_at": "2026-11-02T18:30:00Z",
        "last_sign_in_at": "2026-11-24T08:55:00Z",
        "is_active": True,
        "is_staff": False,
        "is_superuser": False,
        "roles": [],
        "rights": [],
    },
    "email_addresses": [{"email": "ada@example.org", "verified": True, "primary": True}],
    "tokens": [
        {
            "prefix": "3f2a9c01",
            "created_at": "2026-11-24T09:00:00Z",
            "expires_at": "2027-02-22T09:00:00Z",
        }
    ],
    "topics": [
        {
            "slug": "attention",
            "sections_read": ["scores"],
            "done": False,
            "started_at": "2026-11-23T19:00:00Z",
            "updated_at": "2026-11-23T19:12:00Z",
            "done_at": None,
        }
    ],
    "answers": [],
    "submissions": [],
    "hints": [{"slug": "softmax", "problem_version": 1, "number": 1, "at": "2026-11-23T20:01:00Z"}],
    "given_up": [],
    "jobs": [],
    "datasets": [],
    "revisions": [],
    "entries": [],
    "admin_log": [],
}


class ExportedAccountSerializer(serializers.Serializer):
    username = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    email = serializers.CharField()
    joined_at = serializers.DateTimeField()
    last_sign_in_at = serializers.DateTimeField(allow_null=True)
    is_active = serializers.BooleanField()
    is_staff = serializers.BooleanField()
    is_superuser = serializers.BooleanField()
    roles = serializers.ListField(child=serializers.CharField())
    rights = serializers.ListField(child=serializers.CharField())


class ExportedAddressSerializer(serializers.Serializer):
    email = serializers.CharField()
    verified = serializers.BooleanField()
    primary = serializers.BooleanField()


class ExportedTokenSerializer(serializers.Serializer):
    prefix = serializers.CharField(help_text="Its first characters, which open nothing.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)


class ExportedTopicSerializer(serializers.Serializer):
    slug = serializers.CharField()
    sections_read = serializers.ListField(child=serializers.CharField())
    done = serializers.BooleanField()
    started_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)


class ExportedAnswerSerializer(serializers.Serializer):
    slug = serializers.CharField(help_text="Of the topic.")
    topic_version = serializers.IntegerField()
    question = serializers.CharField(help_text="Its key.")
    correct = serializers.BooleanField()
    seconds = serializers.FloatField(allow_null=True)
    at = serializers.DateTimeField()


class ExportedWorkSerializer(serializers.Serializer):
    """How a piece of work ended, and when."""

    state = serializers.ChoiceField(choices=State.choices)
    error = JobErrorSerializer(allow_null=True)
    attempts = serializers.IntegerField()
    seconds = serializers.FloatField(help_text="Of computing.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class ExportedExplanationSerializer(ExportedWorkSerializer):
    model = serializers.CharField()
    text = serializers.CharField(allow_null=True)


class ExportedJudgementSerializer(serializers.Serializer):
    """What was judged of a submission before it was judged again on a newer version."""

    problem_version = serializers.IntegerField()
    verdict = serializers.CharField()
    score = serializers.FloatField()
    diagnosis = DiagnosisSerializer(allow_null=True)
    replaced_at = serializers.DateTimeField()


class ExportedSubmissionSerializer(ExportedWorkSerializer):
    id = serializers.UUIDField()
    problem = serializers.CharField()
    problem_version = serializers.IntegerField()
    mode = serializers.ChoiceField(choices=Submission.Mode.choices)
    code = serializers.CharField()
    arguments = serializers.JSONField(help_text="Of the learner's own call; or null.")
    verdict = serializers.CharField(allow_null=True)
    score = serializers.FloatField(allow_null=True)
    memory_mb = serializers.FloatField(allow_null=True)
    tests = TestSerializer(many=True)
    diagnosis = DiagnosisSerializer(allow_null=True)
    earlier = ExportedJudgementSerializer(many=True)
    explanation = ExportedExplanationSerializer(allow_null=True)


class ExportedHintSerializer(serializers.Serializer):
    slug = serializers.CharField(help_text="Of the problem.")
    problem_version = serializers.IntegerField(allow_null=True)
    number = serializers.IntegerField()
    at = serializers.DateTimeField()


class ExportedGivingUpSerializer(serializers.Serializer):
    slug = serializers.CharField(help_text="Of the problem.")
    problem_version = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()


class ExportedJobSerializer(ExportedWorkSerializer):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    version = serializers.IntegerField()
    label = serializers.CharField(allow_null=True)
    params = AnyField()
    result = serializers.JSONField(help_text="Null until the state is succeeded.")


class ExportedDatasetSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    sha256 = serializers.CharField(help_text="Of the file as it was uploaded.")
    rows = serializers.IntegerField()
    users = serializers.IntegerField()
    items = serializers.IntegerField()
    replaced = serializers.IntegerField()
    columns = serializers.ListField(child=serializers.CharField())
    size = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    ratings = serializers.ListField(
        child=serializers.ListField(),
        allow_null=True,
        help_text="A list for each row, in the order of `columns`; timestamps are Unix seconds.",
    )


class ExportedRevisionSerializer(serializers.Serializer):
    """What one published, or let somebody else publish; its text is public."""

    type = serializers.CharField()
    slug = serializers.CharField()
    number = serializers.IntegerField()
    origin = serializers.CharField()
    at = serializers.DateTimeField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=["author", "reviewer"]))


class ExportedEntrySerializer(serializers.Serializer):
    """An entry or draft that nobody has edited since."""

    type = serializers.CharField()
    slug = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField()
    updated_at = serializers.DateTimeField()


class ExportedLogEntrySerializer(serializers.Serializer):
    """Something that one did in the admin."""

    at = serializers.DateTimeField()
    action = serializers.CharField()
    type = serializers.CharField(allow_null=True)
    id = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    message = serializers.CharField()


class ExportSerializer(serializers.Serializer):
    """All that is one person's."""

    format = serializers.CharField()
    version = serializers.IntegerField()
    exported_at = serializers.DateTimeField()
    account = ExportedAccountSerializer()
    email_addresses = ExportedAddressSerializer(many=True)
    tokens = ExportedTokenSerializer(many=True)
    topics = ExportedTopicSerializer(many=True)
    answers = ExportedAnswerSerializer(many=True)
    submissions = ExportedSubmissionSerializer(many=True)
    hints = ExportedHintSerializer(many=True)
    given_up = ExportedGivingUpSerializer(many=True)
    jobs = ExportedJobSerializer(many=True)
    datasets = ExportedDatasetSerializer(many=True)
    revisions = ExportedRevisionSerializer(many=True)
    entries = ExportedEntrySerializer(many=True)
    admin_log = ExportedLogEntrySerializer(many=True)


class ExportView(APIView):
    """All that is one's own, as a file. A HEAD makes nothing."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        summary="Export all that is yours, as one JSON document",
        description=DESCRIPTION,
        responses=ExportSerializer,
        examples=[OpenApiExample("An account that has just begun", value=EXAMPLE)],
    )
    def get(self, request):
        check_names(request, set())
        name = f"casebook-{request.user.get_username()}-{timezone.now():%Y-%m-%d}.json"
        return StreamingHttpResponse(
            () if request.method == "HEAD" else export_of(request.user),
            content_type="application/json",
            headers={
                "Content-Disposition": content_disposition_header(True, name),
                "Cache-Control": PRIVATE,
            },
        )
