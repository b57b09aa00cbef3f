from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from compute.work import State
from rest.errors import Refused
from rest.json import raw_json
from rest.limits import client_of
from rest.pointers import pointer
from rest.serializers import TextField

MOST_UNKNOWN = 10
ANYTHING = {"type": "object", "additionalProperties": True}


@extend_schema_field(ANYTHING)
class AnyField(serializers.Field):
    """Any JSON as it came: the kind's own model refuses what is wrong in it, by its place."""

    def to_internal_value(self, data):
        return data

    def to_representation(self, value):
        return value


class NewJobSerializer(serializers.Serializer):
    """A request to run a kind."""

    kind = TextField(max_length=80, help_text="A name of `GET /compute/kinds/`.")
    params = AnyField(help_text="As the kind's `params_schema` says.")
    label = TextField(
        required=False, allow_null=True, max_length=200, help_text="A name of your own."
    )

    def validate(self, attrs):
        if unknown := set(self.initial_data) - set(self.fields):
            detail = "There is no such field here; there are kind, params and label."
            places = [pointer(name) for name in sorted(unknown)[:MOST_UNKNOWN]]
            errors = [{"pointer": place, "code": "unknown", "detail": detail} for place in places]
            raise Refused(422, detail, errors)
        return attrs


class ProgressSerializer(serializers.Serializer):
    fraction = serializers.FloatField(source="progress_fraction")
    message = serializers.CharField(source="progress_message")


class JobErrorSerializer(serializers.Serializer):
    code = serializers.CharField(source="error_code")
    detail = serializers.CharField(source="error_detail")


class ChartLinkSerializer(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    json = serializers.CharField()
    svg = serializers.CharField()
    png = serializers.CharField()


class JobSerializer(serializers.Serializer):
    """A job as it stands. (Its fields are written out: deriving them cost a tenth of a request.)"""

    id = serializers.UUIDField()
    kind = serializers.CharField(help_text="A name of `GET /compute/kinds/`.")
    version = serializers.IntegerField(help_text="Of the kind when it was submitted.")
    label = serializers.SerializerMethodField()
    params = AnyField(help_text="As they were submitted.")
    state = serializers.ChoiceField(choices=State.choices)
    progress = ProgressSerializer(source="*")
    result = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    attempts = serializers.IntegerField(source="attempt")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    charts = serializers.SerializerMethodField()

    def __init__(self, *args, names: set[str] | None = None, **kwargs):
        """`names` are the fields to answer, if not all."""
        super().__init__(*args, **kwargs)
        if names is not None:
            for name in set(self.fields) - names:
                del self.fields[name]

    @extend_schema_field({"type": ["string", "null"], "maxLength": 200})
    def get_label(self, job):
        """Null for all but whoever submitted the job."""
        request = self.context["request"]
        return job.label if job.is_of(request.user, client_of(request)) else None

    @extend_schema_field(ANYTHING | {"type": ["object", "null"]})
    def get_result(self, job):
        return None if job.result is None else raw_json(job.result)

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, job):
        return JobErrorSerializer(job).data if job.error_code else None

    @extend_schema_field(ChartLinkSerializer(many=True))
    def get_charts(self, job):
        base = f"/api/v1/compute/jobs/{job.pk}/charts"
        return [
            {"name": chart.name, "title": chart.title}
            | {form: f"{base}/{chart.name}.{form}" for form in ("json", "svg", "png")}
            for chart in job.charts
        ]


class ListedJobSerializer(JobSerializer):
    """A job in a list: `params` and `result` are null where they are large; read the job then."""

    params = serializers.SerializerMethodField()

    @extend_schema_field(ANYTHING | {"type": ["object", "null"]})
    def get_params(self, job):
        return job.listed_params

    @extend_schema_field(ANYTHING | {"type": ["object", "null"]})
    def get_result(self, job):
        return None if job.listed_result is None else raw_json(job.listed_result)


class KindLimitsSerializer(serializers.Serializer):
    time_seconds = serializers.FloatField()
    memory_mb = serializers.IntegerField()


class KindChartSerializer(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()


@extend_schema_field(ANYTHING)
class SchemaField(serializers.Field):
    """A JSON Schema."""

    def to_representation(self, schema):
        return schema


class KindSerializer(serializers.Serializer):
    """A job kind: what it computes, and with which parameters."""

    name = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    version = serializers.IntegerField()
    params_schema = SchemaField()
    result_schema = SchemaField()
    example_params = serializers.JSONField()
    charts = KindChartSerializer(many=True)
    limits = KindLimitsSerializer(source="*")
