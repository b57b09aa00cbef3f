"""The admin of each type of content."""

from django.contrib import admin
from django.urls import path

from kb.admin.entry import DraftFilter, EntryAdmin
from kb.admin.parts import PartForm, PartFormSet, StackedPartInline, TabularPartInline, WorkInline
from kb.admin.stale import stale_page
from kb.forms import DoiField, EntryForm, TextListField
from kb.models import (
    Chapter,
    Company,
    Example,
    Reference,
    Revision,
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


class TopicForm(EntryForm):
    outcomes = TextListField()

    class Meta:
        model = Topic
        fields = ["outcomes"]


class ReferenceForm(PartForm):
    doi = DoiField()


class ReferenceInline(WorkInline):
    model = Reference
    form = ReferenceForm


class ExampleInline(StackedPartInline):
    model = Example
    fields = [("key", "title"), ("kind", "figure"), "text", ("params", "controls"), "position"]


class ChapterFormSet(PartFormSet):
    identity = ("slug",)
    named = "slug"

    def said_twice(self, form):
        return f"The slug {form.cleaned_data['slug']!r} stands twice in this plan."


class ChapterInline(TabularPartInline):
    model = Chapter
    formset = ChapterFormSet
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
        (None, {"fields": ["title", "slug", "summary", "teaser", "formula"]}),
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

    def get_urls(self):
        page = self.admin_site.admin_view(stale_page)
        return [path("stale/", page, name="kb_stale"), *super().get_urls()]
