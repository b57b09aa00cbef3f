"""The admin of each type of content."""

from django import forms
from django.contrib import admin
from django.db import models
from unfold.admin import StackedInline, TabularInline

from kb.admin.entry import DraftFilter, EntryAdmin
from kb.forms import EntryForm, QuestionListField, TextListField
from kb.models import (
    CaseStudy,
    Chapter,
    Company,
    Example,
    Reference,
    Revision,
    Source,
    StudyPlan,
    Technique,
    Topic,
)
from rest.admin import ReadOnlyAdmin


class CompanyForm(EntryForm):
    aliases = TextListField()

    class Meta:
        model = Company
        fields = ["aliases"]


class TechniqueForm(EntryForm):
    synonyms = TextListField()

    class Meta:
        model = Technique
        fields = ["synonyms"]


class CaseStudyForm(EntryForm):
    lessons = TextListField()
    negative_results = TextListField()
    not_public = TextListField(label="What is not public")
    questions = QuestionListField()

    class Meta:
        model = CaseStudy
        fields = ["lessons", "negative_results", "not_public", "questions"]


class TopicForm(EntryForm):
    outcomes = TextListField()

    class Meta:
        model = Topic
        fields = ["outcomes"]


class WorkInline(StackedInline):
    extra = 0
    ordering_field = "position"
    fields = [
        ("key", "year", "confidence"),
        "title",
        ("authors", "publisher"),
        "url",
        "note",
        "position",
    ]
    formfield_overrides = {
        models.URLField: {"assume_scheme": "https"},
        models.TextField: {"widget": forms.Textarea(attrs={"rows": 1})},
    }


class SourceInline(WorkInline):
    model = Source


class ReferenceInline(WorkInline):
    model = Reference


class ExampleInline(StackedInline):
    model = Example
    extra = 0
    fields = [("key", "title"), ("kind", "figure"), "text", "params", "controls", "position"]


class ChapterInline(TabularInline):
    model = Chapter
    extra = 0
    fields = ["slug", "title", "summary", "position"]


@admin.register(Company)
class CompanyAdmin(EntryAdmin):
    form = CompanyForm
    fields = ["title", "slug", "summary", "aliases", "industry", "website"]


@admin.register(Technique)
class TechniqueAdmin(EntryAdmin):
    form = TechniqueForm
    list_display = [*EntryAdmin.list_display, "group"]
    list_filter = [*EntryAdmin.list_filter, "group"]
    fields = ["title", "slug", "summary", "group", "synonyms"]


@admin.register(CaseStudy)
class CaseStudyAdmin(EntryAdmin):
    form = CaseStudyForm
    list_display = [*EntryAdmin.list_display, "company", "domain", "year"]
    list_filter = [*EntryAdmin.list_filter, DraftFilter, "domain", "company", "year"]
    list_select_related = [*EntryAdmin.list_select_related, "company"]
    search_fields = [*EntryAdmin.search_fields, "company__title", "body"]
    autocomplete_fields = ["company", "techniques", "topics"]
    inlines = [SourceInline]
    fieldsets = [
        (None, {"fields": ["title", "slug", "summary", "teaser"]}),
        ("About", {"fields": [("company", "domain", "year"), "techniques", "topics"]}),
        ("Text", {"fields": ["body"]}),
        ("Findings", {"fields": ["lessons", "negative_results", "not_public", "questions"]}),
        (
            "Use it in your own project",
            {"fields": ["audience_student", "audience_engineer", "audience_researcher"]},
        ),
    ]


@admin.register(StudyPlan)
class StudyPlanAdmin(EntryAdmin):
    fields = ["title", "slug", "summary", "position", "body"]
    inlines = [ChapterInline]


@admin.register(Chapter)
class ChapterAdmin(ReadOnlyAdmin):
    """Chapters to look through; they are edited in the draft of their plan."""

    list_display = ["title", "plan", "position", "slug"]
    list_filter = ["plan"]
    list_select_related = ["plan"]
    search_fields = ["title", "slug"]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(plan__draft_of=None)


@admin.register(Topic)
class TopicAdmin(EntryAdmin):
    form = TopicForm
    list_display = [*EntryAdmin.list_display, "chapter", "minutes"]
    list_filter = [*EntryAdmin.list_filter, DraftFilter, "chapter__plan", "chapter"]
    list_select_related = [*EntryAdmin.list_select_related, "chapter"]
    search_fields = [*EntryAdmin.search_fields, "body"]
    autocomplete_fields = ["chapter", "prerequisites", "techniques"]
    inlines = [ReferenceInline, ExampleInline]
    fieldsets = [
        (None, {"fields": ["title", "slug", "summary", "teaser"]}),
        ("Place", {"fields": [("chapter", "position", "minutes"), "prerequisites", "techniques"]}),
        ("Text", {"fields": ["outcomes", "body"]}),
    ]


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    """Everything that was ever published, to look at."""

    list_display = ["slug", "type", "number", "author", "reviewer", "origin", "at"]
    list_filter = ["type", "origin", "at"]
    list_select_related = ["author", "reviewer"]
    search_fields = ["slug"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("document")
