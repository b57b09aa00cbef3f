"""What refers to an entry: rows of every app, and texts that link to it. Drafts too."""

import re
from typing import NamedTuple

from django.db.models import CASCADE, JSONField, Q, TextField
from django.db.models.functions import Cast

from kb.models.entry import Entry
from kb.models.links import MODELS

# So many of each kind are listed.
MOST = 200
NOT_WRITTEN = {"rendered"}


class Backlink(NamedTuple):
    entry: Entry
    how: str


def links_to(entry: Entry) -> list[Backlink]:
    """What refers to an entry, which may be the draft beside a published one."""
    target = entry.draft_of or entry
    found: dict[tuple[str, int], tuple[Entry, list[str]]] = {}
    for how, entries in (*_rows(target), *_texts(target)):
        for other in entries[:MOST]:
            if other.TYPE == target.TYPE and target.pk in (other.pk, other.draft_of_id):
                continue
            _, hows = found.setdefault((other.TYPE, other.pk), (other, []))
            if how not in hows:
                hows.append(how)
    links = [Backlink(other, ", ".join(hows)) for other, hows in found.values()]
    return sorted(links, key=lambda link: (link.entry.TYPE, link.entry.title, link.entry.pk))


def _rows(target: Entry):
    """Entries that name it in a field of theirs or in one of their rows, and how."""
    for relation in type(target)._meta.related_objects:
        model, field = relation.related_model, relation.field
        if field.name == "draft_of" or relation.on_delete is CASCADE:
            continue
        if issubclass(model, Entry):
            yield field.verbose_name, _light(model).filter(**{field.name: target})
            continue
        if owner := _owner(model):
            path = f"{owner.remote_field.get_accessor_name()}__{field.name}"
            found = _light(owner.related_model).filter(**{path: target}).distinct()
            yield model._meta.verbose_name, found
    for model in Entry.__subclasses__():
        # A field of its own was found above; here it is one of a row, such as a topic's chapter.
        type_, path = model.STANDS_ON or ("", "")
        if type_ == target.TYPE and "__" in path:
            name = path.partition("__")[0]
            yield name, _light(model).filter(**{path: target})


def _owner(model):
    """The field by which a row is part of an entry."""
    for field in model._meta.fields:
        is_part = field.is_relation and field.remote_field.on_delete is CASCADE
        if is_part and issubclass(field.related_model, Entry):
            return field
    return None


def _texts(target: Entry):
    """Entries whose texts link to it."""
    kinds = {name: kind for kind, name in MODELS.items()}
    kind = kinds.get(type(target).__name__)
    if kind is None:
        return
    link = f"{kind}:{target.slug}"
    # A slug may be the beginning of another.
    pattern = rf"(^|[^a-z]){re.escape(link)}($|[^a-z0-9-])"
    for model in Entry.__subclasses__():
        yield "in its text", _naming(_light(model), model, "", link, pattern)
        for relation in model._meta.related_objects:
            part = relation.related_model
            if relation.on_delete is CASCADE and not issubclass(part, Entry) and _owner(part):
                accessor = relation.get_accessor_name()
                yield "in its rows", _naming(_light(model), part, accessor, link, pattern)


def _naming(entries, model, accessor: str, link: str, pattern: str):
    """Those of some entries of whose written fields, or of one kind of their rows, one has it."""
    names = [
        field.name
        for field in model._meta.fields
        if isinstance(field, TextField | JSONField) and field.name not in NOT_WRITTEN
    ]
    condition = Q()
    for name in names:
        path = f"{accessor}__{name}" if accessor else name
        alias = f"text_of_{name}"
        entries = entries.alias(**{alias: Cast(path, TextField())})
        condition |= Q(**{f"{alias}__contains": link}) & Q(**{f"{alias}__regex": pattern})
    return entries.filter(condition).distinct() if names else entries.none()


def _light(model):
    """The entries of a type with what a list shows of them."""
    return model.objects.only("slug", "title", "state", "draft_of").order_by("slug")
