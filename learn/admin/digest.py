"""The digest's coming weeks as a list to plan, a form for each day, and the days that have been."""

import datetime
import re
from itertools import groupby

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.text import get_text_list
from django.views.decorators.http import require_POST, require_safe
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from learn import digest, planning
from learn.converters import DayConverter
from learn.digest import PARTS
from learn.forms import DigestForm, said_of
from learn.ledger import DAY
from learn.models import Digest
from learn.planning import FEWEST, MOST, NAMES, PINS, CannotPlan, name_of


class DaysThatHaveBeen(ChangeList):
    def get_queryset(self, request, **kwargs):
        return super().get_queryset(request, **kwargs).filter(date__lt=digest.today())

    def url_for_result(self, result):
        return change_url(result.date)


@admin.register(Digest)
class DigestAdmin(ModelAdmin):
    """A day is addressed by its date: most days to come have no row."""

    form = DigestForm
    autocomplete_fields = PINS
    list_display = ["day", "topic_said", "problem_said", "case_study_said", "introduced", "pinned"]
    list_per_page = 56
    date_hierarchy = "date"
    ordering = ["-date"]
    search_fields = ["topic", "problem", "case_study", "introduction"]
    search_help_text = "A part of a slug, or of an own introduction."
    show_full_result_count = False
    actions = None
    warn_unsaved_form = True
    change_form_show_cancel_button = True
    change_form_outer_before_template = "learn/admin/digest_panel.html"
    fieldsets = [
        (
            "Pinned",
            {
                "fields": PINS,
                "description": "What is left empty, the schedule chooses.",
            },
        ),
        ("Introduction", {"fields": ["introduction", "seen"]}),
    ]

    # --- who may do what ---------------------------------------------------------------------

    def has_add_permission(self, request):
        # Every day is there already.
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        if obj is not None and not _may_be_planned(obj.date):
            return False
        return super().has_change_permission(request, obj)

    # --- one day -----------------------------------------------------------------------------

    def get_object(self, request, object_id, from_field=None):
        """The day of this date: its row, or for a day to come one that is not saved yet."""
        if not re.fullmatch(DayConverter.regex, object_id):
            return None
        try:
            date = datetime.date.fromisoformat(object_id)
        except ValueError:
            return None
        row = planning.chosen(date)
        return row if row.pk or _may_be_planned(date) else None

    def get_fieldsets(self, request, obj=None):
        # Of a day that has been, the panel says all.
        return super().get_fieldsets(request, obj) if obj and _may_be_planned(obj.date) else []

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            planning.lock()
            return super().changeform_view(request, object_id, form_url, extra_context)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        context = {"show_save_and_continue": False}
        if request.method == "GET" and (row := self.get_object(request, object_id)):
            context |= {"title": str(row), "subtitle": None} | self._panel(row)
        return super().change_view(request, object_id, form_url, context)

    def _panel(self, row: Digest) -> dict:
        """What the day shows, above its form."""
        if not _may_be_planned(row.date):
            day = digest.day(row.date)
            item = planning.Planned(day, row) if day else None
        else:
            (item,) = planning.planned([row.date])
        is_to_come = row.date > digest.today()
        return {
            "item": item,
            "is_today": row.date == digest.today(),
            "preview_url": day_url("preview", row.date) if is_to_come else "",
            "public_url": "" if is_to_come else f"/digest/{row.date}/",
        }

    def save_model(self, request, obj, form, change):
        planning.keep(obj)

    def save_related(self, request, form, formsets, change):
        """Nothing hangs on a day, and what was emptied has no row any more."""

    def log_change(self, request, obj, message):
        self._log(request, obj.date, message)

    def _log(self, request, date: datetime.date, message) -> None:
        # By date: a day that is emptied loses its row, and keeps its history.
        LogEntry.objects.create(
            user=request.user,
            content_type=ContentType.objects.get_for_model(Digest),
            object_id=str(date),
            object_repr=str(Digest(date=date)),
            action_flag=CHANGE,
            change_message=message,
        )

    def construct_change_message(self, request, form, formsets, add=False):
        return said_of(form)

    def response_change(self, request, obj):
        at_once = " Readers see it now." if obj.date == digest.today() else ""
        self.message_user(request, f"Saved: {name_of(obj.date)}.{at_once}", messages.SUCCESS)
        for sentence in planning.worth_knowing(obj):
            self.message_user(request, sentence, messages.WARNING)
        return HttpResponseRedirect(list_url(request, obj.date))

    # --- the coming weeks --------------------------------------------------------------------

    def get_urls(self):
        views = {"pin": self.pin, "unpin": self.unpin, "swap": self.swap}
        urls = [
            path(
                f"<day:date>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"learn_digest_{name}",
            )
            for name, view in views.items()
        ]
        pages = {"swap-with": self.swap_with, "preview": self.preview}
        urls += [
            path(
                f"<day:date>/{name}/",
                self.admin_site.admin_view(require_safe(view)),
                name=f"learn_digest_{name}",
            )
            for name, view in pages.items()
        ]
        archive = self.admin_site.admin_view(self.archive)
        return [*urls, path("past/", archive, name="learn_digest_past"), *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        self._needs_view(request)
        count = _count(request)
        days = planning.plan(count)
        pairs = zip(days, [*days[1:], None], strict=True)
        context = {
            "title": "The coming days",
            # Each day with the next one, week by week.
            "weeks": [
                (monday, list(pairs_of_week))
                for monday, pairs_of_week in groupby(pairs, key=lambda pair: pair[0].monday)
            ],
            "today": digest.today(),
            "count": count,
            "more": min(count + FEWEST, MOST) if count < MOST else 0,
            "fewest": FEWEST,
            "pinned": sum(part.is_pinned for item in days for part in item.parts),
            "introduced": sum(item.has_own_introduction for item in days),
            "last": days[-1].date,
            "may_change": super().has_change_permission(request),
            **(extra_context or {}),
        }
        return self._page(request, "digest_plan", context)

    def archive(self, request):
        """The days that have passed, as Django lists rows."""
        return super().changelist_view(request, {"title": "Days that have passed"})

    def get_changelist(self, request, **kwargs):
        return DaysThatHaveBeen

    def swap_with(self, request, date):
        """Choose the other day, and whether the whole day goes or a part of it."""
        self._needs_change(request)
        count = _count(request)
        days = planning.plan(count)
        item = next((item for item in days if item.date == date), None)
        if item is None:
            raise Http404
        context = {
            "title": f"Swap {name_of(date)}",
            "item": item,
            "others": [other for other in days if other.date != date],
            "today": digest.today(),
            "count": count,
            "back": list_url(request, date),
        }
        return self._page(request, "digest_swap", context)

    def preview(self, request, date):
        """A day to come as readers will see it, in a frame that cannot reach the admin."""
        self._needs_view(request)
        today = digest.today()
        if not today < date < today + MOST * DAY:
            raise Http404
        context = {
            "title": f"Preview: {name_of(date)}",
            "frame_url": reverse("preview-digest", args=[date]),
            "change_url": change_url(date),
            "previous": day_url("preview", date - DAY) if date - DAY > today else "",
            "next": day_url("preview", date + DAY),
            "back": list_url(request, date),
            "may_change": super().has_change_permission(request),
        }
        return self._page(request, "digest_preview", context)

    def pin(self, request, date):
        self._needs_change(request)
        parts = _parts(request)
        return self._do(
            request,
            [date],
            f"Pinned on {name_of(date)}: the {_listed(parts)} that stood there.",
            lambda: planning.pin(date, parts, request.POST.get("seen", "")),
        )

    def unpin(self, request, date):
        self._needs_change(request)
        parts = _parts(request)
        return self._do(
            request,
            [date],
            f"Left to the schedule again on {name_of(date)}: the {_listed(parts)}.",
            lambda: planning.unpin(date, parts, request.POST.get("seen", "")),
        )

    def swap(self, request, date):
        """`with` is the other day and what was seen of it, as 2026-12-05.1f0c…"""
        self._needs_change(request)
        other, _, seen_of_other = request.POST.get("with", "").partition(".")
        part = request.POST.get("part", "")
        if part and part not in PARTS:
            raise Http404
        try:
            other = datetime.date.fromisoformat(other)
        except ValueError:
            sentence = "No other day was chosen, so nothing was swapped."
            self.message_user(request, sentence, messages.ERROR)
            return HttpResponseRedirect(list_url(request, date))
        what = f"the {NAMES[part]} of each" if part else "everything"
        return self._do(
            request,
            [date, other],
            f"Swapped, {what}: {name_of(date)} and {name_of(other)}.",
            lambda: planning.swap(
                (date, request.POST.get("seen", "")), (other, seen_of_other), part
            ),
        )

    def _do(self, request, dates: list[datetime.date], sentence: str, do):
        try:
            do()
        except CannotPlan as exc:
            self.message_user(request, str(exc), messages.ERROR)
        else:
            for date in dates:
                self._log(request, date, sentence)
            self.message_user(request, sentence, messages.SUCCESS)
        return HttpResponseRedirect(list_url(request, dates[0]))

    def _needs_view(self, request) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _needs_change(self, request) -> None:
        if not super().has_change_permission(request):
            raise PermissionDenied

    def _page(self, request, name: str, context: dict):
        shared = self.admin_site.each_context(request) | {"opts": self.opts}
        return render(request, f"learn/admin/{name}.html", shared | context)

    # --- the days that have been -------------------------------------------------------------

    @admin.display(description="Day", ordering="date")
    def day(self, row):
        return name_of(row.date)

    @admin.display(description="Topic", ordering="topic")
    def topic_said(self, row):
        return _title(row, "topic")

    @admin.display(description="Problem", ordering="problem")
    def problem_said(self, row):
        return _title(row, "problem")

    @admin.display(description="Case study", ordering="case_study")
    def case_study_said(self, row):
        return _title(row, "case_study")

    @admin.display(description="Introduction")
    def introduced(self, row):
        return "own" if row.introduction else "made"

    @admin.display(description="Pinned")
    def pinned(self, row):
        names = [NAMES[part] for part in PARTS if getattr(row, f"pinned_{part}_id")]
        return ", ".join(names) or "-"


def change_url(date: datetime.date) -> str:
    return reverse("admin:learn_digest_change", args=[str(date)])


def day_url(name: str, date: datetime.date) -> str:
    return reverse(f"admin:learn_digest_{name}", args=[date])


def list_url(request, date: datetime.date) -> str:
    """Back to a day in the list, which stays as long as it was."""
    count = _count(request)
    query = f"?days={count}" if count > FEWEST else ""
    return f"{reverse('admin:learn_digest_changelist')}{query}#day-{date}"


def _count(request) -> int:
    """How many days are listed; `days` of the address or the form, within what there may be."""
    text = request.POST.get("days") or request.GET.get("days") or ""
    wanted = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else FEWEST
    return min(max(wanted, FEWEST), MOST)


def _parts(request) -> list[str]:
    """The part that a button names, or all of them."""
    part = request.POST.get("part", "")
    if part and part not in PARTS:
        raise Http404
    return [part] if part else list(PARTS)


def _listed(parts: list[str]) -> str:
    return get_text_list([NAMES[part] for part in parts], "and")


def _may_be_planned(date: datetime.date) -> bool:
    today = digest.today()
    return today <= date < today + MOST * DAY


def _title(row: Digest, part: str) -> str:
    kept = row.parts.get("shown") or row.parts.get("chosen") or {}
    said = kept.get(part)
    return said["title"] if said else "-"
