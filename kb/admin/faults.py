"""What keeps a draft from being published: at the fields of its form, and as a list above it."""

from django.utils.text import capfirst

from kb.drafts import faults_of
from kb.fields import BODY, Fault, Place

# Where a field of the form has another name than in the document.
RENAMED = {
    ("components", "component"): "type",
    ("flows", "from"): "start",
    ("flows", "to"): "end",
    ("links", "case_study"): "target",
    ("claims", "conflicts_with"): "conflicts",
}
# Faults of one draft that are listed.
MOST = 100


class FaultsAtFields:
    """A draft with errors can be saved; here it is said what keeps it from being published."""

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        formsets = [inline.formset for inline in context["inline_admin_formsets"]]
        context["key_lists"] = [
            (formset.prefix, [row.key for row in formset.get_queryset()])
            for formset in formsets
            if hasattr(formset.model, "key")
        ]
        for formset in formsets:
            if hasattr(formset, "hint"):
                formset.hint()
        is_draft = obj is not None and obj.pk and not obj.is_resolvable
        if is_draft and not context["adminform"].form.is_bound:
            faults = faults_of(obj)
            context["faults"] = [
                (link, sentence)
                for link, sentence in (self._put_at_field(context, fault) for fault in faults)
            ][:MOST]
            context["more_faults"] = max(0, len(faults) - MOST)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _put_at_field(self, context, fault: Fault) -> tuple[str, str]:
        """The id of the field in the page, empty if there is none, and the sentence."""
        form, name, where = self._find(context, fault.place)
        if fault.line > 1 or fault.place == BODY:
            where = f"{where}, line {fault.line}" if where else f"line {fault.line}"
        sentence = f"{capfirst(where)}: {fault.sentence}" if where else fault.sentence
        if form is None:
            return "", sentence
        form.errors.setdefault(name, form.error_class()).append(sentence)
        return form[name].id_for_label or form[name].auto_id, sentence

    def _find(self, context, place: Place):
        """The form, its field, and words for the place in the field."""
        form = context["adminform"].form
        if not place:
            return None, "", ""
        first, rest = str(place[0]), place[1:]
        if first == "audience" and rest:
            first, rest = f"audience_{rest[0]}", rest[1:]
        for inline in context["inline_admin_formsets"]:
            rows = inline.formset.initial_forms
            if inline.formset.prefix == first and rest and rest[0] in range(len(rows)):
                row = rows[rest[0]]
                name = str(rest[1]) if len(rest) > 1 else ""
                name = RENAMED.get((first, name), name)
                if name not in row.fields:
                    name = inline.formset.named
                return row, name, ""
        name = first if first in form.fields else ""
        if not name:
            return None, "", ".".join(map(str, place))
        # Within one text field: the lesson, or the question and its answer.
        where = f"number {rest[0] + 1}" if rest and isinstance(rest[0], int) else ""
        return form, name, where
