"""The pages of the digest: a day, today's, and all of them by month."""

from itertools import groupby

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from learn import digest
from learn.feed import PATH, title_of
from learn.ledger import DAY

DAYS_ON_A_PAGE = 60


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
    first = today - DAY * (len(digest.days()) - 1)
    return render(
        request,
        "web/digest_day.html",
        {
            "day": found,
            "heading": title_of(found),
            "is_today": date == today,
            "previous": date - DAY if date > first else None,
            "next": date + DAY if date < today else None,
            "feed_url": PATH,
        },
    )
