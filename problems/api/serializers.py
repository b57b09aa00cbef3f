from rest_framework import serializers

from kb.api.serializers import EntrySerializer, LicensedSerializer, MarkdownField
from problems.models import Problem, Status


class ProblemItemSerializer(LicensedSerializer):
    topics = serializers.SerializerMethodField()
    acceptance_rate = serializers.FloatField(
        read_only=True,
        allow_null=True,
        help_text="Of all submissions that were judged; null while there are few.",
    )
    # Left out for strangers, whose answers are everybody's.
    status = serializers.ChoiceField(
        choices=Status.choices, required=False, help_text="Yours; only where you are signed in."
    )

    class Meta:
        model = Problem
        fields = [
            "slug",
            "title",
            "summary",
            "difficulty",
            "topics",
            "acceptance_rate",
            "status",
            "license",
        ]

    def get_topics(self, problem) -> list[str]:
        return problem.topic_slugs


class ParameterSerializer(serializers.Serializer):
    name = serializers.CharField()
    type = serializers.CharField()
    text = serializers.CharField()


class FunctionSerializer(serializers.Serializer):
    name = serializers.CharField()
    signature = serializers.CharField()
    parameters = ParameterSerializer(many=True)
    returns = serializers.CharField()
    raises = serializers.ListField(child=serializers.CharField())


class WorkedExampleSerializer(serializers.Serializer):
    input = serializers.CharField()
    output = serializers.CharField()
    explanation = serializers.CharField()


class LimitsSerializer(serializers.Serializer):
    time_seconds = serializers.FloatField()
    memory_mb = serializers.IntegerField()


class ToleranceSerializer(serializers.Serializer):
    rtol = serializers.FloatField()
    atol = serializers.FloatField()


class ProblemSerializer(EntrySerializer, ProblemItemSerializer):
    """What a learner may see: never hidden tests, the reference, or what the mistakes are."""

    case_studies = serializers.SerializerMethodField()
    statement_markdown = MarkdownField(source="statement")
    statement_html = serializers.CharField(source="rendered.statement_html")
    function = FunctionSerializer()
    examples = WorkedExampleSerializer(many=True, source="worked_examples")
    limits = LimitsSerializer(source="*")
    tolerance = ToleranceSerializer(source="*")
    hint_count = serializers.SerializerMethodField()
    misconception_count = serializers.SerializerMethodField()

    class Meta(ProblemItemSerializer.Meta):
        fields = [
            *ProblemItemSerializer.Meta.fields,
            "teaser",
            "techniques",
            "case_studies",
            "statement_markdown",
            "statement_html",
            "function",
            "starter_code",
            "examples",
            "limits",
            "tolerance",
            "hint_count",
            "misconception_count",
            "version",
            "published_at",
            "updated_at",
        ]

    def get_case_studies(self, problem) -> list[str]:
        return [card.slug for card in self.cards.cases_of(problem.TYPE, problem.slug)]

    def get_hint_count(self, problem) -> int:
        return len(problem.hints)

    def get_misconception_count(self, problem) -> int:
        return len(problem.misconceptions)


class EditorialSerializer(serializers.Serializer):
    markdown = serializers.CharField()
    html = serializers.CharField()


class HintSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    markdown = serializers.CharField()
    html = serializers.CharField()
