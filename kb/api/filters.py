import django_filters

from kb.models import Company, StudyPlan, Technique
from kb.vocabulary import DOMAINS
from rest.errors import QueryError
from rest.filters import TEXT_SCHEMA, ChoicesFilter, MatchFilter, SlugsFilter, WholeNumberFilter


class TechniquesFilter(django_filters.FilterSet):
    """By technique, for every type that names techniques."""

    technique = SlugsFilter(
        field_name="techniques",
        name="technique",
        entries=Technique.objects.published,
        help_text="Slugs, comma-separated.",
    )
    match = MatchFilter()


class CaseStudyFilter(TechniquesFilter):
    company = SlugsFilter(
        name="company", entries=Company.objects.published, help_text="Slugs, comma-separated."
    )
    domain = ChoicesFilter(choices=list(DOMAINS), help_text="Comma-separated.")
    year = WholeNumberFilter(help_text="Of the system as it is described.")
    year_min = WholeNumberFilter(field_name="year", lookup_expr="gte", help_text="From this year.")
    year_max = WholeNumberFilter(field_name="year", lookup_expr="lte", help_text="To this year.")


class TopicFilter(TechniquesFilter):
    plan = SlugsFilter(
        field_name="chapter__plan",
        name="plan",
        entries=StudyPlan.objects.published,
        help_text="Slugs, comma-separated.",
    )


class GroupFilter(django_filters.CharFilter):
    schema = TEXT_SCHEMA

    def filter(self, queryset, value):
        if value and not Technique.objects.published().filter(group=value).exists():
            raise QueryError("group", f"There is no group {value!r}.")
        return super().filter(queryset, value)


class TechniqueFilter(django_filters.FilterSet):
    group = GroupFilter(help_text="The exact name of a group.")
