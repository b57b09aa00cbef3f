import django_filters
from django.db.models import Q

from kb.models import (
    CaseStudy,
    CitedWork,
    Claim,
    Company,
    ComponentType,
    Quantity,
    StudyPlan,
    Technique,
)
from kb.vocabulary import DOMAINS, TECHNIQUE_GROUPS
from rest.errors import QueryError
from rest.filters import (
    ChoicesFilter,
    MatchFilter,
    NumberFilter,
    SlugsFilter,
    WholeNumberFilter,
    split,
)

SLUGS = "Slugs, comma-separated."


class TechniquesFilter(django_filters.FilterSet):
    """By technique, for every type that names techniques."""

    technique = SlugsFilter(
        field_name="techniques",
        name="technique",
        entries=Technique.objects.published,
        help_text=SLUGS,
    )
    match = MatchFilter()


class CaseStudyFilter(TechniquesFilter):
    component = SlugsFilter(
        field_name="components__type",
        name="component",
        entries=ComponentType.objects.all,
        help_text="Slugs of components/, comma-separated.",
    )
    company = SlugsFilter(name="company", entries=Company.objects.published, help_text=SLUGS)
    domain = ChoicesFilter(choices=list(DOMAINS), help_text="Comma-separated.")
    year = WholeNumberFilter(help_text="Of the system as it is described.")
    year_min = WholeNumberFilter(field_name="year", lookup_expr="gte", help_text="From this year.")
    year_max = WholeNumberFilter(field_name="year", lookup_expr="lte", help_text="To this year.")


class TopicFilter(TechniquesFilter):
    plan = SlugsFilter(
        field_name="chapter__plan",
        name="plan",
        entries=StudyPlan.objects.published,
        help_text=SLUGS,
    )


class TechniqueFilter(django_filters.FilterSet):
    group = ChoicesFilter(choices=list(TECHNIQUE_GROUPS), help_text="Comma-separated.")


class SizeFilter(NumberFilter):
    """One end of a range in the base unit of a quantity; a claim fits that has a part of it."""

    def filter(self, queryset, value):
        if value is None:
            return queryset
        check_one_quantity(self.parent.data, self.field_name)
        if self.field_name == "max":
            return queryset.filter(base_value__lte=value)
        return queryset.filter(Q(base_value__gte=value) | Q(base_value_max__gte=value))


def check_one_quantity(query, name: str) -> None:
    """Numbers of several quantities cannot be compared. Raises QueryError."""
    if len(set(split(query.get("quantity")))) != 1:
        raise QueryError(name, f"{name} needs one quantity, such as quantity=latency.")


class ClaimFilter(django_filters.FilterSet):
    kind = ChoicesFilter(choices=Claim.Kind.values, help_text="Comma-separated.")
    confidence = ChoicesFilter(choices=CitedWork.Confidence.values, help_text="Comma-separated.")
    company = SlugsFilter(
        field_name="case_study__company",
        name="company",
        entries=Company.objects.published,
        help_text=SLUGS,
    )
    case_study = SlugsFilter(
        name="case_study", entries=CaseStudy.objects.published, help_text=SLUGS
    )
    quantity = SlugsFilter(
        name="quantity",
        entries=Quantity.objects.all,
        help_text="Slugs of quantities/, comma-separated.",
    )
    min = SizeFilter(help_text="With one quantity, in its base unit: what reaches this.")
    max = SizeFilter(help_text="With one quantity, in its base unit: what begins by this.")
