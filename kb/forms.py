"""The form of an entry, and fields for lists of texts, with a blank line between the items."""

import re

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from kb.models.entry import doi_validator

# Texts of a few lines.
SHORT = {
    *("summary", "teaser", "readers", "formula"),
    *("audience_student", "audience_engineer", "audience_researcher"),
}
DOI_PREFIX = re.compile(r"^(https?://)?((dx|www)\.)?doi\.org/|^doi:\s*", re.IGNORECASE)


class EntryForm(forms.ModelForm):
    """Refuses what was typed into a draft that somebody else has saved since it was opened."""

    opened_at = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in SHORT & set(self.fields):
            self.fields[name].widget.attrs["rows"] = 3
        if self.instance.pk:
            self.initial["opened_at"] = self.instance.updated_at.isoformat()

    def clean_slug(self):
        # The constraint is one of entries without the drafts beside them, which no form sees.
        slug, entry = self.cleaned_data["slug"], self.instance
        others = type(entry).objects.current().filter(slug=slug).exclude(pk=entry.pk)
        if entry.draft_of_id is None and others.exists():
            raise forms.ValidationError("Another entry of this type has this slug.")
        return slug

    def clean(self):
        cleaned = super().clean()
        # A script that posts the form without the hidden field says nothing about when.
        opened_at = cleaned.get("opened_at")
        if self.instance.pk and opened_at and opened_at != self.initial["opened_at"]:
            raise forms.ValidationError(
                "Somebody has saved this draft since you opened it. Keep what you wrote, open the"
                " draft again, and put it in there."
            )
        return cleaned


class TextListField(forms.CharField):
    """A list of texts with a blank line between them, or a line `---` where they have several."""

    widget = UnfoldAdminTextareaWidget

    def __init__(self, *, paragraphs: bool = False, **kwargs):
        self.paragraphs = paragraphs
        between = "a line with --- only" if paragraphs else "a blank line"
        kwargs.setdefault("help_text", f"One after another, with {between} between them.")
        super().__init__(**{"required": False, "strip": True} | kwargs)

    def prepare_value(self, value):
        if not isinstance(value, list):
            return value
        if self.paragraphs:
            return "\n\n---\n\n".join(value)
        return "\n\n".join(re.sub(r"\n\s*\n", "\n", item) for item in value)

    def to_python(self, value):
        text = super().to_python(value).replace("\r\n", "\n")
        between = r"^---[ \t]*$" if self.paragraphs else r"\n\s*\n"
        parts = re.split(between, text, flags=re.MULTILINE)
        return [part.strip() for part in parts if part.strip()]

    def has_changed(self, initial, data):
        return (initial or []) != self.to_python(data)


class LinesField(forms.CharField):
    """A list of short texts, one on each line."""

    widget = UnfoldAdminTextareaWidget

    def __init__(self, **kwargs):
        super().__init__(**{"required": False, "strip": True} | kwargs)

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        return [line.strip() for line in super().to_python(value).splitlines() if line.strip()]

    def has_changed(self, initial, data):
        return (initial or []) != self.to_python(data)


class NumberField(forms.FloatField):
    """A number as people write it: 65, not 65.0."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value):
        is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
        return int(value) if is_whole else value


class DoiField(forms.CharField):
    """A DOI, also as an address of doi.org and in capitals, as publishers give it."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, **kwargs):
        text = "10.1145/2843948; an address of doi.org will do."
        super().__init__(
            **{
                "label": "DOI",
                "required": False,
                "max_length": 200,
                "validators": [doi_validator],
                "help_text": text,
            }
            | kwargs
        )

    def to_python(self, value):
        return DOI_PREFIX.sub("", super().to_python(value)).lower()


class QuestionListField(forms.CharField):
    """Questions with answers: the question on a line of its own, its answer on those below."""

    widget = UnfoldAdminTextareaWidget

    def __init__(self, **kwargs):
        text = "The question on a line, its answer below it; a blank line before the next question."
        super().__init__(**{"required": False, "strip": True, "help_text": text} | kwargs)

    def prepare_value(self, value):
        if not isinstance(value, list):
            return value
        return "\n\n".join(f"{item['question']}\n{item['answer']}" for item in value)

    def to_python(self, value):
        text = super().to_python(value).replace("\r\n", "\n")
        questions = []
        for part in re.split(r"\n\s*\n", text):
            question, _, answer = part.strip().partition("\n")
            if question and not answer.strip():
                raise forms.ValidationError(
                    f"The question {question[:80]!r} has no answer below it."
                )
            if question:
                questions.append({"question": question.strip(), "answer": answer.strip()})
        return questions

    def has_changed(self, initial, data):
        try:
            return (initial or []) != self.to_python(data)
        except forms.ValidationError:
            return True
