"""The pages of the digest: a day, today's, and all of them by month."""

import datetime
from itertools import groupby

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from learn import digest
from learn.feed import PATH, title_of

DAYS_ON_A_PAGE = 60
A_DAY = datetime.timedelta(days=1)


class DateConverter:
    """A day in an address, as ISO 8601 writes it."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
    to_python = staticmethod(datetime.date.fromisoformat)
    to_url = staticmethod(str)


@require_safe
def archive(request):
    page = Paginator(digest.days(), DAYS_ON_A_PAGE).get_page(request.GET.get("page"))
    months = groupby(page, key=lambda day: day.date.replace(day=1))
    return render(
        request,
        "web/digest_archive.html",
        {
            "page": page,
            "months": [(month, list(days)) for month, days in months],
            "today": digest.today(),
            "feed_url": PATH,
        },
    )


@require_safe
def today(request):
    return redirect("digest-day", digest.today())


@require_safe
def day(request, date):
    found = digest.day(date)
    if found is None:
        raise Http404("There is no digest of this day.")
    today = digest.today()
    first = today - A_DAY * (len(digest.days()) - 1)
    return render(
        request,
        "web/digest_day.html",
        {
            "day": found,
            "heading": title_of(found),
            "is_today": date == today,
            "previous": date - A_DAY if date > first else None,
            "next": date + A_DAY if date < today else None,
            "feed_url": PATH,
        },
    )
