"""What learners submitted, to look at."""

import uuid

import orjson
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.utils.html import format_html
from unfold.decorators import display

from problems.models import Submission
from rest.admin import ReadOnlyAdmin


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    """Submissions of learners: the API makes them, the judge judges them, nothing edits them."""

    list_display = [
        *("id", "problem", "problem_version", "mode", "shown_state", "verdict", "score"),
        *("owner", "created_at"),
    ]
    list_filter = ["state", "mode", "verdict", "problem", "created_at"]
    list_select_related = ["owner", "problem"]
    list_per_page = 50
    search_fields = ["id", "owner__username"]
    search_help_text = "The whole of a submission's id, of a request's id, or of an owner's name."
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    fieldsets = [
        (None, {"fields": ["id", "problem", "problem_version", "mode", "owner", "request_id"]}),
        ("State", {"fields": ["shown_state", "attempt", "error_code", "error_detail"]}),
        ("Times", {"fields": ["created_at", "started_at", "finished_at", "seconds"]}),
        (
            "Verdict",
            {"fields": ["verdict", "score", "memory_mb", "shown_diagnosis", "shown_tests"]},
        ),
        ("Code", {"fields": ["shown_code", "shown_arguments"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).light()

    def get_readonly_fields(self, request, obj=None):
        return [name for _, options in self.fieldsets for name in options["fields"]]

    def get_search_results(self, request, queryset, search_term):
        """By what is indexed, and whole: to search in parts of words would read every row."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(pk=uuid.UUID(term)), False
        except ValueError:
            pass
        owner = get_user_model().objects.filter(username=term).first()
        found = queryset.filter(owner=owner) if owner else queryset.filter(request_id=term)
        return found, False

    @display(
        description="State",
        ordering="state",
        label={"Running": "info", "Succeeded": "success", "Failed": "danger"},
    )
    def shown_state(self, submission):
        return submission.get_state_display()

    @admin.display(description="Code")
    def shown_code(self, submission):
        return _preformatted(submission.code)

    @admin.display(description="Arguments of the learner's own call")
    def shown_arguments(self, submission):
        return _as_text(submission.arguments)

    @admin.display(description="Tests")
    def shown_tests(self, submission):
        return _as_text(submission.tests)

    @admin.display(description="Diagnosis")
    def shown_diagnosis(self, submission):
        return _as_text(submission.diagnosis)


def _as_text(value: object):
    if value is None:
        return "-"
    return _preformatted(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _preformatted(text: str):
    return format_html('<pre class="overflow-x-auto whitespace-pre-wrap">{}</pre>', text)
