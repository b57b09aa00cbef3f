"""What the API shows of content. HTML and math come from `rendered`, made at publishing."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kb.cards import cards_about, techniques_of
from kb.models import CaseStudy, Company, Source, StudyPlan, Technique, Topic
from kb.models.topics import Reference
from kb.queries import related_cases

LICENSE = "CC BY 4.0"


class LicensedSerializer(serializers.ModelSerializer):
    """Every content answer carries its licence."""

    license = serializers.SerializerMethodField()

    def get_license(self, _entry) -> str:
        return LICENSE


class SlugListField(serializers.Field):
    """The slugs of related entries, sorted; drafts are left out."""

    def __init__(self, *, only_published=True, **kwargs):
        self.only_published = only_published
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, manager):
        rows = manager.all()
        return sorted(row.slug for row in rows if row.is_published or not self.only_published)


SlugListField = extend_schema_field({"type": "array", "items": {"type": "string"}})(SlugListField)


class CardLinkSerializer(serializers.Serializer):
    """A published entry of any type, as related lists show it."""

    type = serializers.CharField()
    slug = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField()


class SectionSerializer(serializers.Serializer):
    key = serializers.CharField()
    title = serializers.CharField()
    markdown = serializers.CharField()
    html = serializers.CharField()


class CompanyNameSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="title")

    class Meta:
        model = Company
        fields = ["slug", "name"]


class CompanySerializer(LicensedSerializer):
    name = serializers.CharField(source="title")
    aliases = serializers.ListField(child=serializers.CharField())
    case_study_count = serializers.IntegerField()

    class Meta:
        model = Company
        fields = [
            "slug",
            "name",
            "summary",
            "aliases",
            "industry",
            "website",
            "case_study_count",
            "license",
        ]


class TechniqueItemSerializer(LicensedSerializer):
    name = serializers.CharField(source="title")

    class Meta:
        model = Technique
        fields = ["slug", "name", "group", "summary", "license"]


class TechniqueSerializer(TechniqueItemSerializer):
    synonyms = serializers.ListField(child=serializers.CharField())
    case_studies = serializers.ListField(child=serializers.CharField())
    topics = serializers.ListField(child=serializers.CharField())
    problems = serializers.ListField(child=serializers.CharField())

    class Meta(TechniqueItemSerializer.Meta):
        fields = [
            "slug",
            "name",
            "group",
            "summary",
            "synonyms",
            "case_studies",
            "topics",
            "problems",
            "license",
        ]


class WorkSerializer(serializers.ModelSerializer):
    class Meta:
        model = Source
        fields = [
            "key",
            "title",
            "authors",
            "publisher",
            "year",
            "url",
            "confidence",
            "note",
        ]


class ReferenceSerializer(WorkSerializer):
    class Meta(WorkSerializer.Meta):
        model = Reference


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


class QuestionSerializer(serializers.Serializer):
    question = serializers.CharField()
    answer = serializers.CharField()


class AudienceSerializer(serializers.Serializer):
    student = serializers.CharField(source="audience_student")
    engineer = serializers.CharField(source="audience_engineer")
    researcher = serializers.CharField(source="audience_researcher")


class ArchitectureSerializer(serializers.Serializer):
    lanes = serializers.ListField(child=serializers.JSONField())
    components = serializers.ListField(child=serializers.JSONField())
    flows = serializers.ListField(child=serializers.JSONField())


class RelatedCaseSerializer(serializers.Serializer):
    slug = serializers.CharField()
    reason = serializers.CharField()


class RelatedToCaseSerializer(serializers.Serializer):
    case_studies = RelatedCaseSerializer(many=True)
    topics = serializers.ListField(child=serializers.CharField())
    problems = serializers.ListField(child=serializers.CharField())


class CaseStudySerializer(CaseStudyItemSerializer):
    """A whole case study; the context has `cards`, every card."""

    techniques = serializers.SerializerMethodField()
    sections = SectionSerializer(many=True, source="rendered.sections")
    html = serializers.CharField(source="rendered.html")
    sources = WorkSerializer(many=True)
    lessons = serializers.ListField(child=serializers.CharField())
    negative_results = serializers.ListField(child=serializers.CharField())
    not_public = serializers.ListField(child=serializers.CharField())
    questions = QuestionSerializer(many=True)
    audience = AudienceSerializer(source="*")
    # Rows that no case has yet; the fields stand, since clients read them.
    architecture = serializers.SerializerMethodField()
    claims = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()
    experiments = serializers.SerializerMethodField()
    related = serializers.SerializerMethodField()

    class Meta(CaseStudyItemSerializer.Meta):
        fields = [
            *CaseStudyItemSerializer.Meta.fields,
            "teaser",
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

    @extend_schema_field(ArchitectureSerializer)
    def get_architecture(self, _case):
        return {"lanes": [], "components": [], "flows": []}

    @extend_schema_field(serializers.ListField(child=serializers.JSONField()))
    def get_claims(self, _case):
        return []

    @extend_schema_field(serializers.ListField(child=serializers.JSONField()))
    def get_links(self, _case):
        return []

    @extend_schema_field(serializers.ListField(child=serializers.JSONField()))
    def get_experiments(self, _case):
        return []

    @extend_schema_field(RelatedToCaseSerializer)
    def get_related(self, case):
        return related_cases(self.context["cards"], case.slug)

    def get_techniques(self, case) -> list[str]:
        return techniques_of(self.context["cards"], case)


class TopicInPlanSerializer(serializers.Serializer):
    slug = serializers.CharField()
    title = serializers.CharField()
    minutes = serializers.IntegerField()
    problem_count = serializers.IntegerField()


class ChapterSerializer(serializers.Serializer):
    slug = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    topics = TopicInPlanSerializer(many=True, source="shown_topics")


class StudyPlanSerializer(LicensedSerializer):
    """A plan: chapters of published topics, with the minutes they take."""

    minutes = serializers.IntegerField()
    chapters = ChapterSerializer(many=True, source="shown_chapters")

    class Meta:
        model = StudyPlan
        fields = ["slug", "title", "summary", "minutes", "chapters", "license"]


class TopicItemSerializer(LicensedSerializer):
    plan = serializers.CharField(source="chapter.plan.slug")
    chapter = serializers.CharField(source="chapter.slug")

    class Meta:
        model = Topic
        fields = ["slug", "title", "summary", "plan", "chapter", "minutes", "license"]


class ControlSerializer(serializers.Serializer):
    """A number in a range, or one of some choices."""

    param = serializers.CharField()
    label = serializers.CharField()
    minimum = serializers.FloatField(required=False)
    maximum = serializers.FloatField(required=False)
    step = serializers.FloatField(required=False)
    choices = serializers.ListField(child=serializers.JSONField(), required=False)


class ExampleSerializer(serializers.Serializer):
    key = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    figure = serializers.CharField()
    params = serializers.DictField()
    controls = ControlSerializer(many=True)
    text = serializers.CharField()


class TopicSerializer(TopicItemSerializer):
    """A whole topic; the context has `cards`, every card."""

    outcomes = serializers.ListField(child=serializers.CharField())
    prerequisites = SlugListField(only_published=False)
    techniques = serializers.SerializerMethodField()
    markdown = serializers.CharField(source="body")
    html = serializers.CharField(source="rendered.html")
    sections = SectionSerializer(many=True, source="rendered.sections")
    references = ReferenceSerializer(many=True, source="rendered.references")
    examples = ExampleSerializer(many=True, source="rendered.parts")
    problems = serializers.SerializerMethodField()
    case_studies = serializers.SerializerMethodField()
    related = serializers.SerializerMethodField()

    class Meta(TopicItemSerializer.Meta):
        fields = [
            *TopicItemSerializer.Meta.fields,
            "teaser",
            "outcomes",
            "prerequisites",
            "techniques",
            "markdown",
            "html",
            "sections",
            "references",
            "examples",
            "problems",
            "case_studies",
            "related",
            "version",
            "published_at",
            "updated_at",
        ]

    def _slugs(self, topic, kind: str) -> list[str]:
        about = cards_about(self.context["cards"], topic=topic.slug)
        return [card.slug for card in about if card.type == kind]

    def get_techniques(self, topic) -> list[str]:
        return techniques_of(self.context["cards"], topic)

    def get_problems(self, topic) -> list[str]:
        return self._slugs(topic, "problem")

    def get_case_studies(self, topic) -> list[str]:
        return self._slugs(topic, "case-study")

    @extend_schema_field(CardLinkSerializer(many=True))
    def get_related(self, topic):
        about = cards_about(self.context["cards"], topic=topic.slug)
        others = [card for card in about if (card.type, card.slug) != (topic.TYPE, topic.slug)]
        return CardLinkSerializer(others, many=True).data


class SearchHitSerializer(serializers.Serializer):
    type = serializers.CharField()
    slug = serializers.CharField()
    title = serializers.CharField()
    snippet = serializers.CharField(help_text="HTML whose only tag is <mark>.")
    score = serializers.FloatField()
    url = serializers.CharField()
