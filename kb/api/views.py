"""The types of entries that the API shows; cases and claims have modules of their own."""

from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_view,
)
from rest_framework import viewsets

from kb import search
from kb.api import examples, filters, serializers
from kb.cards import Cards
from kb.models import Company, StudyPlan, Technique, Topic
from kb.queries import plans_with_topics, public_markdown, with_text
from rest.errors import QueryError
from rest.filters import PAGES, TEXT_SCHEMA, check_names, list_pattern

SLUG = "[a-z0-9-]+"
SLUG_PARAMETER = OpenApiParameter(
    "slug", {"type": "string", "pattern": f"^{SLUG}$"}, OpenApiParameter.PATH
)
SEARCHED = ["case-study", "topic", "problem", "technique", "company"]


def searched_for(entry_type: str):
    """A `search_with` of StrictFilterBackend: the entries of a type that have the words."""

    def run(queryset, text):
        return queryset.filter(slug__in=search.slugs(text, entry_type))

    return staticmethod(run)


class EntryViewSet(viewsets.ReadOnlyModelViewSet):
    """Published entries, to read. Curation is done in the admin."""

    lookup_field = "slug"
    lookup_value_regex = SLUG
    item_serializer_class = None
    # The query parameters of actions that take some. A list takes those of its filters.
    query_names: dict[str, set[str]] = {}

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if self.action not in (None, "list", "metadata"):
            check_names(request, self.query_names.get(self.action, set()))

    def get_queryset(self):
        return super().get_queryset().published()

    def get_serializer_class(self):
        if self.action == "list" and self.item_serializer_class:
            return self.item_serializer_class
        return self.serializer_class

    def get_serializer_context(self):
        return super().get_serializer_context() | {"cards": Cards()}

    def markdown_response(self, slug):
        """The whole text as Markdown with front matter."""
        entry = get_object_or_404(with_text(self.queryset.model.objects.published()), slug=slug)
        text = public_markdown(entry.parse_text(entry.text, slug))
        return HttpResponse(text, content_type="text/markdown; charset=utf-8")


def described(noun: str, plural: str, item: dict, whole: dict):
    """Summaries and examples of the two operations that every entry type has."""
    return extend_schema_view(
        list=extend_schema(
            summary=f"List the {plural}",
            examples=[OpenApiExample("An item", value=item)],
        ),
        retrieve=extend_schema(
            summary=f"Read one {noun}",
            parameters=[SLUG_PARAMETER],
            examples=[OpenApiExample("The whole", value=whole)],
        ),
    )


def described_markdown(noun: str, example: str):
    return extend_schema(
        summary=f"Read one {noun} as Markdown with front matter",
        parameters=[SLUG_PARAMETER],
        responses={(200, "text/markdown"): OpenApiTypes.STR},
        examples=[OpenApiExample("The text", value=example, media_type="text/markdown")],
    )


@described("company", "companies", examples.COMPANY, examples.COMPANY)
class CompanyViewSet(EntryViewSet):
    serializer_class = serializers.CompanySerializer
    ordering_fields = {"title": "title", "slug": "slug"}
    search_with = searched_for("company")
    queryset = Company.objects.annotate(
        case_study_count=Count(
            "case_studies",
            filter=Q(case_studies__state="published", case_studies__draft_of=None),
        )
    ).order_by("slug")


@described("technique", "techniques", examples.TECHNIQUE, examples.TECHNIQUE_DETAIL)
class TechniqueViewSet(EntryViewSet):
    serializer_class = serializers.TechniqueSerializer
    item_serializer_class = serializers.TechniqueItemSerializer
    filterset_class = filters.TechniqueFilter
    ordering_fields = {"title": "title", "slug": "slug"}
    search_with = searched_for("technique")
    queryset = Technique.objects.defer("rendered")


@described("study plan", "study plans", examples.PLAN, examples.PLAN)
class StudyPlanViewSet(EntryViewSet):
    serializer_class = serializers.StudyPlanSerializer
    queryset = StudyPlan.objects.defer("body", "rendered").prefetch_related("chapters")

    def list(self, request):
        # There are few: counting them would be a query more than reading them.
        plans = list(self.filter_queryset(self.get_queryset()))
        page = plans_with_topics(self.paginate_queryset(plans))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def get_object(self):
        return plans_with_topics([super().get_object()])[0]


@described("topic", "topics", examples.TOPIC_ITEM, examples.TOPIC)
class TopicViewSet(EntryViewSet):
    serializer_class = serializers.TopicSerializer
    item_serializer_class = serializers.TopicItemSerializer
    filterset_class = filters.TopicFilter
    ordering_fields = {"title": "title", "minutes": "minutes"}
    search_with = searched_for("topic")
    queryset = Topic.objects.select_related("chapter__plan")

    def get_queryset(self):
        queryset = super().get_queryset()
        if self.action == "list":
            return queryset.only(
                *("slug", "title", "summary", "state", "draft_of", "minutes"),
                *("chapter__slug", "chapter__plan__slug"),
            )
        needed = Topic.objects.resolvable().only("slug", "state")
        return queryset.prefetch_related(Prefetch("prerequisites", needed))

    @described_markdown("topic", examples.TOPIC_TEXT)
    def markdown(self, request, slug):
        return self.markdown_response(slug)


class SearchViewSet(viewsets.GenericViewSet):
    """One ranked list over everything published."""

    serializer_class = serializers.SearchHitSerializer
    filter_backends = []

    @extend_schema(
        summary="Search everything published",
        parameters=[
            OpenApiParameter(
                "q",
                TEXT_SCHEMA | {"pattern": r"^[^\x00]*[^\W_\x00][^\x00]*$"},
                required=True,
                description="Words, or how they begin; misspelt ones where nothing is found.",
            ),
            OpenApiParameter(
                "type",
                TEXT_SCHEMA | {"pattern": list_pattern(SEARCHED)},
                description=f"Comma-separated: {', '.join(SEARCHED)}.",
            ),
        ],
        examples=[OpenApiExample("A hit", value=examples.HIT)],
    )
    def list(self, request):
        check_names(request, {"q", "type"} | PAGES)
        text = request.query_params.get("q", "")
        if not search.words_of(text):
            raise QueryError("q", "q needs at least one word to look for.")
        types = [part for part in request.query_params.get("type", "").split(",") if part]
        if unknown := [part for part in types if part not in SEARCHED]:
            raise QueryError("type", f"{unknown[0]!r} is not one of {', '.join(SEARCHED)}.")

        def part(start, size):
            found = search.find(text, types, start, size)
            return found.hits, found.count

        hits = self.paginate_queryset(part)
        return self.get_paginated_response(self.get_serializer(hits, many=True).data)
