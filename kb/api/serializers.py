"""What the API shows of content. HTML and math come from `rendered`, made at publishing."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kb.cards import Cards
from kb.case_data import LICENSE
from kb.models import Company, Source, StudyPlan, Technique, Topic
from kb.models.topics import Reference


class LicensedSerializer(serializers.ModelSerializer):
    """Every content answer carries its licence."""

    license = serializers.SerializerMethodField()

    def get_license(self, _entry) -> str:
        return LICENSE


class EntrySerializer(serializers.ModelSerializer):
    """A whole entry beside others; the context of the view has `cards`."""

    techniques = serializers.SerializerMethodField()

    @property
    def cards(self) -> Cards:
        return self.context["cards"]

    def get_techniques(self, entry) -> list[str]:
        return [card.slug for card in self.cards.techniques_of(entry.TYPE, entry.slug)]


class MarkdownField(serializers.CharField):
    """A Markdown text, without links to what is not published; the context has `cards`."""

    def to_representation(self, value):
        return self.context["cards"].linked(super().to_representation(value))


class SlugListField(serializers.Field):
    """The slugs of related entries, sorted; drafts are left out."""

    def __init__(self, *, only_published=True, **kwargs):
        self.only_published = only_published
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, manager):
        rows = manager.all()
        return sorted(row.slug for row in rows if row.is_published or not self.only_published)


SlugListField = extend_schema_field({"type": "array", "items": {"type": "string"}})(SlugListField)


class RelatedSerializer(serializers.Serializer):
    """A published entry beside another, and why it stands there."""

    type = serializers.CharField(source="card.type")
    slug = serializers.CharField(source="card.slug")
    title = serializers.CharField(source="card.title")
    url = serializers.CharField(source="card.url")
    reason = serializers.CharField()


class SectionSerializer(serializers.Serializer):
    key = serializers.CharField()
    title = serializers.CharField()
    markdown = MarkdownField()
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
    """A technique and what is about it; the context has `cards`."""

    synonyms = serializers.ListField(child=serializers.CharField())
    case_studies = serializers.SerializerMethodField()
    topics = serializers.SerializerMethodField()
    problems = serializers.SerializerMethodField()

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

    def _about(self, technique, entry_type: str) -> list[str]:
        about = self.context["cards"].about(technique=technique.slug)
        return [card.slug for card in about if card.type == entry_type]

    def get_case_studies(self, technique) -> list[str]:
        return self._about(technique, "case-study")

    def get_topics(self, technique) -> list[str]:
        return self._about(technique, "topic")

    def get_problems(self, technique) -> list[str]:
        return self._about(technique, "problem")


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
            "doi",
            "confidence",
            "note",
        ]


class ReferenceSerializer(WorkSerializer):
    class Meta(WorkSerializer.Meta):
        model = Reference


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
    text = MarkdownField()


class TopicQuestionSerializer(serializers.Serializer):
    """A question to check oneself; its answer is in the text, where the key is its anchor."""

    key = serializers.CharField()
    text = MarkdownField()


class TopicSerializer(EntrySerializer, TopicItemSerializer):
    outcomes = serializers.ListField(child=MarkdownField())
    prerequisites = SlugListField(only_published=False)
    markdown = MarkdownField(source="body")
    html = serializers.CharField(source="rendered.html")
    sections = SectionSerializer(many=True, source="rendered.sections")
    formula_html = serializers.CharField(
        source="rendered.formula_html",
        default="",
        help_text="The key formula, as MathML; may be empty.",
    )
    questions = TopicQuestionSerializer(many=True, source="rendered.questions", default=list)
    references = ReferenceSerializer(many=True, source="rendered.references")
    examples = ExampleSerializer(many=True, source="rendered.parts")
    problems = serializers.SerializerMethodField()
    case_studies = serializers.SerializerMethodField()
    related = serializers.SerializerMethodField()

    class Meta(TopicItemSerializer.Meta):
        fields = [
            *TopicItemSerializer.Meta.fields,
            "teaser",
            "formula_html",
            "outcomes",
            "prerequisites",
            "techniques",
            "markdown",
            "html",
            "sections",
            "questions",
            "references",
            "examples",
            "problems",
            "case_studies",
            "related",
            "version",
            "published_at",
            "updated_at",
        ]

    def _about(self, topic, entry_type: str) -> list[str]:
        about = self.cards.about(topic=topic.slug)
        return [card.slug for card in about if card.type == entry_type]

    def get_problems(self, topic) -> list[str]:
        return self._about(topic, "problem")

    def get_case_studies(self, topic) -> list[str]:
        return self._about(topic, "case-study")

    @extend_schema_field(RelatedSerializer(many=True))
    def get_related(self, topic):
        near = self.cards.near(topic.TYPE, topic.slug)
        return RelatedSerializer(near, many=True).data


class SearchHitSerializer(serializers.Serializer):
    type = serializers.CharField()
    slug = serializers.CharField()
    title = serializers.CharField()
    snippet = serializers.CharField(help_text="HTML whose only tag is <mark>.")
    score = serializers.FloatField()
    url = serializers.CharField()
