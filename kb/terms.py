"""The vocabulary between its file and its rows."""

from kb.models.evidence import Claim
from kb.models.terms import ComponentType, Quantity, Unit
from kb.vocabulary import ComponentType as ComponentTerm
from kb.vocabulary import Quantity as QuantityTerm
from kb.vocabulary import Unit as UnitTerm
from kb.vocabulary import Vocabulary
from rest.version import raise_content_version


def current_vocabulary() -> Vocabulary:
    """Every word that cases of this site may name. Three queries."""
    components = ComponentType.objects.order_by("pk")
    units = Unit.objects.order_by("pk")
    quantities = Quantity.objects.select_related("base_unit").order_by("pk")
    return Vocabulary(
        [
            ComponentTerm(
                slug=row.slug, name=row.name, kind=row.kind, summary=row.summary, reason=row.reason
            )
            for row in components
        ],
        [
            UnitTerm(
                slug=row.slug,
                name=row.name,
                symbol=row.symbol,
                dimension=row.dimension,
                factor=row.factor,
                reason=row.reason,
            )
            for row in units
        ],
        [
            QuantityTerm(
                slug=row.slug,
                name=row.name,
                base_unit=row.base_unit.slug,
                summary=row.summary,
                reason=row.reason,
            )
            for row in quantities
        ],
    )


def load_vocabulary(vocabulary: Vocabulary) -> bool:
    """Write the shipped words; whether anything changed. Words that were added here stay.

    A word that vanished from the file stays too: cases of this site may name it. Numbers in base
    units follow the words that they are in.
    """
    changed = False
    for model, terms in (
        (ComponentType, vocabulary.components),
        (Unit, vocabulary.units),
        (Quantity, vocabulary.quantities),
    ):
        rows = {row.slug: row for row in model.objects.all()}
        units = {unit.slug: unit for unit in Unit.objects.all()}
        for slug, term in terms.items():
            values = term.model_dump() | {"is_shipped": True}
            if "base_unit" in values:
                values["base_unit"] = units[values["base_unit"]]
            row = rows.get(slug) or model(slug=slug)
            if row.pk and all(getattr(row, name) == value for name, value in values.items()):
                continue
            for name, value in values.items():
                setattr(row, name, value)
            row.save()
            changed = True
    if changed:
        words_changed()
    return changed


def words_changed() -> None:
    """What follows in the rows from a change of the vocabulary; texts are rendered anew after."""
    convert_claims()
    raise_content_version()


def convert_claims() -> None:
    """Put the numbers of all claims into base units anew, after a unit or quantity has changed."""
    vocabulary, changed = current_vocabulary(), []
    claims = Claim.objects.select_related("quantity", "unit")
    for claim in claims.iterator(chunk_size=1000):
        words = claim.unit.slug, claim.quantity.slug
        values = [
            vocabulary.in_base_unit(value, *words)
            if value is not None and vocabulary.fits(*words)
            else None
            for value in (claim.value, claim.value_max)
        ]
        if values != [claim.base_value, claim.base_value_max]:
            claim.base_value, claim.base_value_max = values
            changed.append(claim)
    Claim.objects.bulk_update(changed, ["base_value", "base_value_max"], batch_size=500)
