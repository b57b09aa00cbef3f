from django.contrib import admin
from unfold.admin import ModelAdmin

from compute.models import Job


@admin.register(Job)
class JobAdmin(ModelAdmin):
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

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
