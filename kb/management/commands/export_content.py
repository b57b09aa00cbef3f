from pathlib import Path

from django.core.management.base import BaseCommand

from kb.loading import ENTRY_MODELS, VOCABULARY
from kb.models import State
from kb.terms import current_vocabulary


class Command(BaseCommand):
    help = "Write every published and planned entry to FOLDER, one file each."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder, **options):
        count = 0
        for model in ENTRY_MODELS.values():
            plural = model._meta.verbose_name_plural.replace(" ", "-")
            target = folder / plural
            target.mkdir(parents=True, exist_ok=True)
            shown = [State.PUBLISHED, State.PLANNED]
            for entry in model.objects.current().filter(state__in=shown):
                text = entry.dump_text(entry.to_document())
                (target / f"{entry.slug}.md").write_text(text, encoding="utf-8", newline="\n")
                count += 1
        vocabulary = current_vocabulary().dump()
        (folder / VOCABULARY).write_text(vocabulary, encoding="utf-8", newline="\n")
        self.stdout.write(f"{count} files written to {folder}.")
