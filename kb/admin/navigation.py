"""The admin's sidebar for who curates; under *All applications* stands everything."""

from django.urls import reverse

from kb.models import ComponentType, Link, Quantity, Unit
from kb.models.entry import Entry


def sidebar(request) -> list[dict]:
    stale = _page("What has gone stale", "kb_stale", _may_view("kb", "casestudy"), icon="history")
    days = _page(
        "The coming days", "learn_digest_changelist", _may_view("learn", "digest"), icon="event"
    )
    groups = {
        "Digest": [days],
        "Content": [_item(model) for model in Entry.__subclasses__()],
        "Vocabulary": [_item(model) for model in (ComponentType, Quantity, Unit)],
        "To look after": [stale, _item(Link, "Links that rot")],
    }
    return [{"title": title, "items": items} for title, items in groups.items()]


def _page(title: str, name: str, permission, icon: str) -> dict:
    link = reverse(f"admin:{name}")
    return {"title": title, "icon": icon, "link": link, "permission": permission}


def _item(model, title: str = "") -> dict:
    opts = model._meta
    return {
        "title": title or str(opts.verbose_name_plural).capitalize(),
        "link": reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"),
        "permission": _may_view(opts.app_label, opts.model_name),
    }


def _may_view(app: str, model: str):
    return lambda request: request.user.has_perm(f"{app}.view_{model}")
