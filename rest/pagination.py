"""Lists by page; what grows without end by cursor."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import Count, IntegerField, QuerySet, Subquery, Window
from rest_framework import exceptions, pagination

from rest.errors import QueryError
from rest.filters import query_parameter

LARGEST_PAGE = 100
MOST_DIGITS = 9


PAGE_SIZE = query_parameter(
    "page_size",
    "Results in one answer; 20 if it is left out.",
    {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE},
)


def _page_size(request, default: int) -> int:
    text = request.query_params.get("page_size")
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 5) or not int(text) > 0:
        raise QueryError("page_size", f"page_size is a number from 1 to {LARGEST_PAGE}.")
    if int(text) > LARGEST_PAGE:
        raise QueryError("page_size", f"page_size is at most {LARGEST_PAGE}, not {text}.")
    return int(text)


def _rows_and_count(
    rows: QuerySet | list | Callable[[int, int], tuple[list, int]], start: int, size: int
) -> tuple[list, int]:
    """A slice, and how many there are in all: one query for both where the slice has a row.

    What is neither a queryset nor a list gives both itself: a function of start and size.
    """
    if callable(rows):
        return rows(start, size)
    if isinstance(rows, list):
        return rows[start : start + size], len(rows)
    found = list(rows.annotate(counted=Window(Count("*")))[start : start + size])
    return found, found[0].counted if found else rows.count()


class CountOf(Subquery):
    """How many rows a query has, counted beside the rows of another."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def plain_rows(
    rows: QuerySet, columns: tuple[str, ...], start: int, size: int
) -> tuple[list[tuple], int]:
    """Some columns of a slice, and how many rows there are in all: one query, two past the end.

    The database reads no more rows than are shown where an index has their order.
    """
    counted = rows.annotate(counted=CountOf(rows.order_by().values("pk")))
    found = list(counted.values_list("counted", *columns)[start : start + size])
    return [row[1:] for row in found], found[0][0] if found else rows.count()


class PageNumberPagination(pagination.PageNumberPagination):
    page_size = 20
    max_page_size = LARGEST_PAGE
    page_size_query_param = "page_size"

    def get_schema_operation_parameters(self, view):
        page = {"type": "integer", "minimum": 1, "maximum": 10**MOST_DIGITS - 1}
        return [query_parameter("page", "From 1.", page), PAGE_SIZE]

    def get_page_size(self, request):
        return _page_size(request, self.page_size)

    def paginate_queryset(self, queryset, request, view=None):
        text = request.query_params.get("page", "1")
        if not (text.isascii() and text.isdigit()):
            raise QueryError("page", f"page is a number from 1, not {text[:40]!r}.")
        if len(text) > MOST_DIGITS:
            raise exceptions.NotFound("There are not so many pages.")
        self.request = request
        number, size = int(text), self.get_page_size(request)
        rows, count = _rows_and_count(queryset, max(0, number - 1) * size, size)
        paginator = Paginator(range(count), size)
        if not 1 <= number <= paginator.num_pages:
            raise exceptions.NotFound(
                f"There is no page {text}; the last one is {paginator.num_pages}."
            )
        self.page = Page(rows, number, paginator)
        return rows


class CursorPagination(pagination.CursorPagination):
    """Newest first. A cursor is opaque; take it from `next` or `previous`."""

    page_size = 20
    max_page_size = LARGEST_PAGE
    page_size_query_param = "page_size"
    ordering = ("-created_at", "-id")

    def get_schema_operation_parameters(self, view):
        text = "From `next` or `previous` of an answer."
        return [query_parameter("cursor", text, {"type": "string"}), PAGE_SIZE]

    def get_page_size(self, request):
        return _page_size(request, self.page_size)

    def paginate_queryset(self, queryset, request, view=None):
        try:
            return super().paginate_queryset(queryset, request, view)
        except (exceptions.NotFound, ValueError, ValidationError):
            raise QueryError("cursor", "This cursor is not one of ours.") from None
