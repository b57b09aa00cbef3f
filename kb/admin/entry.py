"""The curation that every type of entry shares: drafts, review, publishing, preview, history."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display

from kb import services
from kb.admin.drafts import DraftPages
from kb.admin.faults import FaultsAtFields
from kb.admin.history import RevisionPages
from kb.admin.parts import PartFormSet
from kb.editing import come_in
from kb.errors import ContentError
from kb.forms import EntryForm
from kb.models import State
from rest.limits import one_at_a_time

PUBLISH = "kb.publish"


class EntryAdmin(FaultsAtFields, RevisionPages, DraftPages, ModelAdmin):
    """A published or planned entry is shown; *Edit* makes the draft beside it, same form."""

    form = EntryForm
    list_display = ["title", "shown_state", "version", "author", "updated_at"]
    list_filter = ["state", "updated_at"]
    list_select_related = ["author", "draft_of"]
    search_fields = ["title", "slug", "summary"]
    show_full_result_count = False
    warn_unsaved_form = True
    change_form_outer_before_template = "kb/admin/entry_panel.html"
    actions = None
    # Django 5.2 warns of its change to https unless a URL field chooses.
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    @display(
        description="State",
        ordering="state",
        label={"draft": "warning", "in review": "info", "published": "success"},
    )
    def shown_state(self, entry):
        return entry.get_state_display()

    # --- who may do what ---------------------------------------------------------------------

    def has_change_permission(self, request, obj=None):
        if obj is not None and obj.is_resolvable:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        # Published entries are withdrawn and drafts discarded: revisions always stay.
        return False

    def may_edit(self, request) -> bool:
        return super().has_change_permission(request)

    def get_readonly_fields(self, request, obj=None):
        # The slug is the address; what was published once keeps it.
        fields = list(super().get_readonly_fields(request, obj))
        return [*fields, "slug"] if obj and (obj.draft_of_id or obj.version) else fields

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ["title"]}

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not self.has_change_permission(request, obj):
            return fieldsets
        return [*fieldsets, (None, {"fields": ["opened_at"]})]

    def get_formset_kwargs(self, request, obj, inline, prefix):
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        if issubclass(inline.formset, PartFormSet):
            # The rows of one form may name one another.
            if not hasattr(request, "formsets_of_form"):
                request.formsets_of_form = {}
            kwargs["siblings"] = request.formsets_of_form
        return kwargs

    # --- saving ------------------------------------------------------------------------------

    def save_model(self, request, obj, form, change):
        obj.author = request.user
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        services.edited_by(form.instance, request.user)
        come_in(form.instance, request.user)

    # --- the pages beside the form -----------------------------------------------------------

    def get_urls(self):
        names = {
            "edit": self.edit,
            "submit": self.submit,
            "send-back": self.send_back,
            "publish": self.publish,
            "withdraw": self.withdraw,
            "discard": self.discard,
        }
        urls = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=self._url_name(name),
            )
            for name, view in names.items()
        ]
        urls += [
            *self.draft_urls(),
            path(
                "<path:object_id>/revisions/",
                self.admin_site.admin_view(self.revisions),
                name=self._url_name("revisions"),
            ),
            path(
                "<path:object_id>/revisions/<int:number>/restore/",
                self.admin_site.admin_view(require_POST(self.restore)),
                name=self._url_name("restore"),
            ),
            path(
                "<path:object_id>/preview/",
                self.admin_site.admin_view(self.preview),
                name=self._url_name("preview"),
            ),
        ]
        return urls + super().get_urls()

    def _url_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def change_url(self, entry) -> str:
        return reverse(f"admin:{self._url_name('change')}", args=[entry.pk])

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        # Of two who save one draft at the same moment, or add two entries with one slug, the
        # second finds what the first saved.
        with transaction.atomic():
            one_at_a_time(f"{self.model.TYPE} {object_id or 'new'}")
            return super().changeform_view(request, object_id, form_url, extra_context)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        entry = self.get_object(request, object_id)
        context = {"panel": self.panel(request, entry) if entry else {}}
        if entry and self.has_change_permission(request, entry):
            context |= self.presence(request, entry)
        return super().change_view(request, object_id, form_url, context)

    def panel(self, request, entry) -> dict:
        """What the buttons above the form are made from."""
        draft = None
        if entry.is_resolvable:
            draft = self.model.objects.filter(draft_of=entry).first()
        may_edit, may_publish = self.may_edit(request), request.user.has_perm(PUBLISH)
        in_work = not entry.is_resolvable
        in_review = entry.state == State.IN_REVIEW or services.may_publish_alone()
        buttons = [
            ("edit", "Edit", may_edit and not in_work and draft is None),
            ("submit", "Submit for review", may_edit and entry.state == State.DRAFT),
            ("send-back", "Send back", may_publish and entry.state == State.IN_REVIEW),
            ("publish", "Publish", may_publish and in_work and (in_review or not entry.author_id)),
            ("discard", "Discard the draft", may_edit and bool(entry.draft_of_id)),
            *self.more_buttons(request, entry),
        ]
        return {
            "entry": entry,
            "seen": entry.updated_at.isoformat(),
            "pages": self.pages(request, entry, draft),
            "buttons": [
                (label, reverse(f"admin:{self._url_name(name)}", args=[entry.pk]), name)
                for name, label, shown in buttons
                if shown
            ],
        }

    def pages(self, request, entry, draft) -> list[tuple[str, str]]:
        """The pages beside the form: label and address."""
        pages = [
            ("Published entry", self.change_url(entry.draft_of) if entry.draft_of_id else ""),
            ("Its draft", self.change_url(draft) if draft else ""),
            ("View on site", entry.get_absolute_url() if entry.is_published else ""),
        ]
        named = [
            ("preview", "Preview"),
            ("revisions", "Revisions"),
            ("links-here", "What links here"),
            ("download", "Download"),
            *self.more_links(request, entry),
        ]
        if request.user.has_perm(PUBLISH) and entry.is_published:
            named.append(("links-here", "Withdraw…"))
        pages += [
            (label, reverse(f"admin:{self._url_name(name)}", args=[entry.pk]))
            for name, label in named
        ]
        return [(label, address) for label, address in pages if address]

    def more_buttons(self, request, entry) -> list[tuple[str, str, bool]]:
        """Buttons of one type: the name of the view, the label, whether it is shown."""
        return []

    def more_links(self, request, entry) -> list[tuple[str, str]]:
        """Links to pages of one type: the name of the view, and the label."""
        return []

    def _entry(self, request, object_id, *, needs: str):
        allowed = request.user.has_perm(PUBLISH) if needs == "publish" else self.may_edit(request)
        if not allowed:
            raise PermissionDenied
        if entry := self.get_object(request, object_id):
            return entry
        raise Http404

    def _done(self, request, entry, sentence: str):
        self.log_change(request, entry, sentence)
        self.message_user(request, sentence, messages.SUCCESS)
        return HttpResponseRedirect(self.change_url(entry))

    def _refused(self, request, entry, exc: Exception | str):
        for line in str(exc).split("\n"):
            self.message_user(request, line, messages.ERROR)
        return HttpResponseRedirect(self.change_url(entry))

    def edit(self, request, object_id):
        entry = self._entry(request, object_id, needs="edit")
        if not entry.is_resolvable:
            return HttpResponseRedirect(self.change_url(entry))
        draft = services.start_draft(entry, request.user)
        return self._done(request, draft, "This is the draft; readers go on seeing the old text.")

    def submit(self, request, object_id):
        entry = self._entry(request, object_id, needs="edit")
        if not services.submit_for_review(entry):
            return self._refused(request, entry, "Only a draft is submitted for review.")
        return self._done(request, entry, "Submitted for review.")

    def send_back(self, request, object_id):
        entry = self._entry(request, object_id, needs="publish")
        if not services.send_back(entry):
            return self._refused(request, entry, "It is not in review.")
        return self._done(request, entry, "Sent back to its author.")

    def publish(self, request, object_id):
        entry = self._entry(request, object_id, needs="publish")
        if entry.is_resolvable:
            return HttpResponseRedirect(self.change_url(entry))
        try:
            published = services.publish(entry, request.user, request.POST.get("seen", ""))
        except ContentError as exc:
            return self._refused(request, entry, exc)
        return self._done(request, published, f"Published as revision {published.version}.")

    def withdraw(self, request, object_id):
        entry = self._entry(request, object_id, needs="publish")
        if not entry.is_published:
            return self._refused(request, entry, "It is not published.")
        try:
            services.withdraw(entry)
        except ContentError as exc:
            return self._refused(request, entry, exc)
        return self._done(request, entry, "Withdrawn: readers no longer see it.")

    def discard(self, request, object_id):
        entry = self._entry(request, object_id, needs="edit")
        if not entry.draft_of_id:
            raise Http404
        published = entry.draft_of
        entry.delete()
        return self._done(request, published, "The draft was discarded.")

    def preview(self, request, object_id):
        """The page as readers will see it, in a frame that cannot reach the admin."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        entry = self.get_object(request, object_id)
        if entry is None:
            raise Http404
        context = self.admin_site.each_context(request) | {
            "title": f"Preview: {entry.title}",
            "opts": self.opts,
            "entry": entry,
            "change_url": self.change_url(entry),
            "frame_url": reverse("preview", args=[entry.TYPE, entry.pk]),
        }
        return render(request, "kb/admin/preview.html", context)


class DraftFilter(admin.SimpleListFilter):
    """Whether an entry has a draft beside it."""

    title = "draft"
    parameter_name = "has_draft"

    def lookups(self, request, model_admin):
        return [("yes", "with a draft beside it"), ("is", "is a draft")]

    def queryset(self, request, queryset):
        if self.value() == "yes":
            return queryset.filter(draft__isnull=False)
        if self.value() == "is":
            return queryset.in_work()
        return queryset
