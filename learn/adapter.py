"""What allauth asks of this site: names, passwords, mails, and where links lead."""

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

    def __init__(self):
        super().__init__("The mail could not be sent. Try again later, or ask whoever runs this.")


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

    def get_reset_password_from_key_url(self, key):
        return accounts.reset_address(key)

    def get_email_confirmation_url(self, request, emailconfirmation):
        path = reverse("account_confirm_email", args=[emailconfirmation.key])
        return settings.SITE_ADDRESS + path

    # --- Mails -------------------------------------------------------------------------------

    def send_mail(self, template_prefix, email, context):
        """Send one as plain text, unless there were too many. Raises MailNotSent."""
        if not settings.SENDS_MAIL:
            return
        try:
            count_try("mails", email.lower(), window=3600)
        except LimitExceeded:
            # Not said to whoever asked: the links of the mails before still work.
            logger.warning("A mail was not sent: there were too many to its address in an hour.")
            return
        mail = self.render_mail(template_prefix, email, {"site": settings.SITE_ADDRESS} | context)
        try:
            mail.send()
        except (OSError, SMTPException) as exc:
            logger.error("The mail server took no mail: %s", type(exc).__name__)
            raise MailNotSent from exc

    def send_confirmation_mail(self, request, emailconfirmation, signup):
        """An account is made also where the mail cannot be sent; its page sends another."""
        try:
            super().send_confirmation_mail(request, emailconfirmation, signup)
        except MailNotSent:
            if not signup:
                raise

    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        """What was done is done, whether or not the news of it can be sent."""
        to = email or user.email
        if not to:
            return
        with suppress(MailNotSent):
            self.send_mail(template_prefix, to, {"user": user} | (context or {}))
