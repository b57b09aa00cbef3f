"""Curating a case: its text, and the rows that make it data."""

from django import forms
from django.contrib import admin
from django.db import models
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from kb.addresses import identity
from kb.admin.entry import DraftFilter, EntryAdmin
from kb.admin.parts import (
    KeyField,
    PartForm,
    PartFormSet,
    StackedPartInline,
    TabularPartInline,
    UnkeyedFormSet,
    WorkInline,
)
from kb.forms import (
    DoiField,
    EntryForm,
    LinesField,
    NumberField,
    QuestionListField,
    TextListField,
)
from kb.models import (
    CaseLink,
    CaseStudy,
    Claim,
    Component,
    Experiment,
    Flow,
    Source,
)

MOST_CITATIONS = 200


class SourceForm(PartForm):
    doi = DoiField()

    def clean(self):
        cleaned = super().clean()
        self.instance.identity = identity(cleaned.get("url", ""), cleaned.get("doi", ""))
        return cleaned


class SourceFormSet(PartFormSet):
    def clean(self):
        super().clean()
        seen: dict[str, str] = {}
        for form in self.kept_forms():
            known_by = form.instance.identity
            key = form.cleaned_data.get("key", "")
            if known_by and known_by in seen:
                field = "doi" if form.cleaned_data.get("doi") else "url"
                form.add_error(field, f"This is the same work as {seen[known_by]!r}: {known_by}.")
            seen.setdefault(known_by, key)

    def hint(self) -> None:
        """Say at each source which other cases cite it too. One query."""
        works = {form.instance.identity for form in self.initial_forms} - {""}
        found: dict[str, list[str]] = {}
        for other in elsewhere(works, self.instance):
            found.setdefault(other.identity, []).append(cited_by(other))
        for form in self.initial_forms:
            if others := found.get(form.instance.identity):
                form.fields["url"].help_text = format_html("Also cited by {}.", "; ".join(others))


class ClaimForm(PartForm):
    value = NumberField(help_text="In the unit; the lower end of a range.")
    value_max = NumberField(label="To", required=False, help_text="Only for a range.")
    source = KeyField("sources", required=False, help_text="The key of a source of this case.")
    conflicts = forms.CharField(
        label="Conflicts with",
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
        help_text="Keys of claims of this case that disagree, with spaces between them.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        others = self.instance.conflicts_with.all() if self.instance.pk else []
        self.initial["conflicts"] = " ".join(sorted(other.key for other in others))

    def clean_conflicts(self):
        return " ".join(sorted(set(self.cleaned_data["conflicts"].replace(",", " ").split())))

    def clean(self):
        cleaned = super().clean()
        value, value_max = cleaned.get("value"), cleaned.get("value_max")
        if value is not None and value_max is not None and value_max <= value:
            self.add_error("value_max", "A range ends above the value at which it begins.")
        return cleaned


class ClaimFormSet(PartFormSet):
    def clean(self):
        super().clean()
        rows = self.by_key()
        for form in self.kept_forms():
            for key in form.cleaned_data.get("conflicts", "").split():
                if key not in rows:
                    form.add_error("conflicts", f"There is no claim {key!r} in this form.")
                elif rows[key] is form.instance:
                    form.add_error("conflicts", "A claim conflicts with another, not with itself.")

    def save(self, commit=True):
        saved = super().save(commit)
        rows = self.by_key()
        wanted = {
            (form.instance.pk, rows[key].pk)
            for form in self.kept_forms()
            for key in form.cleaned_data["conflicts"].split()
        }
        through = Claim.conflicts_with.through
        there = through.objects.filter(from_claim__case_study=self.instance)
        pairs = {(row.from_claim_id, row.to_claim_id): row.pk for row in there}
        through.objects.filter(pk__in=[pairs[pair] for pair in set(pairs) - wanted]).delete()
        through.objects.bulk_create(
            through(from_claim_id=one, to_claim_id=other)
            for one, other in sorted(wanted - set(pairs))
        )
        return saved


class FlowForm(PartForm):
    start = KeyField("components", label="From")
    end = KeyField("components", label="To")

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("start") is not None and cleaned["start"] is cleaned.get("end"):
            self.add_error("end", "A flow leads to another component.")
        return cleaned


class FlowFormSet(UnkeyedFormSet):
    identity = ("start", "end", "kind", "label")
    named = "end"

    def said_twice(self, form):
        return "This flow stands twice; another kind or label would tell it from the other."


class ComponentForm(PartForm):
    also = LinesField(
        label="Also called",
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text="Other words by which the text names it, one on each line.",
    )


class CaseLinkFormSet(UnkeyedFormSet):
    identity = ("relation", "target")
    named = "target"

    def clean(self):
        super().clean()
        itself = {self.instance.pk, self.instance.draft_of_id} - {None}
        for form in self.kept_forms():
            target = form.cleaned_data.get("target")
            if target and target.pk in itself:
                form.add_error("target", "A case is linked to another case, not to itself.")

    def said_twice(self, form):
        return "This link stands twice."


class ExperimentForm(PartForm):
    claim = KeyField("claims", required=False, help_text="The claim that it computes anew.")


def elsewhere(works, case):
    """The sources of other cases that are one of some works."""
    itself = {case.pk, case.draft_of_id} - {None}
    others = Source.objects.filter(identity__in=works, case_study__draft_of=None)
    others = others.exclude(case_study__in=itself).select_related("case_study")
    return others.order_by("case_study__title", "position")[:MOST_CITATIONS]


def cited_by(source) -> str:
    return f"{source.case_study.title}, as {source.key!r}: {source.title}"


class CaseStudyForm(EntryForm):
    lessons = TextListField()
    negative_results = TextListField()
    not_public = TextListField(label="What is not public")
    questions = QuestionListField()

    class Meta:
        model = CaseStudy
        fields = ["lessons", "negative_results", "not_public", "questions"]


class SourceInline(WorkInline):
    model = Source
    form = SourceForm
    formset = SourceFormSet


class ClaimInline(StackedPartInline):
    model = Claim
    form = ClaimForm
    formset = ClaimFormSet
    fields = [
        ("key", "kind"),
        ("quantity", "unit"),
        ("value", "value_max"),
        "text",
        ("scope", "as_of"),
        ("source", "locator"),
        ("confidence", "conflicts"),
        "position",
    ]
    autocomplete_fields = ["quantity", "unit"]
    formfield_overrides = {models.TextField: {"widget": UnfoldAdminTextareaWidget({"rows": 1})}}

    def get_queryset(self, request):
        claims = super().get_queryset(request).select_related("quantity", "unit", "source")
        return claims.prefetch_related("conflicts_with")

    @admin.display(description="Conflicts with")
    def conflicts(self, claim):
        """As it is shown to who may not edit."""
        return ", ".join(other.key for other in claim.conflicts_with.all()) or "-"


class ComponentInline(StackedPartInline):
    model = Component
    form = ComponentForm
    fields = [
        ("key", "type"),
        ("name", "lane"),
        "also",
        ("technology", "latency"),
        ("freshness", "scale"),
        ("state", "section"),
        "position",
    ]
    autocomplete_fields = ["type"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("type")


class FlowInline(TabularPartInline):
    model = Flow
    form = FlowForm
    formset = FlowFormSet
    fields = ["start", "end", "kind", "label", "position"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("start", "end")


class CaseLinkInline(TabularPartInline):
    model = CaseLink
    fk_name = "case_study"
    formset = CaseLinkFormSet
    verbose_name, verbose_name_plural = "link to another case", "links"
    fields = ["relation", "target", "position"]
    autocomplete_fields = ["target"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("target")


class ExperimentInline(StackedPartInline):
    model = Experiment
    form = ExperimentForm
    fields = [
        ("key", "title"),
        ("kind", "figure"),
        ("claim", "path"),
        "text",
        ("params", "controls"),
        "position",
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("claim")


@admin.register(CaseStudy)
class CaseStudyAdmin(EntryAdmin):
    form = CaseStudyForm
    list_display = [*EntryAdmin.list_display, "company", "domain", "year"]
    list_filter = [*EntryAdmin.list_filter, DraftFilter, "domain", "company", "year"]
    list_select_related = [*EntryAdmin.list_select_related, "company"]
    search_fields = [*EntryAdmin.search_fields, "company__title", "body"]
    autocomplete_fields = ["company", "techniques", "topics"]
    # In the order in which they are saved: what is named comes before what names it.
    inlines = [
        SourceInline,
        ClaimInline,
        ComponentInline,
        FlowInline,
        CaseLinkInline,
        ExperimentInline,
    ]
    fieldsets = [
        (None, {"fields": ["title", "slug", "summary", "teaser", "readers"]}),
        ("About", {"fields": [("company", "domain", "year"), "techniques", "topics"]}),
        ("Text", {"fields": ["body"]}),
        ("Findings", {"fields": ["lessons", "negative_results", "not_public", "questions"]}),
        (
            "Use it in your own project",
            {"fields": ["audience_student", "audience_engineer", "audience_researcher"]},
        ),
    ]
