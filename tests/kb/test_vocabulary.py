"""The closed lists: read with their faults, loaded without touching what a site has added."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from kb.fields import DocumentError
from kb.models import CaseStudy, ComponentType, Quantity, Technique, Unit
from kb.terms import current_vocabulary, load_vocabulary
from kb.vocabulary import DOMAINS, TECHNIQUE_GROUPS, VOCABULARY_FILE, Vocabulary

TEXT = VOCABULARY_FILE.read_text(encoding="utf-8")
SHIPPED = Vocabulary.parse(TEXT, "vocabulary.toml")
# The component words of the fact sheets' legend.
# fmt: off
LEGEND = [
    "candidate-generation", "light-ranker", "heavy-ranker", "re-ranker", "page-construction",
    "feature-store", "streaming-features", "embedding-store", "ann-index", "model-registry",
    "batch-inference", "online-inference", "nearline-inference", "experiment-platform",
    "monitoring", "labeling", "calibration", "exploration-policy", "rules-engine",
    "explainability", "training-pipeline", "proxy-gateway",
]
# fmt: on


def test_the_shipped_list_has_the_words_that_all_kinds_of_system_need():
    words = set(SHIPPED.components)
    assert set(LEGEND) <= words
    assert {"decision-policy", "event-stream", "human-review", "prediction-model"} <= words
    assert {term.kind for term in SHIPPED.components.values()} >= {"client", "human", "control"}


def test_every_word_says_why_it_is_needed():
    terms = [*SHIPPED.components.values(), *SHIPPED.units.values(), *SHIPPED.quantities.values()]
    assert all(len(term.reason) > 15 for term in terms)
    assert all(len(domain.reason) > 15 for domain in DOMAINS.values())
    assert all(len(reason) > 15 for reason in TECHNIQUE_GROUPS.values())


@pytest.mark.parametrize(
    ("value", "unit", "quantity", "base"),
    [
        (100, "ms", "latency", 0.1),
        (7, "ms", "latency", 0.007),
        (90, "minute", "training-time", 5400),
        (2, "week", "experiment-duration", 1_209_600),
        (57, "percent", "retention", 0.57),
        (0.1, "percentage-point", "effect-size", 0.001),
        (1, "per-thousand", "base-rate", 0.001),
        (65, "million", "users", 65_000_000),
        (86_400, "per-day", "predictions-rate", 1),
        (250, "thousand", "users", 250_000),
    ],
)
def test_numbers_are_compared_in_the_base_unit(value, unit, quantity, base):
    assert SHIPPED.in_base_unit(value, unit, quantity) == base


def test_what_has_another_dimension_does_not_convert():
    assert not SHIPPED.fits("ms", "users")
    assert not SHIPPED.fits("percent", "auc")
    assert SHIPPED.fits("us", "latency")


def test_the_file_is_read_back_as_it_was_written():
    again = Vocabulary.parse(SHIPPED.dump(), "again")
    assert again.components == SHIPPED.components
    assert again.units == SHIPPED.units
    assert again.quantities == SHIPPED.quantities


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "client"', 'kind = "gadget"', "components.0.kind"),
        ("factor = 0.001\n", "factor = 0\n", "factor"),
        ('base_unit = "s"', 'base_unit = "parsec"', "There is no unit 'parsec'"),
        ('slug = "cache"', 'slug = "client"', "'client' stands twice"),
        ('dimension = "time"', 'dimensions = "time"', "dimension"),
        ("[[units]]", "[[units", "not TOML"),
    ],
)
def test_a_fault_in_the_list_is_named_with_its_line(old, new, said):
    changed = TEXT.replace(old, new, 1)
    assert changed != TEXT
    with pytest.raises(DocumentError) as caught:
        Vocabulary.parse(changed, "vocabulary.toml")
    assert said in str(caught.value)
    assert str(caught.value).startswith("vocabulary.toml:")


@pytest.fixture
def loaded(db):
    load_vocabulary(SHIPPED)


def test_loading_again_changes_nothing(loaded):
    assert load_vocabulary(SHIPPED) is False
    assert current_vocabulary().quantities == SHIPPED.quantities
    assert current_vocabulary().components == SHIPPED.components
    assert current_vocabulary().units == SHIPPED.units


def test_a_changed_word_is_changed_and_one_that_a_site_added_stays(loaded):
    ComponentType.objects.create(
        slug="oven", name="Oven", kind="job", summary="Bakes.", reason="Bakeries have one."
    )
    text = TEXT.replace('name = "Client"', 'name = "Caller"', 1)
    assert load_vocabulary(Vocabulary.parse(text, "vocabulary.toml")) is True
    assert ComponentType.objects.get(slug="client").name == "Caller"
    oven = ComponentType.objects.get(slug="oven")
    assert (oven.name, oven.is_shipped) == ("Oven", False)


def test_the_database_refuses_what_the_lists_do_not_have(loaded):
    refused = [
        lambda: ComponentType.objects.create(slug="x", name="X", kind="gadget", reason="Why."),
        lambda: ComponentType.objects.create(slug="x", name="X", kind="job", reason=""),
        lambda: Unit.objects.create(slug="x", name="X", dimension="time", factor=0, reason="Why."),
        lambda: Unit.objects.create(slug="ms", name="X", dimension="time", factor=1, reason="Y."),
        lambda: Quantity.objects.create(slug="x", name="X", reason="Why."),
        lambda: Technique.objects.create(slug="x", title="X", summary="X.", group="Mine"),
        lambda: CaseStudy.objects.update_or_create(
            slug="x", defaults={"title": "X", "year": 2020, "domain": "crime"}
        ),
    ]
    for make in refused:
        with pytest.raises(IntegrityError), transaction.atomic():
            make()


def test_a_unit_in_use_is_not_deleted(loaded):
    with pytest.raises(ProtectedError):
        Unit.objects.get(slug="s").delete()
