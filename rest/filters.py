"""Query parameters are checked: an unknown one, or an unknown value, is a 400 that names it."""

import math
import re
from collections.abc import Iterable

import django_filters
from django import forms
from django.db.models import Count, Value
from rest_framework.filters import BaseFilterBackend

from rest.errors import QueryError

ALWAYS_ALLOWED = {"format"}
PAGES = {"page", "page_size"}
LONGEST_VALUE = 500
# A number of JSON.
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
TEXT_SCHEMA = {"type": "string", "maxLength": LONGEST_VALUE, "pattern": r"^[^\x00]*$"}


class StrictFilterBackend(BaseFilterBackend):
    """Applies a view's `filterset_class`, its `ordering_fields` and its `search_with`.

    A view whose lists are not paged by number names the parameters of its paging as `page_names`.
    `ordering_fields` maps the public name of an order to the model's field. `search_with` takes
    a queryset and a text.
    """

    def filter_queryset(self, request, queryset, view):
        if getattr(view, "action", "list") != "list":
            check_names(request, set())
            return queryset
        filterset_class = getattr(view, "filterset_class", None)
        ordering_fields = getattr(view, "ordering_fields", {})
        search = getattr(view, "search_with", None)
        names = set(getattr(view, "page_names", PAGES))
        if filterset_class:
            names |= set(filterset_class.base_filters)
        if ordering_fields:
            names.add("ordering")
        if search:
            names.add("search")
        check_names(request, names)
        # A filter set copies itself for each request: a list without a filter is spared it.
        if filterset_class and filterset_class.base_filters.keys() & request.query_params.keys():
            _check_forms(request, filterset_class.base_filters)
            _check_slugs(request, filterset_class.base_filters)
            filterset = filterset_class(request.query_params, queryset=queryset, request=request)
            for name, messages in filterset.errors.items():
                raise QueryError(name, " ".join(messages))
            queryset = filterset.qs
        if search and (text := request.query_params.get("search", "").strip()):
            queryset = search(queryset, text)
        if ordering := request.query_params.get("ordering"):
            queryset = queryset.order_by(*_ordering(ordering, ordering_fields), "pk")
        return queryset

    def get_schema_operation_parameters(self, view):
        """For drf-spectacular, which asks every filter backend."""
        parameters = []
        if filterset_class := getattr(view, "filterset_class", None):
            parameters += [
                query_parameter(name, str(item.extra.get("help_text", "")), item.schema)
                for name, item in filterset_class.base_filters.items()
            ]
        if fields := getattr(view, "ordering_fields", {}):
            text = f"One or more of {', '.join(fields)}, comma-separated; - for descending."
            pattern = list_pattern(fields, prefix="-?")
            schema = {"type": "string", "maxLength": LONGEST_VALUE, "pattern": pattern}
            parameters.append(query_parameter("ordering", text, schema))
        if getattr(view, "search_with", None):
            parameters.append(query_parameter("search", "Full text.", TEXT_SCHEMA))
        return parameters


def list_pattern(values: Iterable[str], prefix: str = "") -> str:
    """The pattern of some of the values (words and hyphens), comma-separated; or of nothing."""
    one = f"{prefix}({'|'.join(values)})"
    return f"^({one}(,{one})*)?$"


def query_parameter(name: str, text: str, schema: dict) -> dict:
    """An optional query parameter as OpenAPI says it."""
    return {"name": name, "in": "query", "required": False, "description": text, "schema": schema}


def check_names(request, names: set[str]) -> None:
    """Refuse unknown parameters, NUL characters and values that are too long."""
    for name, value in request.query_params.items():
        if name not in names | ALWAYS_ALLOWED:
            known = ", ".join(sorted(names)) or "none"
            raise QueryError(
                name[:80], f"There is no parameter {name[:80]!r} here; there are: {known}."
            )
        if "\0" in value:
            raise QueryError(name, "A NUL character is not allowed.")
        if len(value) > LONGEST_VALUE:
            raise QueryError(name, f"The value is longer than {LONGEST_VALUE} characters.")


def _check_forms(request, filters: dict) -> None:
    """Refuse what is no number or no choice, where Django's forms would take it as absent."""
    for name, item in filters.items():
        value = request.query_params.get(name)
        if value is None:
            continue
        if item.schema["type"] == "integer" and not re.fullmatch(r"-?[0-9]{1,4}", value):
            raise QueryError(name, f"{name} is a whole number of at most four digits.")
        if item.schema["type"] == "number" and not _is_number(value):
            raise QueryError(name, f"{name} is a finite number.")
        if value not in item.schema.get("enum", [value]):
            raise QueryError(name, f"{name} is one of {', '.join(item.schema['enum'])}.")


def _is_number(text: str) -> bool:
    return bool(NUMBER.fullmatch(text)) and math.isfinite(float(text))


def _check_slugs(request, filters: dict) -> None:
    """Refuse slugs of which there is no entry; one query for the filters of all types."""
    wanted = {
        name: slugs
        for name, item in filters.items()
        if isinstance(item, SlugsFilter) and (slugs := split(request.query_params.get(name)))
    }
    if not wanted:
        return
    known = [
        filters[name].entries().filter(slug__in=slugs).order_by().values_list(Value(name), "slug")
        for name, slugs in wanted.items()
    ]
    found = set(known[0].union(*known[1:]))
    for name, slugs in wanted.items():
        if unknown := [slug for slug in slugs if (name, slug) not in found]:
            raise QueryError(name, f"There is no {filters[name].name} {unknown[0]!r}.")


def _ordering(text: str, fields: dict[str, str]) -> list[str]:
    ordering = []
    for part in text.split(","):
        name = part.strip()
        field = fields.get(name.removeprefix("-"))
        if field is None:
            known = ", ".join(fields)
            raise QueryError("ordering", f"There is no order {name!r}; there are {known}.")
        ordering.append(f"-{field}" if name.startswith("-") else field)
    return ordering


def split(value: str | None) -> list[str]:
    """The values of a parameter that takes several, comma-separated."""
    return [part.strip() for part in (value or "").split(",") if part.strip()]


class ChoicesFilter(django_filters.CharFilter):
    """Several values, comma-separated, mean any of them; each must be one of `choices`."""

    def __init__(self, *args, choices: list[str], **kwargs):
        self.choices = choices
        pattern = list_pattern(choices)
        self.schema = {"type": "string", "maxLength": LONGEST_VALUE, "pattern": pattern}
        super().__init__(*args, **kwargs)

    def filter(self, queryset, value):
        wanted = split(value)
        if unknown := [part for part in wanted if part not in self.choices]:
            known = ", ".join(self.choices)
            raise QueryError(self.field_name, f"{unknown[0]!r} is not one of {known}.")
        return queryset.filter(**{f"{self.field_name}__in": wanted}) if wanted else queryset


class SlugsFilter(django_filters.CharFilter):
    """Slugs of related entries, comma-separated: any of them, or with match=all every one.

    `entries` gives the queryset that a slug must be in, which StrictFilterBackend checks.
    """

    schema = TEXT_SCHEMA

    def __init__(self, *args, entries, name: str, **kwargs):
        self.entries = entries
        self.name = name
        super().__init__(*args, **kwargs)

    def filter(self, queryset, value):
        wanted = list(dict.fromkeys(split(value)))
        if not wanted:
            return queryset
        lookup = {f"{self.field_name}__slug__in": wanted}
        match = (
            (self.parent.data.get("match") or "any") if "match" in self.parent.filters else "any"
        )
        if match == "all":
            # One query: rows that are linked to as many of the wanted as there are.
            linked = self.model._default_manager.filter(**lookup).order_by().values("pk")
            linked = linked.annotate(hits=Count(f"{self.field_name}__slug", distinct=True))
            return queryset.filter(pk__in=linked.filter(hits=len(wanted)).values("pk"))
        return queryset.filter(pk__in=self.model._default_manager.filter(**lookup).values("pk"))


class WholeNumberFilter(django_filters.NumberFilter):
    field_class = forms.IntegerField
    schema = {"type": "integer", "minimum": -9999, "maximum": 9999}

    def __init__(self, *args, **kwargs):
        limits = {"min_value": self.schema["minimum"], "max_value": self.schema["maximum"]}
        super().__init__(*args, **limits, **kwargs)


class NumberFilter(django_filters.NumberFilter):
    field_class = forms.FloatField
    schema = {"type": "number"}


class MatchFilter(django_filters.ChoiceFilter):
    """`match=all`: read by the slug filters beside it."""

    schema = {"type": "string", "enum": ["any", "all"]}

    def __init__(self):
        super().__init__(
            choices=[("any", "any"), ("all", "all")],
            help_text="Whether several values mean any of them (the default) or all.",
        )

    def filter(self, queryset, value):
        return queryset
