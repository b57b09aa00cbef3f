from django.core.management.base import BaseCommand, CommandError

from kb.errors import LoadFailed
from kb.loading import add_take_argument
from problems import services


class Command(BaseCommand):
    help = "Load problems/catalog/ into the database: every problem, or none."

    def add_arguments(self, parser):
        add_take_argument(parser)

    def handle(self, *, take, slugs, **options):
        try:
            report = services.load_problems(take, slugs)
        except LoadFailed as exc:
            raise CommandError(str(exc)) from exc
        report.write(self.stdout, "load_problems")
