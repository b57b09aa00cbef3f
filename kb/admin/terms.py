"""The vocabulary of cases in the admin: closed lists, to which one adds with a reason."""

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, Q
from unfold.admin import ModelAdmin

from kb.models import CaseStudy, ComponentType, Quantity, Unit
from kb.services import render_anew
from kb.terms import words_changed


class UsedFilter(admin.SimpleListFilter):
    title = "use"
    parameter_name = "use"

    def lookups(self, request, model_admin):
        return [("some", "used by a case"), ("none", "used by no case")]

    def queryset(self, request, queryset):
        if self.value() == "some":
            return queryset.filter(cases__gt=0)
        return queryset.filter(cases=0) if self.value() == "none" else queryset


class TermAdmin(ModelAdmin):
    """Words that came with the site are changed in its file; others here, and go while unused."""

    search_fields = ["name", "slug"]
    ordering = ["name"]
    list_per_page = 100
    show_full_result_count = False
    actions = None
    # What uses a word: the path to the drafts and entries, and those without the drafts beside.
    path = "claims__case_study"
    # Other rows that name a word.
    others: list[str] = []

    def get_queryset(self, request):
        entries = Q(**{f"{self.path}__draft_of": None})
        cases = Count(self.path, filter=entries, distinct=True)
        return super().get_queryset(request).annotate(cases=cases)

    @admin.display(description="Cases", ordering="cases")
    def used_by(self, term):
        return term.cases

    @admin.display(description="Shipped", boolean=True, ordering="is_shipped")
    def shipped(self, term):
        return term.is_shipped

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ["name"]}

    def get_readonly_fields(self, request, obj=None):
        # Documents name it by its slug.
        return ["slug"] if obj and self.is_used(obj) else []

    def is_used(self, term) -> bool:
        return any(
            getattr(term, name).exists() for name in (self.path.partition("__")[0], *self.others)
        )

    def has_change_permission(self, request, obj=None):
        allowed = super().has_change_permission(request, obj)
        return allowed and not (obj is not None and obj.is_shipped)

    def has_delete_permission(self, request, obj=None):
        # In the list, where nothing is deleted, there is no word to ask about.
        return (
            obj is not None and self.has_change_permission(request, obj) and not self.is_used(obj)
        )

    def save_model(self, request, obj, form, change):
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            words_changed()
        cases = [
            CaseStudy.objects.published().filter(pk=pk).first()
            for pk in (self.cases_with(obj) if change else [])
        ]
        _changed, kept = render_anew(case for case in cases if case)
        for sentence in kept:
            self.message_user(request, sentence, messages.WARNING)

    def cases_with(self, term) -> list[int]:
        """The keys of the cases and drafts that show a word."""
        paths = [self.path, *(f"{name}__{self.path}" for name in self.others)]
        found = {
            pk
            for path in paths
            for pk in self.model.objects.filter(pk=term.pk).values_list(path, flat=True)
        }
        return sorted(found - {None})

    def delete_model(self, request, obj):
        with transaction.atomic():
            super().delete_model(request, obj)
            words_changed()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        term = self.get_object(request, object_id)
        if term is not None and term.is_shipped and request.method == "GET":
            sentence = (
                "This word comes from vocabulary.toml and is changed there; the next start of the"
                " site would undo what was changed here."
            )
            self.message_user(request, sentence, messages.INFO)
        return super().change_view(request, object_id, form_url, extra_context)


@admin.register(ComponentType)
class ComponentTypeAdmin(TermAdmin):
    list_display = ["name", "slug", "kind", "used_by", "shipped"]
    list_filter = ["kind", UsedFilter, "is_shipped"]
    fields = ["name", "slug", "kind", "summary", "reason"]
    path = "components__case_study"


@admin.register(Unit)
class UnitAdmin(TermAdmin):
    list_display = ["name", "slug", "symbol", "dimension", "factor", "used_by", "shipped"]
    list_filter = ["dimension", UsedFilter, "is_shipped"]
    fields = ["name", "slug", "symbol", "dimension", "factor", "reason"]
    others = ["quantities"]


@admin.register(Quantity)
class QuantityAdmin(TermAdmin):
    list_display = ["name", "slug", "dimension", "base_unit", "used_by", "shipped"]
    list_filter = ["base_unit__dimension", UsedFilter, "is_shipped"]
    list_select_related = ["base_unit"]
    fields = ["name", "slug", "base_unit", "summary", "reason"]
    autocomplete_fields = ["base_unit"]

    @admin.display(description="Dimension", ordering="base_unit__dimension")
    def dimension(self, quantity):
        return quantity.base_unit.dimension
