"""What an operator sees of jobs and datasets, and what may be done with jobs."""

import uuid
from collections import Counter
from typing import ClassVar

import orjson
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.db.models.functions import Left, Length
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_POST
from unfold.decorators import display

from compute import services
from compute.errors import ComputeError
from compute.models import Dataset, Job
from compute.work import TIME_LIMIT, WORKER_LOST
from rest.admin import ReadOnlyAdmin

MAY_OPERATE = "compute.operate_job"
# Of parameters and result, so that the page stays one.
SHOWN_CHARACTERS = 4_000
# Each is a new row with all of its parameters.
MOST_RUN_AGAIN = 100
ERROR_CODES = (TIME_LIMIT, WORKER_LOST, "memory-limit", "failed", "internal")


class OwnerFilter(admin.SimpleListFilter):
    title = "owner"
    parameter_name = "owned"
    conditions: ClassVar = {
        "account": Q(owner__isnull=False),
        "stranger": Q(owner=None, client__gt=""),
        "deleted": Q(owner=None, client=""),
    }

    def lookups(self, request, model_admin):
        return [
            ("account", "an account"),
            ("stranger", "nobody who signed in"),
            ("deleted", "a deleted account"),
        ]

    def queryset(self, request, queryset):
        return queryset.filter(self.conditions.get(self.value(), Q()))


class ErrorFilter(admin.SimpleListFilter):
    # A list of its own: to find the codes that there are, all rows would be read.
    title = "error"
    parameter_name = "error"

    def lookups(self, request, model_admin):
        return [(code, code) for code in ERROR_CODES]

    def queryset(self, request, queryset):
        return queryset.filter(error_code=self.value()) if self.value() else queryset


class WorkAdmin(ReadOnlyAdmin):
    """What the admin's lists of all work share: light rows, found by what is indexed."""

    list_per_page = 50
    search_fields = ["id", "request_id", "owner__username"]
    search_help_text = "The whole of its id, of a request's id, or of an owner's name."
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_queryset(self, request):
        return super().get_queryset(request).light()

    def get_readonly_fields(self, request, obj=None):
        return [name for _, options in self.fieldsets for name in options["fields"]]

    def get_search_results(self, request, queryset, search_term):
        """By what is indexed, and whole: to search in parts of words would read every row."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(pk=uuid.UUID(term)), False
        except ValueError:
            pass
        owners = get_user_model().objects.filter(username=term)
        owner = owners.values_list("pk", flat=True).first()
        found = Q(request_id=term, request_id__gt="")
        return queryset.filter(found | Q(owner=owner) if owner else found), False

    @display(
        description="State",
        ordering="state",
        label={"Running": "info", "Succeeded": "success", "Failed": "danger"},
    )
    def shown_state(self, work):
        return work.get_state_display()


@admin.register(Job)
class JobAdmin(WorkAdmin):
    """Jobs to look at, to cancel and to run again; the API makes them, and nothing edits them."""

    list_display = [
        *("id", "kind", "shown_state", "owner", "attempt", "waited", "computed"),
        *("error_code", "created_at"),
    ]
    list_filter = ["state", "kind", OwnerFilter, "created_at", ErrorFilter]
    list_select_related = ["owner"]
    actions = ["cancel_selected", "run_selected_again"]
    change_form_outer_before_template = "compute/admin/job_panel.html"
    fieldsets = [
        (None, {"fields": ["id", "kind", "version", "label", "owner", "request_id"]}),
        ("State", {"fields": ["shown_state", "progress", "attempt", "error_code", "error_detail"]}),
        (
            "Times",
            {
                "fields": [
                    *("created_at", "started_at", "finished_at"),
                    *("waited", "computed", "seconds", "time_limit"),
                ]
            },
        ),
        ("Parameters and result", {"fields": ["parameters", "answer", "charts"]}),
    ]

    # --- what is shown ------------------------------------------------------------------------

    @admin.display(description="Waited")
    def waited(self, job):
        return _seconds(job.created_at, job.started_at or job.finished_at)

    @admin.display(description="Computed")
    def computed(self, job):
        return _seconds(job.started_at, job.finished_at) if job.started_at else "-"

    @admin.display(description="Progress")
    def progress(self, job):
        return f"{job.progress_fraction:.0%} {job.progress_message}".strip()

    @admin.display(description="Parameters")
    def parameters(self, job):
        text = orjson.dumps(job.params, option=orjson.OPT_INDENT_2).decode()
        return _preformatted(text[:SHOWN_CHARACTERS], len(text))

    @admin.display(description="Result")
    def answer(self, job):
        # A result may have 30 MB; the database cuts it.
        row = Job.objects.filter(pk=job.pk, result__isnull=False)
        found = row.values_list(Left("result", SHOWN_CHARACTERS), Length("result")).first()
        return _preformatted(*found) if found else "-"

    @admin.display(description="Charts")
    def charts(self, job):
        base = f"/api/v1/compute/jobs/{job.pk}/charts"
        links = [(f"{base}/{chart.name}.svg", chart.title) for chart in job.charts]
        return format_html_join(", ", '<a class="underline" href="{}">{}</a>', links) or "-"

    # --- what may be done ---------------------------------------------------------------------

    def has_operate_permission(self, request) -> bool:
        return request.user.has_perm(MAY_OPERATE)

    @admin.action(description="Cancel", permissions=["operate"])
    def cancel_selected(self, request, queryset):
        self._cancel(request, queryset, queryset.count())

    @admin.action(description="Run again", permissions=["operate"])
    def run_selected_again(self, request, queryset):
        if (count := queryset.count()) > MOST_RUN_AGAIN:
            sentence = f"{count} jobs are too many; at most {MOST_RUN_AGAIN} are run again at once."
            self.message_user(request, sentence, messages.ERROR)
            return
        self._run_again(request, queryset)

    def get_urls(self):
        views = {"cancel": self.cancel_view, "run-again": self.run_again_view}
        urls = [
            path(
                f"<uuid:pk>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"compute_job_{name}",
            )
            for name, view in views.items()
        ]
        return urls + super().get_urls()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        job = self.get_object(request, object_id)
        buttons = []
        if job and self.has_operate_permission(request):
            name, label = ("run-again", "Run again") if job.is_ended else ("cancel", "Cancel")
            buttons.append((label, reverse(f"admin:compute_job_{name}", args=[job.pk])))
        return super().change_view(request, object_id, form_url, {"buttons": buttons})

    def cancel_view(self, request, pk):
        jobs = self._one(request, pk)
        self._cancel(request, jobs, 1)
        return HttpResponseRedirect(_change_url(pk))

    def run_again_view(self, request, pk):
        new = self._run_again(request, self._one(request, pk))
        return HttpResponseRedirect(_change_url(new[0].pk if new else pk))

    def _one(self, request, pk):
        if not self.has_operate_permission(request):
            raise PermissionDenied
        jobs = Job.objects.filter(pk=pk)
        if not jobs.exists():
            raise Http404
        return jobs

    def _cancel(self, request, queryset, count: int) -> None:
        jobs = services.cancel_jobs(Job.objects.filter(pk__in=queryset.order_by().values("pk")))
        self._tell(request, "Cancelled", jobs)
        if count > len(jobs):
            sentence = f"{count - len(jobs)} had ended already, and stay as they are."
            self.message_user(request, sentence, messages.WARNING)

    def _run_again(self, request, queryset) -> list[Job]:
        new, refused = [], Counter()
        pks = list(queryset.values_list("pk", flat=True))
        jobs = Job.objects.filter(pk__in=pks).defer("result").select_related("owner")
        # Few at once: each may have megabytes of parameters.
        for job in jobs.iterator(chunk_size=10):
            try:
                new.append(services.run_again(job))
            except ComputeError as exc:
                refused[str(exc)] += 1
        self._tell(request, "Submitted anew", new)
        for reason, count in refused.items():
            sentence = f"{count} could not be run again: {reason}"
            self.message_user(request, sentence, messages.ERROR)
        return new

    def _tell(self, request, what: str, jobs: list[Job]) -> None:
        """Say it to the operator, and keep who did it."""
        if jobs:
            LogEntry.objects.log_actions(request.user.pk, jobs, CHANGE, f"{what}.")
            self.message_user(request, f"{what}: {len(jobs)}.", messages.SUCCESS)


def _seconds(start, end) -> str:
    """How long, such as 0.012 s; until now where it has no end yet."""
    seconds = ((end or timezone.now()) - start).total_seconds()
    return f"{seconds:.3f} s" if seconds < 10 else f"{seconds:,.0f} s"


def _preformatted(text: str, length: int):
    cut = f"\n… ({length:,} characters)" if length > len(text) else ""
    return format_html('<pre class="overflow-x-auto whitespace-pre-wrap">{}{}</pre>', text, cut)


def _change_url(pk) -> str:
    return reverse("admin:compute_job_change", args=[pk])


@admin.register(Dataset)
class DatasetAdmin(ReadOnlyAdmin):
    """Datasets of learners: whose they are and how large, not what is in them."""

    list_display = ["id", "owner", "rows", "users", "items", "size", "created_at", "expires_at"]
    list_select_related = ["owner"]
    search_fields = ["id", "owner__username"]
