"""The rows of an entry in its form: named by keys, in an order, and saved all or not at all.

The rows of a form may name one another before any of them is saved: a flow leads to a component
that stands in the same form. So they are named by key, as the text of a case names them. Whatever
the number of rows, a form is opened and checked by a handful of queries.
"""

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import models
from django.db.models import CharField, ForeignKey, Value
from django.db.models.functions import Cast, Concat
from django.forms.models import construct_instance
from unfold.admin import StackedInline, TabularInline
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

LAST = 1_000_000


class FoundSelect(AutocompleteSelect):
    """Asks the server while somebody types; shows what is chosen without asking the database."""

    def optgroups(self, name, value, attr=None):
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        field = self.choices.field
        for index, chosen in enumerate(value, 1):
            if row := field.found.get(str(chosen)):
                label = field.label_from_instance(row)
                options.append(self.create_option(name, chosen, label, True, index))
        return [(None, options, 0)]


class FoundField(forms.ModelChoiceField):
    """A row of another table; those that a form names were found in one query."""

    found: dict = {}

    def to_python(self, value):
        if value in self.empty_values:
            return None
        if row := self.found.get(str(value)):
            return row
        raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")


class RowField(forms.ModelChoiceField):
    """The row that a form stands for, among those of its formset."""

    widget = forms.HiddenInput
    rows: dict = {}

    def to_python(self, value):
        if value in self.empty_values:
            return None
        if row := self.rows.get(str(value)):
            return row
        raise forms.ValidationError("Somebody has deleted this row meanwhile.", code="gone")


class KeyField(forms.CharField):
    """The key of another row of the form; `of` is the name of the inline where that stands."""

    def __init__(self, of: str, **kwargs):
        self.of = of
        widget = UnfoldAdminTextInputWidget({"list": f"keys-of-{of}", "autocomplete": "off"})
        super().__init__(**{"widget": widget, "max_length": 80} | kwargs)


class PartForm(forms.ModelForm):
    position = forms.IntegerField(
        label="Order",
        required=False,
        min_value=0,
        max_value=LAST,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Drag the row, or give it a number; a new row without one comes last.",
    )

    def __init__(self, *args, siblings=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.siblings = siblings or {}
        for name in self.key_fields():
            row = getattr(self.instance, name, None) if self.instance.pk else None
            self.initial[name] = row.key if row else ""

    def key_fields(self) -> list[str]:
        """The fields that name one other row of the form."""
        return [name for name, field in self.fields.items() if type(field) is KeyField]

    def clean(self):
        cleaned = super().clean()
        for name in self.key_fields():
            if name in cleaned:
                self._find_row(name, cleaned[name])
        return cleaned

    def _find_row(self, name: str, key: str) -> None:
        """Put the row of the form in the place of its key, or an error at the field."""
        of = self.fields[name].of
        rows = self.siblings[of].by_key() if of in self.siblings else {}
        if not key or key in rows:
            self.cleaned_data[name] = rows.get(key)
            return
        known = ", ".join(rows) or "none"
        one = of.removesuffix("s")
        self.add_error(name, f"There is no {one} {key!r} in this form; there are: {known}.")

    def _post_clean(self):
        # Django's own asks the database once for each reference and each constraint of each row.
        # References were found already; what the constraints say, the forms and formsets say.
        exclude = self._get_validation_exclusions()
        exclude |= {f.name for f in self.instance._meta.fields if isinstance(f, ForeignKey)}
        try:
            self.instance = construct_instance(
                self, self.instance, self._meta.fields, self._meta.exclude
            )
            self.instance.clean_fields(exclude=exclude)
        except forms.ValidationError as exc:
            self._update_errors(exc)


class PartFormSet(PaginationInlineFormSet):
    """Rows of which no two are the same, with faults at their fields and an order.

    `identity` are the fields in which no two rows agree, `named` the field where that is said.
    """

    identity = ("key",)
    named = "key"

    def __init__(self, siblings=None, **kwargs):
        self.siblings = {} if siblings is None else siblings
        self._found: dict[str, dict] = {}
        self._keyed: dict | None = None
        super().__init__(**kwargs)
        self.count = len(self.get_queryset())
        self.siblings[self.prefix] = self

    def get_form_kwargs(self, index):
        return {**super().get_form_kwargs(index), "siblings": self.siblings}

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if "id" in form.fields:
            row = RowField(self.queryset, required=False, initial=form.fields["id"].initial)
            row.rows = {str(row.pk): row for row in self.get_queryset()}
            form.fields["id"] = row
        for name, field in form.fields.items():
            if isinstance(field, FoundField):
                field.found = self._find(name, field)

    def _find(self, name: str, field: FoundField) -> dict:
        """The rows that the forms name in a field, by their number as a text."""
        if name not in self._found:
            named = {str(getattr(row, f"{name}_id")) for row in self.get_queryset()}
            if self.is_bound:
                end = f"-{name}"
                named |= {
                    value
                    for key, value in self.data.items()
                    if key.startswith(f"{self.prefix}-") and key.endswith(end)
                }
            wanted = [
                text for text in named if text.isascii() and text.isdigit() and len(text) < 19
            ]
            rows = field.queryset.filter(pk__in=wanted)
            self._found[name] = {str(row.pk): row for row in rows}
        return self._found[name]

    def kept_forms(self):
        """The forms of rows that there will be."""
        return [
            form
            for form in self.forms
            if (form.instance.pk or form.has_changed())
            and not (self.can_delete and self._should_delete_form(form))
        ]

    def by_key(self) -> dict:
        """The rows that there will be, by key, unsaved ones too."""
        if self._keyed is None:
            self.is_valid()
            rows = {form["key"].value(): form.instance for form in self.kept_forms()}
            self._keyed = {key.strip(): row for key, row in rows.items() if key}
        return self._keyed

    def clean(self):
        seen = set()
        forms_kept = self.kept_forms()
        for form in forms_kept:
            values = tuple(_comparable(form.cleaned_data.get(name)) for name in self.identity)
            if values in seen and not any(name in form.errors for name in self.identity):
                form.add_error(self.named, self.said_twice(form))
            seen.add(values)
        # Who was given a number stands before who merely has it.
        order = sorted(
            enumerate(forms_kept),
            key=lambda pair: (
                _number(pair[1].cleaned_data.get("position")),
                "position" not in pair[1].changed_data,
                pair[0],
            ),
        )
        for position, (_, form) in enumerate(order):
            form.instance.position = position

    def said_twice(self, form) -> str:
        return f"The key {form.cleaned_data[self.named]!r} stands twice."

    def save(self, commit=True):
        self._make_room()
        saved = super().save(commit)
        moved = [
            form.instance
            for form in self.kept_forms()
            if not form.has_changed() and form.instance.position != form.initial.get("position")
        ]
        self.model.objects.bulk_update(moved, ["position"])
        return saved

    def _make_room(self) -> None:
        """Rows are saved one by one: none may meet what another has not left yet."""
        gone = [form.instance.pk for form in self.deleted_forms if form.instance.pk]
        self.model.objects.filter(pk__in=gone).delete()
        renamed = [
            form.instance.pk
            for form in self.initial_forms
            if set(self.identity) & set(form.changed_data) and form.instance.pk
        ]
        self.step_aside(self.model.objects.filter(pk__in=renamed))

    def step_aside(self, rows) -> None:
        rows.update(**{self.named: Concat(Value("~"), Cast("pk", CharField()))})


class UnkeyedFormSet(PartFormSet):
    """Rows that no other row refers to: they are written anew, under the number that they had."""

    def step_aside(self, rows) -> None:
        rows.delete()


def _comparable(value):
    return id(value) if hasattr(value, "_meta") and value.pk is None else value


def _number(position: int | None) -> int:
    return LAST + 1 if position is None else position


class PartInline:
    """What the inlines of parts share."""

    form = PartForm
    formset = PartFormSet
    extra = 0
    tab = True
    show_count = True
    ordering_field = "position"

    def _may(self, request, verb: str) -> bool:
        parent = self.parent_model._meta
        return request.user.has_perm(f"{parent.app_label}.{verb}_{parent.model_name}")

    # Whoever may change an entry may change its rows, and remove them.

    def has_view_permission(self, request, obj=None):
        return self._may(request, "view") or self._may(request, "change")

    def has_change_permission(self, request, obj=None):
        return self._may(request, "change")

    def has_add_permission(self, request, obj):
        return self._may(request, "change")

    def has_delete_permission(self, request, obj=None):
        return self._may(request, "change")

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["form_class"] = FoundField
            # Made while its tab is hidden, it could not know its width.
            attrs = {"data-width": "100%"}
            kwargs["widget"] = FoundSelect(db_field, self.admin_site, attrs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, FoundField):
            # Without the menu of what else may be done with a word, in each of a hundred rows.
            field.widget = field.widget.widget
        return field


class StackedPartInline(PartInline, StackedInline):
    collapsible = True


class WorkInline(StackedPartInline):
    """Cited works: the sources of a case, the references of a topic."""

    fields = [
        ("key", "year", "confidence"),
        "title",
        ("authors", "publisher"),
        ("url", "doi"),
        ("note", "position"),
    ]
    formfield_overrides = {
        models.URLField: {"assume_scheme": "https"},
        models.TextField: {"widget": UnfoldAdminTextareaWidget({"rows": 1})},
    }


class TabularPartInline(PartInline, TabularInline):
    hide_title = True
