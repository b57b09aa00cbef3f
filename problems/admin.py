from django.contrib import admin

from kb.admin import EntryAdmin
from kb.forms import EntryForm, TextListField
from problems.models import Problem


class ProblemForm(EntryForm):
    hints = TextListField(paragraphs=True, help_text="Three to five, with a line --- between them.")

    class Meta:
        model = Problem
        fields = ["hints"]


@admin.register(Problem)
class ProblemAdmin(EntryAdmin):
    list_display = [*EntryAdmin.list_display, "difficulty", "home_topic"]
    list_filter = [*EntryAdmin.list_filter, "difficulty", "home_topic"]
    list_select_related = [*EntryAdmin.list_select_related, "home_topic"]
    search_fields = [*EntryAdmin.search_fields, "statement"]
    autocomplete_fields = ["home_topic", "topics", "techniques", "cases"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "summary", "teaser"]}),
        (
            "Place",
            {"fields": [("difficulty", "position"), "home_topic", "topics", "techniques", "cases"]},
        ),
        ("What the learner sees", {"fields": ["statement", "function", "worked_examples"]}),
        ("Help", {"fields": ["starter_code", "hints", "editorial"]}),
        (
            "Judging",
            {
                "fields": [
                    ("time_seconds", "memory_mb", "rtol", "atol"),
                    "reference",
                    "alternative",
                    "tests",
                    "misconceptions",
                ]
            },
        ),
        ("Rights", {"fields": [("licence", "credit")]}),
    ]
