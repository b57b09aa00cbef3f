"""The commands that make roles and the first account."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command

from problems.models import HintReveal


def rights(role: str) -> set[str]:
    permissions = Group.objects.get(name=role).permissions.select_related("content_type")
    return {f"{right.content_type.app_label}.{right.codename}" for right in permissions}


def test_a_role_gets_the_permissions_of_its_own_apps_only(db):
    # As if another app had a model of the same name.
    other = ContentType.objects.get_for_model(HintReveal)
    Permission.objects.create(content_type=other, codename="change_topic", name="Another topic")
    call_command("make_roles", stdout=StringIO())
    assert "kb.change_topic" in rights("curator")
    assert "problems.change_topic" not in rights("curator")
    assert rights("reviewer") - rights("curator") == {"kb.publish"}
    assert {"auth.change_user", "compute.view_job"} <= rights("operator")


def test_no_role_may_change_rights_or_delete(db):
    call_command("make_roles", stdout=StringIO())
    for role in ("curator", "reviewer", "operator"):
        names = {right.partition(".")[2] for right in rights(role)}
        assert not {name for name in names if name.startswith("delete_")}
        assert not names & {"change_group", "add_group", "change_permission"}


def test_an_account_whose_password_cannot_be_kept_is_not_made(db, settings, tmp_path):
    settings.VAR_DIR = tmp_path / "nothing here"
    with pytest.raises(FileNotFoundError):
        call_command("make_admin", stdout=StringIO())
    assert not User.objects.exists()
    settings.VAR_DIR = tmp_path
    call_command("make_admin", stdout=StringIO())
    assert User.objects.get().is_superuser
