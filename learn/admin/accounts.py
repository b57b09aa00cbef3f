from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import Q
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from learn.accounts import drop_awaited_email, revoke_all
from learn.deletion import NOBODY, check_superusers, delete_account, delete_accounts
from learn.errors import LastSuperuser

admin.site.unregister(User)
admin.site.unregister(Group)
# The address of an account is a field of its form.
admin.site.unregister(EmailAddress)

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class PasswordForm(AdminPasswordChangeForm):
    """Whoever knew the old password loses what it gave: tokens, and a new address that waits."""

    def save(self, commit=True):
        with transaction.atomic():
            user = super().save(commit)
            revoke_all(user)
            drop_awaited_email(user)
        return user


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """Only superusers give rights; nobody takes over an account that may do more than their own."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = PasswordForm

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, *RIGHTS)

    def has_change_permission(self, request, obj=None):
        """Whoever may change an account may set its password, and sign in with it."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or _may_no_more(obj, request.user))

    def has_delete_permission(self, request, obj=None):
        allowed = super().has_delete_permission(request, obj)
        if obj is None or not allowed:
            return allowed
        return obj.username != NOBODY and _may_no_more(obj, request.user)

    def get_deleted_objects(self, objs, request):
        """What to ask before accounts are deleted: the accounts, not each row of thousands.

        Nor does it take a right to delete the jobs of others to delete an account with its jobs.
        """
        accounts = [str(account) for account in objs]
        forbidden = {
            self.opts.verbose_name
            for account in objs
            if not self.has_delete_permission(request, account)
        }
        try:
            check_superusers(objs)
        except LastSuperuser as exc:
            return accounts, {}, forbidden, [str(exc)]
        return accounts, {"accounts, with all that is theirs": len(accounts)}, forbidden, []

    def delete_model(self, request, obj):
        delete_account(obj)

    def delete_queryset(self, request, queryset):
        delete_accounts(list(queryset))


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """A group is a set of rights: superusers only."""

    def has_add_permission(self, request):
        return request.user.is_superuser

    def has_change_permission(self, request, obj=None):
        return request.user.is_superuser

    def has_delete_permission(self, request, obj=None):
        return request.user.is_superuser


def _may_no_more(account: User, user: User) -> bool:
    """Whether an account's rights are among those of a user.

    An account that is locked out counts as if it were not: it can be opened again.
    """
    if user.is_superuser:
        return True
    if account.is_superuser:
        return False
    rights = Permission.objects.filter(Q(user=account) | Q(group__user=account))
    names = rights.values_list("content_type__app_label", "codename")
    return user.has_perms([f"{app}.{codename}" for app, codename in names])
