"""Claims across all cases, and the vocabulary in which cases are written."""

from django.db.models import Count, Q
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import viewsets

from kb.api import examples, filters
from kb.api.case_serializers import (
    ClaimItemSerializer,
    ComponentTypeSerializer,
    QuantitySerializer,
    UnitSerializer,
)
from kb.api.views import SLUG, described
from kb.claims import claim_page
from kb.models import Claim, ComponentType, Quantity, Unit
from rest.filters import split


class ClaimViewSet(viewsets.GenericViewSet):
    """Every number of every published case, with where it was read."""

    serializer_class = ClaimItemSerializer
    filterset_class = filters.ClaimFilter
    ordering_fields = {
        "case_study": "case_study__slug",
        "key": "key",
        "as_of": "as_of",
        "base_value": "base_value",
    }
    queryset = Claim.objects.order_by("case_study__slug", "key")

    def get_queryset(self):
        return super().get_queryset().published()

    @extend_schema(
        summary="List the claims of all case studies",
        description=(
            "By case and key. `min`, `max` and `ordering=base_value` compare numbers in the base"
            " unit of a quantity, and need exactly one `quantity`; a range fits that overlaps."
        ),
        examples=[OpenApiExample("A claim", value=examples.CLAIM_ITEM)],
    )
    def list(self, request):
        claims = self.filter_queryset(self.get_queryset())
        ordering = split(request.query_params.get("ordering"))
        if {"base_value", "-base_value"} & set(ordering):
            filters.check_one_quantity(request.query_params, "ordering")
        rows = self.paginate_queryset(lambda start, size: claim_page(claims, start, size))
        return self.get_paginated_response(rows)


class TermViewSet(viewsets.ReadOnlyModelViewSet):
    """Words of a closed list, and how many published cases use each."""

    lookup_field = "slug"
    lookup_value_regex = SLUG
    ordering_fields = {
        "slug": "slug",
        "name": "name",
        "case_study_count": "case_study_count",
    }


def counted(terms, path: str):
    """Words by slug with `case_study_count`: of the published cases that lie at a path."""
    published = Q(**{f"{path}__state": "published", f"{path}__draft_of": None})
    return terms.annotate(case_study_count=Count(path, filter=published, distinct=True)).order_by(
        "slug"
    )


@described("component type", "component types", examples.COMPONENT_TYPE, examples.COMPONENT_TYPE)
class ComponentTypeViewSet(TermViewSet):
    serializer_class = ComponentTypeSerializer
    queryset = counted(ComponentType.objects, "components__case_study")


@described("quantity", "quantities", examples.QUANTITY, examples.QUANTITY)
class QuantityViewSet(TermViewSet):
    serializer_class = QuantitySerializer
    queryset = counted(Quantity.objects.select_related("base_unit"), "claims__case_study")


@described("unit", "units", examples.UNIT, examples.UNIT)
class UnitViewSet(TermViewSet):
    serializer_class = UnitSerializer
    queryset = counted(Unit.objects, "claims__case_study")
