from django.core.management.base import BaseCommand

from learn.digest import fix_due_days


class Command(BaseCommand):
    help = "Fix the days of the digest that have come, as the schedule does every ten seconds."

    def handle(self, **options):
        self.stdout.write(f"{fix_due_days()} days of the digest changed.")
