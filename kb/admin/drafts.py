"""Pages beside the form of an entry: upload, download, what links here, who else is here."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe
from unfold.widgets import UnfoldAdminFileFieldWidget

from kb import services
from kb.backlinks import links_to
from kb.document import MAX_BYTES
from kb.drafts import CannotUpload, DraftInTheWay, put_draft, read_upload
from kb.editing import come_in, others_in
from kb.errors import CannotPublish
from kb.fields import DocumentError
from kb.models.entry import Entry

# What a browser sends around a file, besides it.
AROUND = 20_000
TOO_LARGE = f"The file is larger than {MAX_BYTES:,} bytes, which no document is."


class UploadForm(forms.Form):
    document = forms.FileField(widget=UnfoldAdminFileFieldWidget, label="File (.md)")


class DraftPages:
    """Mixed into the admin of a type of entry."""

    list_before_template = "kb/admin/list_panel.html"

    def draft_urls(self):
        pages = {
            "download": require_safe(self.download),
            "links-here": require_safe(self.links_here),
            "here": require_POST(self.here),
        }
        urls = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(view),
                name=self._url_name(name),
            )
            for name, view in pages.items()
        ]
        # Without the decorator the whole file would be read before its size is looked at.
        upload = path(
            "upload/",
            self.admin_site.admin_view(csrf_exempt(self.upload)),
            name=self._url_name("upload"),
        )
        return [upload, *urls]

    def changelist_view(self, request, extra_context=None):
        upload_url = ""
        if self.has_add_permission(request) and self.may_edit(request):
            upload_url = reverse(f"admin:{self._url_name('upload')}")
        return super().changelist_view(request, (extra_context or {}) | {"upload_url": upload_url})

    # --- files --------------------------------------------------------------------------------

    def upload(self, request):
        """A document as a draft; what is wrong with it is said with file and line."""
        if not (self.has_add_permission(request) and self.may_edit(request)):
            raise PermissionDenied
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > MAX_BYTES * 4 + AROUND:
            # Nothing was read, so nothing of the form is known: no token, and no change.
            request._read_started = True
            return self._upload_page(request, UploadForm(), [TOO_LARGE], status=413)
        return csrf_protect(self._uploaded)(request)

    def _uploaded(self, request):
        if request.method != "POST":
            return self._upload_page(request, UploadForm(), [])
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._upload_page(request, form, [], status=400)
        file = form.cleaned_data["document"]
        if file.size > MAX_BYTES * 4:
            return self._upload_page(request, UploadForm(), [TOO_LARGE], status=413)
        in_the_way = None
        try:
            read = read_upload(self.model, file.read(), file.name)
            draft = put_draft(self.model, read, request.user, request.POST.get("replace", ""))
        except DraftInTheWay as exc:
            faults, in_the_way = [str(exc)], exc.draft
        except (DocumentError, CannotUpload) as exc:
            faults = str(exc).split("\n")
        else:
            self.log_change(request, draft, f"Uploaded from {file.name}.")
            self.message_user(
                request, f"The draft now has the text of {file.name}.", messages.SUCCESS
            )
            return HttpResponseRedirect(self.change_url(draft))
        return self._upload_page(request, UploadForm(), faults, in_the_way, status=400)

    def _upload_page(self, request, form, faults, in_the_way: Entry | None = None, status=200):
        context = self.admin_site.each_context(request) | {
            "title": f"Upload a document: {self.opts.verbose_name}",
            "opts": self.opts,
            "form": form,
            "faults": faults,
            "in_the_way": in_the_way,
            "seen": in_the_way.updated_at.isoformat() if in_the_way else "",
            "draft_url": self.change_url(in_the_way) if in_the_way else "",
            "list_url": reverse(f"admin:{self._url_name('changelist')}"),
        }
        return render(request, "kb/admin/upload.html", context, status=status)

    def download(self, request, object_id):
        """The entry's document, as `manage.py export_content` writes it."""
        entry = self._seen(request, object_id)
        try:
            text = entry.dump_text(services.document_of(entry))
        except CannotPublish as exc:
            return self._refused(request, entry, exc)
        response = HttpResponse(text, content_type="text/markdown; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{entry.slug}.md"'
        return response

    # --- what links here ----------------------------------------------------------------------

    def links_here(self, request, object_id):
        entry = self._seen(request, object_id)
        links = [
            {
                "entry": link.entry,
                "how": link.how,
                "type": link.entry._meta.verbose_name,
                "url": admin_url(link.entry),
                "is_draft": bool(link.entry.draft_of_id),
            }
            for link in links_to(entry)
        ]
        may_withdraw = request.user.has_perm("kb.publish") and entry.is_published
        context = self.admin_site.each_context(request) | {
            "title": f"What links here: {entry.title}",
            "opts": self.opts,
            "entry": entry,
            "links": links,
            "published": sum(link["entry"].is_published for link in links),
            "change_url": self.change_url(entry),
            "withdraw_url": reverse(f"admin:{self._url_name('withdraw')}", args=[entry.pk])
            if may_withdraw
            else "",
        }
        return render(request, "kb/admin/links_here.html", context)

    # --- who else is here ---------------------------------------------------------------------

    def here(self, request, object_id):
        """The open form says every half minute that it is open, and hears of others."""
        if not self.may_edit(request):
            raise PermissionDenied
        entry = self.get_object(request, object_id)
        if entry is None or entry.is_resolvable:
            raise Http404
        come_in(entry, request.user)
        return JsonResponse({"others": others_in(entry, request.user)})

    def presence(self, request, entry) -> dict:
        return {
            "others": others_in(entry, request.user),
            "here_url": reverse(f"admin:{self._url_name('here')}", args=[entry.pk]),
        }

    def _seen(self, request, object_id) -> Entry:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if entry := self.get_object(request, object_id):
            return entry
        raise Http404


def admin_url(row) -> str:
    """The page of a row in the admin."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
