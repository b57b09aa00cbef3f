"""What the API shows of cases and claims. `kb.case_data` and `kb.claims` make it; these say it."""

from typing import get_args

from rest_framework import serializers

from kb.api.serializers import (
    CompanyNameSerializer,
    ControlSerializer,
    LicensedSerializer,
    SlugListField,
    WorkSerializer,
)
from kb.case_parts import Relation
from kb.models import CaseStudy, Claim, Component, ComponentType, Flow, Quantity, Unit
from kb.models.entry import CitedWork

KINDS = ComponentType._meta.get_field("kind").choices


class CaseStudyItemSerializer(LicensedSerializer):
    company = CompanyNameSerializer()
    techniques = SlugListField()

    class Meta:
        model = CaseStudy
        fields = [
            "slug",
            "title",
            "company",
            "domain",
            "year",
            "summary",
            "techniques",
            "reading_minutes",
            "published_at",
            "updated_at",
            "license",
        ]


class CaseSectionSerializer(serializers.Serializer):
    key = serializers.CharField()
    title = serializers.CharField()
    markdown = serializers.CharField()
    html = serializers.CharField()


class ComponentSerializer(serializers.Serializer):
    key = serializers.CharField()
    component = serializers.CharField(help_text="A slug of components/.")
    name = serializers.CharField(help_text="What the case calls it.")
    lane = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    technology = serializers.CharField()
    latency = serializers.CharField()
    freshness = serializers.CharField()
    scale = serializers.CharField()
    state = serializers.ChoiceField(Component.State.choices)
    section = serializers.CharField(help_text="The key of the section that tells of it.")


class FlowSerializer(serializers.Serializer):
    to = serializers.CharField(help_text="The key of a component.")
    label = serializers.CharField()
    kind = serializers.ChoiceField(Flow.Kind.choices)

    def get_fields(self):
        # `from` is a word of Python, and no name of an attribute.
        start = serializers.CharField(help_text="The key of a component.")
        return {"from": start} | super().get_fields()


class ArchitectureSerializer(serializers.Serializer):
    lanes = serializers.ListField(child=serializers.CharField())
    components = ComponentSerializer(many=True)
    flows = FlowSerializer(many=True)


class QuantityNameSerializer(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()
    base_unit = serializers.CharField(help_text="A slug of units/.")


class ClaimSerializer(serializers.Serializer):
    key = serializers.CharField(help_text="Unique in its case.")
    url = serializers.CharField(help_text="Where it stands on the case's page.")
    case_study = serializers.CharField()
    quantity = QuantityNameSerializer()
    value = serializers.FloatField(help_text="In `unit`; the lower end of a range.")
    value_max = serializers.FloatField(
        allow_null=True, help_text="The upper end; null where it is no range."
    )
    text = serializers.CharField(help_text="As the text of the case says it.")
    unit = serializers.CharField(help_text="A slug of units/.")
    base_value = serializers.FloatField(
        allow_null=True, help_text="`value` in the base unit of the quantity."
    )
    base_value_max = serializers.FloatField(allow_null=True)
    scope = serializers.CharField()
    as_of = serializers.CharField(help_text="YYYY, YYYY-MM or YYYY-MM-DD; empty if not known.")
    kind = serializers.ChoiceField(Claim.Kind.choices)
    source = serializers.CharField(help_text="The key of a source of the case.")
    locator = serializers.CharField(help_text="Page, section or table.")
    confidence = serializers.ChoiceField(CitedWork.Confidence.choices, help_text="How it was read.")
    conflicts_with = serializers.ListField(
        child=serializers.CharField(), help_text="Keys of claims of the case that disagree."
    )


class ClaimItemSerializer(ClaimSerializer):
    """A claim beside those of other cases."""

    license = serializers.CharField()


class QuestionSerializer(serializers.Serializer):
    question = serializers.CharField()
    answer = serializers.CharField()


class AudienceSerializer(serializers.Serializer):
    student = serializers.CharField()
    engineer = serializers.CharField()
    researcher = serializers.CharField()


class LinkSerializer(serializers.Serializer):
    relation = serializers.ChoiceField(get_args(Relation))
    case_study = serializers.CharField()


class RelatedCaseSerializer(serializers.Serializer):
    slug = serializers.CharField(source="card.slug")
    reason = serializers.CharField()


class RelatedToCaseSerializer(serializers.Serializer):
    case_studies = RelatedCaseSerializer(many=True)
    topics = serializers.ListField(child=serializers.CharField())
    problems = serializers.ListField(child=serializers.CharField())


class ExperimentSerializer(serializers.Serializer):
    """A claim that a job kind computes anew, as `POST compute/jobs/` would with these params."""

    key = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    claim = serializers.CharField(help_text="The key of the claim.")
    path = serializers.CharField(help_text="Where in the result the number stands.")
    value = serializers.FloatField(allow_null=True, help_text="That number.")
    figure = serializers.CharField()
    text = serializers.CharField()
    params = serializers.DictField()
    controls = ControlSerializer(many=True)


class CaseStudySerializer(CaseStudyItemSerializer):
    teaser = serializers.CharField()
    readers = serializers.CharField()
    html = serializers.CharField()
    sections = CaseSectionSerializer(many=True)
    architecture = ArchitectureSerializer()
    claims = ClaimSerializer(many=True)
    sources = WorkSerializer(many=True)
    lessons = serializers.ListField(child=serializers.CharField())
    negative_results = serializers.ListField(child=serializers.CharField())
    not_public = serializers.ListField(child=serializers.CharField())
    questions = QuestionSerializer(many=True)
    audience = AudienceSerializer()
    links = LinkSerializer(many=True)
    related = RelatedToCaseSerializer()
    experiments = ExperimentSerializer(many=True)

    class Meta(CaseStudyItemSerializer.Meta):
        fields = [
            *CaseStudyItemSerializer.Meta.fields,
            "teaser",
            "readers",
            "html",
            "sections",
            "architecture",
            "claims",
            "sources",
            "lessons",
            "negative_results",
            "not_public",
            "questions",
            "audience",
            "links",
            "related",
            "experiments",
            "version",
            "reviewed_at",
        ]


class SomeSerializer(serializers.Serializer):
    slug = serializers.CharField()
    case_studies = serializers.ListField(child=serializers.CharField())


class InCommonSerializer(serializers.Serializer):
    """What all the cases have, what only one has, and (of three or four) what some of them have."""

    shared = serializers.ListField(child=serializers.CharField())
    only = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    some = SomeSerializer(many=True)


class SameQuantitySerializer(serializers.Serializer):
    """A quantity of which at least two of the cases have claims."""

    quantity = serializers.CharField(help_text="A slug of quantities/.")
    name = serializers.CharField()
    unit = serializers.CharField(help_text="Of every `base_value`: a slug of units/.")
    values = serializers.DictField(
        child=ClaimSerializer(),
        help_text=(
            "By case; of several claims the one of the kind that most cases have, then the best"
            " read, then the newest."
        ),
    )
    others = serializers.DictField(
        child=ClaimSerializer(many=True), help_text="Further claims of the quantity, by case."
    )


class ComparisonSerializer(serializers.Serializer):
    case_studies = CaseStudyItemSerializer(many=True, help_text="In the order asked for.")
    components = InCommonSerializer()
    techniques = InCommonSerializer()
    claims = SameQuantitySerializer(
        many=True, help_text="Those of most cases first, then by quantity."
    )


class TermSerializer(LicensedSerializer):
    case_study_count = serializers.IntegerField(help_text="How many published cases use it.")

    class Meta:
        fields = ["slug", "name", "summary", "reason", "case_study_count", "license"]


class ComponentTypeSerializer(TermSerializer):
    class Meta:
        model = ComponentType
        fields = ["slug", "name", "kind", *TermSerializer.Meta.fields[2:]]


class QuantitySerializer(TermSerializer):
    base_unit = serializers.CharField(source="base_unit.slug", help_text="A slug of units/.")

    class Meta:
        model = Quantity
        fields = ["slug", "name", "base_unit", *TermSerializer.Meta.fields[2:]]


class UnitSerializer(TermSerializer):
    factor = serializers.FloatField(
        help_text="A number in this unit times this is one in the base unit of the dimension."
    )

    class Meta:
        model = Unit
        fields = [
            *("slug", "name", "symbol", "dimension", "factor", "reason"),
            *("case_study_count", "license"),
        ]
