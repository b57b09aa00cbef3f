"""What allauth asks of this site: names, passwords, mails, and where links lead."""

import datetime
import logging
from contextlib import suppress
from smtplib import SMTPException

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from learn import accounts
from rest.limits import LimitExceeded, count_try
from rest.proxies import address_of

NOT_RIGHT = (
    "That name and password do not belong to an account. Both are case-sensitive; an e-mail"
    " address is not."
)

logger = logging.getLogger(__name__)


class MailNotSent(Exception):
    """The mail server did not take a mail."""

    def __init__(
        self,
        reason="The mail could not be sent. Try again later, or ask whoever runs this.",
    ):
        super().__init__(reason)


class TooManyMails(MailNotSent):
    """So many of its kind were sent to its address in the last hour that this one was not."""

    def __init__(self):
        super().__init__(
            "No other mail was sent: that address had too many of this kind within an hour. The"
            " links of those before still work. Look among the unwanted mails, or try again in an"
            " hour."
        )


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": NOT_RIGHT,
        "email_password_mismatch": NOT_RIGHT,
        "incorrect_password": "This is not your current password.",
    }

    def is_open_for_signup(self, request):
        return settings.SIGN_UP

    def clean_username(self, username, shallow=False):
        accounts.check_new_name(username)
        return username

    def set_password(self, user, password):
        accounts.set_password(user, password)

    def is_safe_url(self, url):
        """Where `next` may lead: to this host, and to no other that the site answers to."""
        return url_has_allowed_host_and_scheme(
            url,
            allowed_hosts={self.request.get_host()},
            require_https=self.request.is_secure(),
        )

    def get_client_ip(self, request):
        return address_of(request)

    def is_ajax(self, request):
        """No page answers JSON; the API does."""
        return False

    def add_message(self, *args, **kwargs):
        """Our pages say themselves what was done."""

    def get_email_confirmation_url(self, request, emailconfirmation):
        path = reverse("account_confirm_email", args=[emailconfirmation.key])
        return settings.SITE_ADDRESS + path

    # --- Mails -------------------------------------------------------------------------------

    def send_mail(self, template_prefix, email, context):
        """Send one as plain text, unless there were too many of its kind. Raises MailNotSent."""
        if not settings.SENDS_MAIL:
            return
        try:
            # By kind: mails that anybody can ask for take the place of no other.
            count_try("mails", f"{template_prefix} {email.lower()}", window=3600)
        except LimitExceeded as exc:
            logger.warning("A mail was not sent: there were too many to its address in an hour.")
            raise TooManyMails from exc
        self._send(template_prefix, email, context)

    def _send(self, template_prefix, email, context):
        mail = self.render_mail(template_prefix, email, {"site": settings.SITE_ADDRESS} | context)
        try:
            mail.send()
        except (OSError, SMTPException) as exc:
            logger.error("The mail server took no mail: %s", type(exc).__name__)
            raise MailNotSent from exc

    def send_reset_mail(self, email, users):
        """One mail with a link for each account that the address may belong to, or with none."""
        life = datetime.timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
        context = {
            "links": [(user.get_username(), accounts.reset_link(user, life)) for user in users],
            "is_all": len(users) < accounts.MOST_LINKS,
        }
        kind = "password_reset_key" if users else "unknown_account"
        # Not said to whoever asked, who may be anybody.
        with suppress(TooManyMails):
            self.send_mail(f"account/email/{kind}", email, context)

    def send_confirmation_mail(self, request, emailconfirmation, signup):
        """An account is made also where the mail cannot be sent; its page sends another."""
        try:
            super().send_confirmation_mail(request, emailconfirmation, signup)
        except MailNotSent:
            if not signup:
                raise

    def send_notification_mail(
        self, template_prefix, user, context=None, email=None, is_confirmed=None
    ):
        """What was done is done, whether or not the news of it can be sent.

        To an address that the account confirmed there are never too many; to another there are,
        for it may be somebody else's. `is_confirmed` says of an `email` of before what it was.
        """
        to = email or user.email
        if not to or not settings.SENDS_MAIL:
            return
        if is_confirmed is None:
            is_confirmed = accounts.is_confirmed(user)
        send = self._send if is_confirmed else self.send_mail
        with suppress(MailNotSent):
            send(template_prefix, to, {"user": user} | (context or {}))
