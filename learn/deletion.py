"""Deleting an account, with all that is its owner's: the one way for API, page and admin.

What others go on using stays without a name: jobs that succeeded, published revisions, and the
admin's log. Backups are not touched; an account is in them until they are deleted.
"""

from collections.abc import Collection

from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction

from compute.services import let_go_of_jobs
from compute.uploads import delete_all_of
from compute.work import kinds_of_work
from learn.errors import LastSuperuser
from rest.limits import one_at_a_time
from rest.models import IdempotencyKey

# Who did what is asked of the log long after the person has gone. No form takes a name with blanks,
# so that nobody ever signs in as this one.
NOBODY = "(deleted account)"
SESSIONS_AT_A_TIME = 1000


def delete_account(user: User) -> None:
    """Raises LastSuperuser, and has then deleted nothing."""
    delete_accounts([user])


def delete_accounts(users: Collection[User]) -> None:
    """All of them, or none. Raises LastSuperuser."""
    # Before anything is locked, as each is read. One that begins meanwhile is nobody's in the end.
    sessions = _sessions_of(users)
    with transaction.atomic():
        # Of two superusers who go at the same moment the second sees that the first has.
        one_at_a_time("superusers")
        check_superusers(users)
        for user in users:
            _delete(user)
        Session.objects.filter(pk__in=sessions).delete()


def check_superusers(users: Collection[User]) -> None:
    """Raises LastSuperuser where without these accounts no active superuser is left."""
    superusers = User.objects.filter(is_superuser=True, is_active=True)
    among_them = {"pk__in": [user.pk for user in users]}
    going = list(superusers.filter(**among_them).order_by("username"))
    if going and not superusers.exclude(**among_them).exists():
        raise LastSuperuser(
            f"Without {' and '.join(user.get_username() for user in going)} nobody here could give"
            " rights to anybody. Make another account a superuser first."
        )


def _delete(user: User) -> None:
    # First of all: PostgreSQL holds a row whose unique column changes as one that is deleted, so
    # that nothing more can come to belong to it. What other requests of the same person are about
    # to write waits until the account has gone, and is refused.
    User.objects.filter(pk=user.pk).update(username=f"(deleting {user.pk})")
    _keep_log(user)
    works = [model for model in kinds_of_work() if not model.IS_PART]
    for model in works:
        made = model.objects.of(user).order_by().values("pk")
        IdempotencyKey.objects.filter(made__in=made).delete()
    let_go_of_jobs(user)
    delete_all_of(user)
    # All else goes with the row, or is left without an author, as each foreign key says. The object
    # that the caller holds keeps its key.
    User.objects.filter(pk=user.pk).delete()


def _keep_log(user: User) -> None:
    """Leave the admin's log as it is, save for the name."""
    own = LogEntry.objects.filter(user=user)
    if own.exists():
        nobody, _ = User.objects.get_or_create(
            username=NOBODY, defaults={"is_active": False, "password": make_password(None)}
        )
        own.update(user=nobody)
    # What is called by the name or an address of its owner.
    named = (User.objects.filter(pk=user.pk), user.auth_token_set, user.emailaddress_set)
    types = ContentType.objects.get_for_models(*(rows.model for rows in named))
    for rows in named:
        pks = [str(pk) for pk in rows.values_list("pk", flat=True)]
        about = LogEntry.objects.filter(content_type=types[rows.model], object_id__in=pks)
        about.update(object_repr=NOBODY)


def _sessions_of(users: Collection[User]) -> list[str]:
    """The keys of their sessions; a session says whose it is only in what it holds."""
    pks = {str(user.pk) for user in users}
    sessions = Session.objects.iterator(chunk_size=SESSIONS_AT_A_TIME)
    return [row.pk for row in sessions if row.get_decoded().get(SESSION_KEY) in pks]
