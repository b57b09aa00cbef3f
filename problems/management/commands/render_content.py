from django.core.management.base import BaseCommand, CommandError

from kb.errors import CannotPublish
from kb.loading import ENTRY_MODELS
from kb.services import render_anew
from problems.models import Problem


class Command(BaseCommand):
    help = "Make the HTML, formulas and figures of everything published anew, after an upgrade."

    def handle(self, **options):
        try:
            changed = render_anew([*ENTRY_MODELS.values(), Problem])
        except CannotPublish as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(f"{changed} entries rendered anew.")
