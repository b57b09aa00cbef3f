"""Case studies: the list, one case, its picture and its text, and a few side by side."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from kb.api import examples, filters
from kb.api.case_serializers import (
    CaseStudyItemSerializer,
    CaseStudySerializer,
    ComparisonSerializer,
    RelatedCaseSerializer,
)
from kb.api.views import (
    SLUG,
    SLUG_PARAMETER,
    EntryViewSet,
    described,
    described_markdown,
    searched_for,
)
from kb.cards import Cards
from kb.case_data import case_page, whole_case
from kb.compare import FEWEST, MOST, compare
from kb.errors import UnknownReference
from kb.models import CaseStudy
from rest.errors import QueryError
from rest.filters import split

# The picture has its colours in a style element, and nothing of it is live wherever it is opened.
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


@described("case study", "case studies", examples.CASE_ITEM, examples.CASE)
class CaseStudyViewSet(EntryViewSet):
    serializer_class = CaseStudySerializer
    item_serializer_class = CaseStudyItemSerializer
    filterset_class = filters.CaseStudyFilter
    ordering_fields = {"published_at": "published_at", "year": "year", "title": "title"}
    search_with = searched_for("case-study")
    query_names = {"compare": {"slug"}}
    queryset = CaseStudy.objects.select_related("company")

    def get_queryset(self):
        return super().get_queryset().defer("body", "company__rendered")

    def list(self, request):
        cases = self.filter_queryset(self.get_queryset())
        rows = self.paginate_queryset(lambda start, size: case_page(cases, start, size))
        return self.get_paginated_response(rows)

    def retrieve(self, request, slug):
        case, cards = self.get_object(), Cards()
        techniques = [card.slug for card in cards.techniques_of(case.TYPE, case.slug)]
        whole = whole_case(case, techniques, lambda type_, slug: cards.get(type_, slug) is not None)
        near: dict[str, list] = {"case-study": [], "topic": [], "problem": []}
        for related in cards.near(case.TYPE, case.slug):
            near[related.card.type].append(related)
        return Response(
            whole
            | {
                "html": case.rendered["html"],
                "related": {
                    "case_studies": RelatedCaseSerializer(near["case-study"], many=True).data,
                    "topics": [related.card.slug for related in near["topic"]],
                    "problems": [related.card.slug for related in near["problem"]],
                },
            }
        )

    @described_markdown("case study", examples.CASE_TEXT)
    def markdown(self, request, slug):
        return self.markdown_response(slug)

    @extend_schema(
        summary="The architecture of one case study, drawn",
        description="An SVG that stands alone: its colours are its own, and it has no script.",
        parameters=[SLUG_PARAMETER],
        responses={(200, "image/svg+xml"): OpenApiTypes.STR},
        examples=[
            OpenApiExample("The picture", value=examples.PICTURE, media_type="image/svg+xml")
        ],
    )
    def architecture(self, request, slug):
        case = get_object_or_404(CaseStudy.objects.published().only("rendered"), slug=slug)
        picture = case.rendered["picture"]["alone"]
        if not picture:
            raise Http404("Nothing of this case's architecture is known that could be drawn.")
        return HttpResponse(
            picture,
            content_type="image/svg+xml",
            headers={"Content-Security-Policy": PICTURE_POLICY},
        )

    @extend_schema(
        summary="Compare two to four case studies",
        description=(
            "What they share and what only one of them has, and their claims of the same"
            " quantities side by side in base units."
        ),
        parameters=[
            OpenApiParameter(
                "slug",
                {"type": "string", "pattern": f"^{SLUG}(,{SLUG}){{{FEWEST - 1},{MOST - 1}}}$"},
                required=True,
                description="The slugs of two to four published cases, comma-separated.",
            )
        ],
        responses=ComparisonSerializer,
        examples=[OpenApiExample("Two cases", value=examples.COMPARISON)],
    )
    @action(detail=False)
    def compare(self, request):
        slugs = split(request.query_params.get("slug"))
        if not FEWEST <= len(slugs) <= MOST:
            raise QueryError(
                "slug", f"slug names {FEWEST} to {MOST} cases, comma-separated, not {len(slugs)}."
            )
        if twice := [slug for slug in slugs if slugs.count(slug) > 1]:
            raise QueryError("slug", f"{twice[0]!r} stands twice; compare it with another case.")
        try:
            return Response(compare(slugs))
        except UnknownReference as exc:
            raise QueryError("slug", str(exc)) from exc
