"""Where an internal link of a text leads."""

from django.apps import apps

MODELS = {
    "case": "CaseStudy",
    "topic": "Topic",
    "technique": "Technique",
    "company": "Company",
    "plan": "StudyPlan",
}


def link_to(kind: str, slug: str) -> str | None:
    """The address of a published entry, None if it is not published. Raises KeyError."""
    model = apps.get_model("kb", MODELS[kind])
    entry = model.objects.current().only("slug", "state").filter(slug=slug).first()
    if entry is None:
        raise KeyError(slug)
    return entry.get_absolute_url() if entry.is_published else None
