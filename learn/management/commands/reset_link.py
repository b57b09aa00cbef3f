import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from learn.accounts import reset_link

MOST_HOURS = 30 * 24


class Command(BaseCommand):
    help = "Print a link with which somebody who forgot their password sets a new one, once."

    def add_arguments(self, parser):
        parser.add_argument("user", help="the user name")
        parser.add_argument(
            "--hours",
            type=int,
            default=settings.PASSWORD_RESET_TIMEOUT // 3600,
            help="how long the link works (default: %(default)s)",
        )

    def handle(self, *, user, hours, **options):
        if not 1 <= hours <= MOST_HOURS:
            raise CommandError(f"--hours={hours} should be from 1 to {MOST_HOURS}.")
        account = User.objects.filter(username=user).first()
        if account is None:
            raise CommandError(f"Nobody is called {user!r}. Upper and lower case count.")
        if not account.is_active:
            raise CommandError(f"The account {user!r} is not active; the admin makes it so.")
        if account.is_staff:
            self.stderr.write(f"{user} is staff: whoever opens this link may do what they may.")
        self.stdout.write(reset_link(account, datetime.timedelta(hours=hours)))
        self.stderr.write(
            f"It works for {hours} hour{'s' if hours > 1 else ''} and once, until {user} signs in"
            " or changes the password."
        )
