"""The worklist of links that rot: what the checker found, and what a person makes of it."""

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Count, Q, Value, When
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_POST
from unfold.decorators import display

from kb.linkchecks import checks
from kb.models import Link
from rest.admin import ReadOnlyAdmin

MAY_LOOK_AFTER = "kb.change_link"
# Hosts to choose from: those with the most links that want a person.
SHOWN_HOSTS = 30
WANTS_A_PERSON = Q(state__in=["moved", "blocked", "dead"]) | Q(failures__gt=0)
# The worst first.
URGENCY = Case(
    *(
        When(state=state, then=Value(rank))
        for rank, state in enumerate(["dead", "blocked", "moved"])
    ),
    When(failures__gt=0, then=Value(3)),
    default=Value(4),
)


class PersonFilter(admin.SimpleListFilter):
    title = "worklist"
    parameter_name = "wants"

    def lookups(self, request, model_admin):
        return [("a-person", "wants a person"), ("nobody", "wants nobody")]

    def queryset(self, request, queryset):
        if self.value() == "a-person":
            return queryset.filter(WANTS_A_PERSON)
        return queryset.exclude(WANTS_A_PERSON) if self.value() == "nobody" else queryset


class HostFilter(admin.SimpleListFilter):
    title = "host"
    parameter_name = "of_host"

    def lookups(self, request, model_admin):
        hosts = Link.objects.filter(WANTS_A_PERSON).exclude(host="").order_by().values("host")
        counted = hosts.annotate(count=Count("pk")).order_by("-count", "host")[:SHOWN_HOSTS]
        return [(row["host"], f"{row['host']} ({row['count']})") for row in counted]

    def queryset(self, request, queryset):
        return queryset.filter(host=self.value()) if self.value() else queryset


@admin.register(Link)
class LinkAdmin(ReadOnlyAdmin):
    """Links that published entries cite; publishing makes them, and the checker visits them."""

    list_display = [
        *("url", "shown_state", "host", "failures", "checked_at", "next_check_at"),
        "cited_by",
    ]
    list_filter = [PersonFilter, "state", HostFilter, "checked_at"]
    list_per_page = 50
    ordering = [URGENCY, "url"]
    search_fields = ["url", "host", "moved_to"]
    show_full_result_count = False
    actions = ["check_selected", "found_fine_selected"]
    change_form_outer_before_template = "kb/admin/link_panel.html"
    readonly_fields = [
        *("address", "shown_state", "new_address", "host"),
        *("checked_at", "next_check_at", "failures", "first_failed_at", "cited_by", "history"),
    ]
    fieldsets = [
        (None, {"fields": ["address", "shown_state", "new_address", "host", "cited_by"]}),
        ("Times", {"fields": ["checked_at", "next_check_at", "failures", "first_failed_at"]}),
        ("Visits", {"fields": ["history"]}),
    ]

    # --- what is shown ------------------------------------------------------------------------

    @display(
        description="State",
        ordering="state",
        label={"answers": "success", "moved": "info", "blocked": "warning", "dead": "danger"},
    )
    def shown_state(self, link):
        return link.get_state_display()

    @admin.display(description="Address")
    def address(self, link):
        return _outside(link.url)

    @admin.display(description="Moved to")
    def new_address(self, link):
        return _outside(link.moved_to) if link.moved_to else "-"

    @admin.display(description="Cited by")
    def cited_by(self, link):
        entries = [
            (reverse(f"admin:kb_{entry._meta.model_name}_change", args=[entry.pk]), entry.title)
            for entry in link.cited_by
        ]
        return format_html_join(", ", '<a class="underline" href="{}">{}</a>', entries) or "-"

    @admin.display(description="Visits, the newest first")
    def history(self, link):
        rows = [
            (
                timezone.localtime(visit.at).strftime("%Y-%m-%d %H:%M"),
                visit.state,
                visit.status_code or "",
                visit.method,
                visit.detail,
                visit.location,
            )
            for visit in link.visits.all()
        ]
        cell = '<td class="py-1 pr-4 align-top">{}</td>'
        lines = format_html_join(
            "", f'<tr>{cell * 5}<td class="break-all py-1">{{}}</td></tr>', rows
        )
        return format_html('<table class="text-left">{}</table>', lines) if rows else "-"

    def get_changelist_instance(self, request):
        changelist = super().get_changelist_instance(request)
        _add_citations(changelist.result_list)
        return changelist

    def get_object(self, request, object_id, from_field=None):
        link = super().get_object(request, object_id, from_field)
        if link is not None:
            _add_citations([link])
        return link

    # --- what may be done ---------------------------------------------------------------------

    def has_look_after_permission(self, request) -> bool:
        return request.user.has_perm(MAY_LOOK_AFTER)

    @admin.action(description="Check now", permissions=["look_after"])
    def check_selected(self, request, queryset):
        self._check(request, list(queryset))

    @admin.action(description="Looked at by hand: fine", permissions=["look_after"])
    def found_fine_selected(self, request, queryset):
        self._found_fine(request, list(queryset))

    def get_urls(self):
        views = {"check": self.check_view, "fine": self.fine_view}
        urls = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"kb_link_{name}",
            )
            for name, view in views.items()
        ]
        return urls + super().get_urls()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        buttons = []
        if self.has_look_after_permission(request) and object_id.isdecimal():
            buttons = [
                ("Check now", reverse("admin:kb_link_check", args=[object_id])),
                ("Looked at by hand: fine", reverse("admin:kb_link_fine", args=[object_id])),
            ]
        context = {"buttons": buttons, "checks_are_on": settings.LINK_CHECKS}
        return super().change_view(request, object_id, form_url, context)

    def check_view(self, request, pk):
        return self._one(request, pk, self._check)

    def fine_view(self, request, pk):
        return self._one(request, pk, self._found_fine)

    def _one(self, request, pk, do):
        if not self.has_look_after_permission(request):
            raise PermissionDenied
        links = list(Link.objects.filter(pk=pk))
        if not links:
            raise Http404
        do(request, links)
        return HttpResponseRedirect(reverse("admin:kb_link_change", args=[pk]))

    def _check(self, request, links: list[Link]) -> None:
        checks.check_soon(links)
        LogEntry.objects.log_actions(request.user.pk, links, CHANGE, "To be checked.")
        if settings.LINK_CHECKS:
            sentence = f"To be checked within a few minutes: {len(links)}."
            self.message_user(request, sentence, messages.SUCCESS)
        else:
            sentence = (
                f"To be checked once the setting LINK_CHECKS is on: {len(links)}. It is off, so"
                " that nothing is visited."
            )
            self.message_user(request, sentence, messages.WARNING)

    def _found_fine(self, request, links: list[Link]) -> None:
        for link in links:
            checks.found_fine(link, request.user.get_username())
        LogEntry.objects.log_actions(request.user.pk, links, CHANGE, "Looked at by hand: fine.")
        sentence = f"Fine, and left alone for {checks.DAYS_AFTER_A_LOOK} days: {len(links)}."
        self.message_user(request, sentence, messages.SUCCESS)


def _add_citations(links) -> None:
    found = checks.citations(link.url for link in links)
    for link in links:
        link.cited_by = found.get(link.url, [])


def _outside(url: str):
    # A cited address may have any scheme; only what a browser may open becomes a link.
    if not url.startswith(("http://", "https://")):
        return url
    return format_html('<a class="break-all underline" rel="noreferrer" href="{0}">{0}</a>', url)
