"""manage.py reindex"""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from kb.cards import put_card
from kb.models import Card
from kb.models.entry import Entry
from kb.search import empty
from rest.version import raise_content_version


class Command(BaseCommand):
    help = (
        "Make the cards and the search index anew from what is published. Readers see the old ones"
        " until the new ones are whole."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor == "postgresql":
            # Whoever publishes waits, as on SQLite; else an older card could replace theirs.
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE kb_card IN SHARE ROW EXCLUSIVE MODE")
        before = {(card.type, card.slug): card.pk for card in Card.objects.only("type", "slug")}
        empty()
        published = 0
        for model in Entry.__subclasses__():
            for entry in _published(model):
                put_card(entry)
                before.pop((model.TYPE, entry.slug), None)
                published += 1
        Card.objects.filter(pk__in=before.values()).delete()
        # The order of the hits may be another though no card is.
        raise_content_version()
        self.stdout.write(f"{published} cards made anew, {len(before)} dropped.")


def _published(model: type[Entry]):
    """The published entries of a type with what their cards name, a few at a time."""
    entries = model.objects.published().order_by("pk")
    if model.STANDS_ON:
        entries = entries.select_related(model.STANDS_ON[1])
    relations = [field.name for field in model._meta.many_to_many]
    return entries.prefetch_related(*relations).iterator(chunk_size=200)
