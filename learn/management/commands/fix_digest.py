from django.core.management.base import BaseCommand

from learn.digest import fix_due_days


class Command(BaseCommand):
    help = "Fix the days of the digest that have come, as the schedule does every ten seconds."

    def handle(self, **options):
        changed = fix_due_days()
        days = "1 day" if changed == 1 else f"{changed or 'No'} days"
        self.stdout.write(f"{days} of the digest changed.")
