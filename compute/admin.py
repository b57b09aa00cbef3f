from django.contrib import admin

from compute.models import Job
from rest.admin import ReadOnlyAdmin


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Jobs to look at; the API makes them, and nothing edits them."""

    list_display = ["id", "kind", "state", "owner", "attempt", "seconds", "created_at"]
    list_filter = ["state", "kind", "created_at"]
    list_select_related = ["owner"]
    search_fields = ["id", "label", "owner__username", "error_detail"]
    show_full_result_count = False
    exclude = ["result"]

    def get_queryset(self, request):
        return super().get_queryset(request).light()

    def get_readonly_fields(self, request, obj=None):
        return [field.name for field in Job._meta.fields if field.name != "result"] + ["answer"]

    @admin.display(description="Result")
    def answer(self, job):
        text = job.result or ""
        return text if len(text) <= 4000 else f"{text[:4000]}… ({len(text):,} characters)"
