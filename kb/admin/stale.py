"""The page of what has gone stale, with a link to mend each."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import render

from kb import stale
from kb.admin.drafts import admin_url


def stale_page(request):
    if not request.user.has_perm("kb.view_casestudy"):
        raise PermissionDenied
    lists = [
        {
            "heading": list_.heading,
            "what": list_.what,
            "count": list_.count,
            "more": max(0, list_.count - len(list_.found)),
            "rows": [(admin_url(row), title, why) for row, title, why in list_.found],
        }
        for list_ in stale.everything()
    ]
    context = admin.site.each_context(request) | {"title": "What has gone stale", "lists": lists}
    return render(request, "kb/admin/stale.html", context)
