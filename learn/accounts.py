"""Accounts: their names, e-mail addresses, passwords and tokens.

`User.email` is the address of an account; a row of allauth's EmailAddress says whether it was
confirmed, and holds one that is to replace it.
"""

import datetime
import re
from collections.abc import Iterable
from itertools import islice

from allauth.account.models import EmailAddress
from allauth.account.utils import url_str_to_user_pk, user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator, default_token_generator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from knox.models import AuthToken

from rest.limits import one_at_a_time

SHORTEST_NAME, LONGEST_NAME = 2, 40
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
NAME_RULE = (
    f"{SHORTEST_NAME} to {LONGEST_NAME} letters from a to z, digits, dots, hyphens and underscores;"
    " the first and the last a letter or a digit."
)
LONGEST_PASSWORD = 1000
LONGEST_EMAIL = 254
# Accounts with one address whose password is tried; and that get a link in one mail.
MOST_OWNERS = 3
MOST_LINKS = 20

SEPARATORS = re.compile(r"[._-]+")
LOOK_ALIKE = str.maketrans("01345i7", "oleaslt")
OFFICES = [
    *("admin", "administrator", "casebook", "curator", "hostmaster", "moderator", "noreply"),
    *("official", "operator", "postmaster", "reviewer", "root", "security", "staff", "superuser"),
    *("support", "sysadmin", "system", "webmaster"),
]


# --- Names -----------------------------------------------------------------------------------


def check_new_name(name: str) -> None:
    """Raises ValidationError for a name that nobody may choose, or that somebody has."""
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME or not NAME.fullmatch(name):
        raise ValidationError(f"A user name has {NAME_RULE}")
    if _sounds_official(name):
        raise ValidationError(
            f"“{name}” could be taken for somebody who runs this site. Choose another user name."
        )
    check_name_is_free(name)


def check_name_is_free(name: str) -> None:
    """Raises ValidationError; “Ada” is taken where there is an “ada”."""
    if User.objects.filter(username__iexact=name).exists():
        raise ValidationError(f"“{name}” is taken. Choose another user name.")


def _sounds_official(name: str) -> bool:
    """Whether a word of it is an office, also with other letters that look like its own."""
    words = [*SEPARATORS.split(name), SEPARATORS.sub("", name)]
    words += [word.rstrip("0123456789") for word in words]
    return any(_plain(word) in PLAIN_OFFICES for word in words)


def _plain(word: str) -> str:
    return word.lower().replace("rn", "m").replace("vv", "w").translate(LOOK_ALIKE)


PLAIN_OFFICES = {_plain(office) for office in OFFICES}


def accounts_of(login: str) -> list[User]:
    """Whom somebody who signs in may mean: one by user name, or a few by e-mail address.

    Of an address first whoever confirmed it, then the oldest. Those who only named it stay among
    them: else they would learn that somebody confirmed it.
    """
    named = User.objects.filter(username=login).first()
    if named or "@" not in login:
        return [named] if named else []
    return _spelt_alike(login, _claims(login).order_by("-confirmed", "pk"), MOST_OWNERS)


def sign_up(user: User, email: str) -> None:
    """Save a new account, whose password is set already.

    Raises ValidationError for a name that somebody else took meanwhile.
    """
    try:
        with transaction.atomic():
            # The database keeps “ada” from being taken twice, but not “Ada” beside it.
            one_at_a_time("sign-up")
            check_name_is_free(user.username)
            user.save()
            if email:
                set_email(user, email)
    except IntegrityError:
        check_name_is_free(user.username)
        raise


# --- E-mail addresses ------------------------------------------------------------------------


def owners_of(email: str) -> list[User]:
    """Whose password its mail may set: whoever confirmed it, or else all who say it is theirs.

    Whoever signed in last comes first; of very many, only so many.
    """
    claims = _claims(email).order_by(F("last_login").desc(nulls_last=True), "pk")
    confirmed = _spelt_alike(email, claims.filter(confirmed=True), 1)
    return confirmed or _spelt_alike(email, claims, MOST_LINKS)


def _claims(email: str) -> QuerySet[User]:
    """Who says that it is theirs, without accounts that an operator shut."""
    rows = EmailAddress.objects.filter(user=OuterRef("pk"), email=email.lower(), verified=True)
    users = User.objects.filter(email__iexact=email, is_active=True)
    users = users.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return users.annotate(confirmed=Exists(rows))


def _spelt_alike(email: str, users: QuerySet[User], most: int) -> list[User]:
    """A database may hold two letters for one that are not, such as ı and i."""
    alike: Iterable[User] = (
        user for user in users.iterator() if user.email.lower() == email.lower()
    )
    return list(islice(alike, most))


def is_confirmed(user: User) -> bool:
    """Whether whoever reads the mail of the account's address said that it is theirs."""
    return EmailAddress.objects.filter(user=user, email=user.email.lower(), verified=True).exists()


def awaited_email(user: User) -> str:
    """The address that replaces the account's own as soon as it is confirmed; or nothing."""
    rows = EmailAddress.objects.filter(user=user, verified=False).exclude(email=user.email.lower())
    return rows.values_list("email", flat=True).first() or ""


def set_email(user: User, email: str) -> None:
    """Make this the address of the account, not confirmed; an empty one takes it away."""
    with transaction.atomic():
        EmailAddress.objects.filter(user=user).delete()
        if email:
            EmailAddress.objects.create(user=user, email=email, primary=True)
        user.email = email
        user.save(update_fields=["email"])


def change_email(user: User, email: str) -> EmailAddress | None:
    """Change the address; what is to be confirmed by mail, if anything is.

    One that is confirmed stays until the new one is, too: a slip of the hand loses no account.
    """
    if email == user.email.lower() and is_confirmed(user):
        EmailAddress.objects.filter(user=user, verified=False).delete()
        return None
    if not (email and settings.SENDS_MAIL and is_confirmed(user)):
        set_email(user, email)
    else:
        with transaction.atomic():
            EmailAddress.objects.filter(user=user, verified=False).delete()
            EmailAddress.objects.create(user=user, email=email)
    return unconfirmed(user) if settings.SENDS_MAIL else None


def unconfirmed(user: User) -> EmailAddress | None:
    """The row of the address that waits to be confirmed; made where an operator gave it."""
    waiting = EmailAddress.objects.filter(user=user, verified=False)
    if not user.email or is_confirmed(user):
        return waiting.first()
    if not waiting.filter(email=user.email.lower()).exists():
        set_email(user, user.email.lower())
    return waiting.get(email=user.email.lower())


def drop_awaited_email(user: User) -> None:
    """Whoever knew the old password may have asked for it, and holds its link."""
    rows = EmailAddress.objects.filter(user=user, verified=False)
    rows.exclude(email=user.email.lower()).delete()


def confirm(row: EmailAddress) -> bool:
    """Make it the account's one address.

    False if another account just confirmed the same, or the change was just dropped.
    """
    same = EmailAddress.objects.filter(pk=row.pk)
    try:
        with transaction.atomic():
            if not same.update(verified=True):
                return False
            EmailAddress.objects.filter(user=row.user).exclude(pk=row.pk).delete()
            same.update(primary=True)
            row.user.email = row.email
            row.user.save(update_fields=["email"])
    except IntegrityError:
        return False
    return True


# --- Passwords -------------------------------------------------------------------------------


def set_password(user: User, password: str) -> bool:
    """Set it, end every session and token of the account; false if it was changed meanwhile.

    Sessions end because Django compares them with the password; whoever changes their own keeps
    this one by `update_session_auth_hash`.
    """
    # Hashed before the transaction begins, for it takes long.
    before = user.password
    user.set_password(password)
    with transaction.atomic():
        if not _replace_password(user, before):
            return False
        revoke_all(user)
    return True


def end_sessions(user: User, password: str) -> bool:
    """End all sessions and keep the password: hashed anew, it is another text.

    False, and nothing is done, if the password was changed meanwhile.
    """
    before = user.password
    user.set_password(password)
    with transaction.atomic():
        return _replace_password(user, before)


def _replace_password(user: User, before: str) -> bool:
    same = User.objects.filter(pk=user.pk, password=before)
    if not same.update(password=user.password):
        return False
    drop_awaited_email(user)
    return True


class _LinkTokens(PasswordResetTokenGenerator):
    """Tokens that Django's own generator believes for so long from now."""

    def __init__(self, life: datetime.timedelta):
        super().__init__()
        self.life = life

    def _now(self):
        usual = datetime.timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
        return super()._now() + self.life - usual


def reset_link(user: User, life: datetime.timedelta) -> str:
    """An address at which whoever has it sets a new password, once."""
    key = f"{user_pk_to_url_str(user)}-{_LinkTokens(life).make_token(user)}"
    return settings.SITE_ADDRESS + reverse("reset-password", args=[key])


def user_of_link(key: str) -> User | None:
    """Whose password a link sets; None if it is used, too old or invented."""
    uid, _, token = key.partition("-")
    try:
        user = User.objects.filter(pk=url_str_to_user_pk(uid), is_active=True).first()
    except ValueError:
        return None
    return user if user and default_token_generator.check_token(user, token) else None


# --- Tokens of the API -----------------------------------------------------------------------


def tokens_of(user: User) -> QuerySet[AuthToken]:
    """Those that work, the newest first."""
    return AuthToken.objects.filter(user=user, expiry__gt=timezone.now()).order_by("-created")


def make_token(user: User) -> tuple[AuthToken, str]:
    """A new token, and its text, which is kept nowhere."""
    AuthToken.objects.filter(user=user, expiry__lte=timezone.now()).delete()
    return AuthToken.objects.create(user=user, expiry=datetime.timedelta(days=settings.TOKEN_DAYS))


def revoke(user: User, token_key: str) -> bool:
    """End one by its first characters; false if the account has none such."""
    return bool(AuthToken.objects.filter(user=user, token_key=token_key).delete()[0])


def revoke_all(user: User) -> None:
    AuthToken.objects.filter(user=user).delete()
