"""The form of a day of the digest."""

from django import forms

from learn import planning
from learn.planning import NAMES, PINS

INTRODUCTION = (
    "A few sentences of your own, in place of those that are made for the day. They stay when a"
    " part of the day changes, so pin what they speak of."
)
SOMEBODY_ELSE = (
    "Somebody has changed this day since you opened it. Keep what you wrote, open the day again,"
    " and put it in there."
)


class DigestForm(forms.ModelForm):
    """Refuses what was chosen for a day that somebody else has changed since it was opened."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["seen"] = planning.seen_of(self.instance)
        # A day that has passed has neither.
        for part, name in NAMES.items():
            field = self.fields.get(f"pinned_{part}")
            if field is None:
                continue
            field.label = name.capitalize()
            # Whoever plans days looks at entries here, and edits them elsewhere.
            field.widget.can_add_related = field.widget.can_change_related = False
            field.error_messages["invalid_choice"] = (
                f"This {name} is not published, or says nothing for the digest yet. Choose"
                " one that readers can see."
            )
        if "introduction" in self.fields:
            self.fields["introduction"].label = "Own introduction"
            self.fields["introduction"].help_text = INTRODUCTION
            self.fields["introduction"].widget.attrs["rows"] = 4

    def clean(self):
        cleaned = super().clean()
        # A script that posts the form without the hidden field says nothing about when.
        seen = cleaned.get("seen")
        if seen and seen != self.initial["seen"]:
            raise forms.ValidationError(SOMEBODY_ELSE)
        return cleaned


def said_of(form) -> str:
    """What was changed, in words, for the history of the day."""
    words = []
    for name in form.changed_data:
        value = form.cleaned_data[name]
        label = form.fields[name].label
        if name == "introduction":
            words.append("Own introduction written." if value else "Own introduction removed.")
        elif name in PINS:
            words.append(f"{label} pinned: {value}." if value else f"{label} unpinned.")
    return " ".join(words) or "Nothing changed."
