"""Revisions of an entry: to look at, to compare, to restore."""

import difflib

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, render

from kb import services
from kb.errors import ContentError
from kb.models import Revision


class RevisionPages:
    """The pages of an entry's revisions."""

    def revisions(self, request, object_id):
        """Every revision, and the difference between two of them or to the draft."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        entry = self.get_object(request, object_id)
        if entry is None:
            raise Http404
        revisions = list(
            Revision.objects.filter(type=entry.TYPE, slug=entry.slug)
            .select_related("author", "reviewer")
            .defer("document")
        )
        newest = revisions[0].number if revisions else 0
        chosen = _number(request.GET.get("number"), newest)
        other = _number(request.GET.get("from"), chosen - 1)
        context = self.admin_site.each_context(request) | {
            "title": f"Revisions: {entry.title}",
            "opts": self.opts,
            "entry": entry,
            "change_url": self.change_url(entry),
            "revisions": revisions,
            "chosen": chosen,
            "other": other,
            "lines": difference(entry, other, chosen),
            "may_edit": self.may_edit(request),
        }
        return render(request, "kb/admin/revisions.html", context)

    def restore(self, request, object_id, number):
        entry = self._entry(request, object_id, needs="edit")
        revision = get_object_or_404(Revision, type=entry.TYPE, slug=entry.slug, number=number)
        try:
            draft = services.restore(entry, revision, request.user)
        except ContentError as exc:
            return self._refused(request, entry, exc)
        return self._done(request, draft, f"The draft now has the text of revision {number}.")


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else default


def difference(entry, old: int, new: int) -> list[tuple[str, str]]:
    """(kind, line) of a unified difference between two revisions; kind is added, removed, …"""
    texts = dict(
        Revision.objects.filter(
            type=entry.TYPE, slug=entry.slug, number__in=[old, new]
        ).values_list("number", "document")
    )
    lines = difflib.unified_diff(
        texts.get(old, "").splitlines(),
        texts.get(new, "").splitlines(),
        f"revision {old}",
        f"revision {new}",
        lineterm="",
        n=3,
    )
    kinds = {"+": "added", "-": "removed", "@": "place"}
    return [(kinds.get(line[:1], "same"), line) for line in lines]
