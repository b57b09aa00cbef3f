from unfold.admin import ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Rows to look at: something else makes them, and nobody edits them by hand."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
