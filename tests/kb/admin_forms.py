"""Filling in the admin's forms as a browser would: every field as it stands, then changes."""

from django.urls import reverse


def url(name: str, entry) -> str:
    return reverse(
        f"admin:{entry._meta.app_label}_{entry._meta.model_name}_{name}", args=[entry.pk]
    )


def fields_of(response) -> dict:
    """What a browser would post from this form if nothing were changed."""
    forms = [response.context["adminform"].form]
    data = {}
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for bound in form:
            data[bound.html_name] = _shown(bound)
    return data


def _shown(bound):
    value = bound.value()
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return [getattr(item, "pk", item) for item in value]
    return value


def save(client, entry, **changes):
    """Open the form of an entry, change some fields, save; the answer after the redirect."""
    response = client.get(url("change", entry))
    assert response.status_code == 200
    return client.post(url("change", entry), fields_of(response) | changes, follow=True)


def add_row(fields: dict, inline: str, **values) -> None:
    """Add a row to an inline of the form, as its button does."""
    number = int(fields[f"{inline}-TOTAL_FORMS"])
    fields[f"{inline}-TOTAL_FORMS"] = number + 1
    fields |= {f"{inline}-{number}-{name}": value for name, value in values.items()}


def errors_of(response) -> dict[str, list[str]]:
    """What is said at each field of a form, by the field's name in the page."""
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += inline.formset.forms
    return {
        form.add_prefix(name): list(errors)
        for form in forms
        for name, errors in form.errors.items()
    }
