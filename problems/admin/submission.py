"""What learners submitted, to look at."""

import orjson
from django.contrib import admin
from django.utils.html import format_html

from compute.admin import WorkAdmin
from problems.models import Submission


@admin.register(Submission)
class SubmissionAdmin(WorkAdmin):
    """Submissions of learners: the API makes them, the judge judges them, nothing edits them."""

    list_display = [
        *("id", "problem", "problem_version", "mode", "shown_state", "verdict", "score"),
        *("owner", "created_at"),
    ]
    list_filter = ["state", "mode", "verdict", "problem", "created_at"]
    list_select_related = ["owner", "problem"]
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
