"""Operators look after accounts, and cannot make anything more of themselves than operators."""

import pytest
from django.contrib.auth.models import Group, Permission, User

from tests.conftest import PASSWORD

USERS = "/admin/auth/user/"
pytestmark = pytest.mark.usefixtures("two_accounts_in_one_request")
NEW_PASSWORD = "quite another battery staple"


@pytest.fixture
def operator(client_as, oscar):
    return client_as(oscar)


def profile(user, **changes) -> dict:
    """The form of an account as a browser would send it, with everything that one might add."""
    joined = user.date_joined
    fields = {
        "username": user.username,
        "date_joined_0": f"{joined:%Y-%m-%d}",
        "date_joined_1": f"{joined:%H:%M:%S}",
        "is_active": "on",
    }
    return fields | changes


def all_rights() -> dict:
    return {
        "is_superuser": "on",
        "is_staff": "on",
        "groups": [group.pk for group in Group.objects.all()],
        "user_permissions": [right.pk for right in Permission.objects.all()],
    }


def test_an_operator_changes_what_a_learner_is_called(operator, ada):
    response = operator.post(f"{USERS}{ada.pk}/change/", profile(ada, first_name="Ada"))
    assert response.status_code == 302
    ada.refresh_from_db()
    assert ada.first_name == "Ada"


def test_an_operator_sets_a_learners_password(operator, ada):
    data = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert operator.post(f"{USERS}{ada.pk}/password/", data).status_code == 302
    ada.refresh_from_db()
    assert ada.check_password(NEW_PASSWORD)


@pytest.mark.parametrize("whom", ["oscar", "ada"])
def test_an_operator_gives_no_rights_to_anybody(operator, oscar, ada, whom):
    account = {"oscar": oscar, "ada": ada}[whom]
    before = set(account.groups.all()), account.is_staff
    response = operator.post(f"{USERS}{account.pk}/change/", profile(account, **all_rights()))
    assert response.status_code == 302
    account.refresh_from_db()
    assert not account.is_superuser
    assert (set(account.groups.all()), account.is_staff) == before
    assert not account.user_permissions.exists()


def test_an_operator_adds_an_account_without_rights(operator):
    data = {"username": "carl", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    response = operator.post(f"{USERS}add/", data | {"usable_password": "true"} | all_rights())
    assert response.status_code == 302
    carl = User.objects.get(username="carl")
    assert not carl.is_superuser
    assert not carl.is_staff
    assert not carl.groups.exists()


@pytest.mark.parametrize("whom", ["admin", "rita", "cora"])
def test_an_operator_takes_over_nobody_who_may_do_more(operator, request, whom):
    account = request.getfixturevalue(whom)
    data = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert operator.post(f"{USERS}{account.pk}/password/", data).status_code == 403
    response = operator.post(f"{USERS}{account.pk}/change/", profile(account, username="mine"))
    assert response.status_code == 403
    account.refresh_from_db()
    assert account.check_password(PASSWORD)
    assert account.username != "mine"


def test_an_account_that_is_locked_out_keeps_its_rights_and_its_protection(operator, rita):
    rita.is_active = False
    rita.save()
    assert operator.post(f"{USERS}{rita.pk}/change/", profile(rita)).status_code == 403
    rita.refresh_from_db()
    assert not rita.is_active


def test_an_operator_sees_accounts_that_it_may_not_change(operator, admin):
    page = operator.get(f"{USERS}{admin.pk}/change/")
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()


def test_whoever_may_change_groups_still_gives_no_rights_by_them(client_as, oscar):
    oscar.user_permissions.set(Permission.objects.filter(content_type__model="group"))
    group = Group.objects.get(name="operator")
    data = {"name": "operator", "permissions": [right.pk for right in Permission.objects.all()]}
    url = f"/admin/auth/group/{group.pk}/change/"
    assert client_as(oscar).post(url, data).status_code == 403


def test_a_superuser_gives_rights(client_as, admin, ada):
    reviewers, _ = Group.objects.get_or_create(name="reviewer")
    data = profile(ada, is_staff="on", groups=[reviewers.pk])
    assert client_as(admin).post(f"{USERS}{ada.pk}/change/", data).status_code == 302
    ada.refresh_from_db()
    assert ada.is_staff
    assert list(ada.groups.all()) == [reviewers]
