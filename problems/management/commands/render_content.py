from django.core.management.base import BaseCommand

from kb.loading import ENTRY_MODELS
from kb.services import render_anew
from problems.models import Problem


class Command(BaseCommand):
    help = "Make the HTML, formulas and figures of everything published anew, after an upgrade."

    def handle(self, **options):
        models = [*ENTRY_MODELS.values(), Problem]
        changed, kept = render_anew(
            entry for model in models for entry in model.objects.published()
        )
        for sentence in kept:
            self.stdout.write(sentence)
        self.stdout.write(f"{changed} entries rendered anew.")
