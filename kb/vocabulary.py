"""The closed lists in which cases are written, so that they can be compared. No Django in here.

Domains and groups of techniques stand below: pages are built around them. Components, units and
quantities grow with the cases and stand in `kb/content/vocabulary.toml`. Each entry has a reason
why no other word does; CONTRIBUTING.md says how one is added.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from kb.fields import DocumentError, Line, Part, Slug, Text, plain_text
from kb.toml import NotToml, dump_toml, line_of, load_toml

Domain = Literal[
    "recommendation",
    "fraud-and-risk",
    "ml-platform",
    "ads-and-search",
    "language",
    "forecasting",
    "other",
]
TechniqueGroup = Literal[
    "Bayesian methods",
    "Data and features",
    "Decisions under risk",
    "Evaluation and experiments",
    "Forecasting and control",
    "Language",
    "Models",
    "Platforms and serving",
    "Recommendation and ranking",
    "Training",
]


class Named(NamedTuple):
    """A word of a closed list: what readers see, and why the list needs it."""

    name: str
    reason: str


DOMAINS: dict[Domain, Named] = {
    "recommendation": Named(
        "Recommendation", "Choosing items for a person who did not ask for any in words."
    ),
    "fraud-and-risk": Named(
        "Fraud and risk", "Rare events, adversaries, and errors whose two kinds cost differently."
    ),
    "ml-platform": Named("ML platform", "The system serves engineers, not the firm's customers."),
    "ads-and-search": Named(
        "Ads and search", "A query or a bid is given; a click is worth a known sum."
    ),
    "language": Named("Language", "Text or code is what comes out."),
    "forecasting": Named(
        "Forecasting", "A quantity of the future is estimated: demand, a time, a price."
    ),
    "other": Named("Other", "What fits none of these; a third case of a kind deserves a word."),
}
TECHNIQUE_GROUPS: dict[TechniqueGroup, str] = {
    "Bayesian methods": "Beliefs as probabilities, and what evidence does to them.",
    "Data and features": "What is learned from: collecting, labelling, cleaning, transforming.",
    "Decisions under risk": "From a score to an action whose errors have a price.",
    "Evaluation and experiments": "How one knows that a system is better.",
    "Forecasting and control": "Series in time, and acting on them.",
    "Language": "Text and code as input and output.",
    "Models": "Families of functions that are learned.",
    "Platforms and serving": "What models run on, and how they stay alive.",
    "Recommendation and ranking": "Choosing and ordering items for people.",
    "Training": "How parameters are found.",
}
assert set(DOMAINS) == set(get_args(Domain))
assert set(TECHNIQUE_GROUPS) == set(get_args(TechniqueGroup))

Symbol = Annotated[str, StringConstraints(max_length=40), AfterValidator(plain_text)]
ComponentKind = Literal["client", "service", "model", "store", "stream", "job", "control", "human"]


class Term(Part):
    """What every word of the vocabulary has. `reason` says why no other word does."""

    slug: Slug
    name: Line


class ComponentType(Term):
    """What a part of a system is, whatever its builders call it; `kind` gives its colour."""

    kind: ComponentKind
    summary: Text
    reason: Text


class Unit(Term):
    """A unit; one of it is worth `factor` of the base unit of the dimension."""

    symbol: Symbol = ""
    dimension: Slug
    factor: Annotated[float, Field(gt=0)]
    reason: Text


class Quantity(Term):
    """What is measured or counted; all its claims are compared in `base_unit`."""

    base_unit: Slug
    summary: Text
    reason: Text


class VocabularyFile(Part):
    components: list[ComponentType] = []
    units: list[Unit] = []
    quantities: list[Quantity] = []


class Vocabulary:
    """The components, units and quantities that cases may name, by slug."""

    def __init__(
        self,
        components: Iterable[ComponentType],
        units: Iterable[Unit],
        quantities: Iterable[Quantity],
    ) -> None:
        self.components = {term.slug: term for term in components}
        self.units = {term.slug: term for term in units}
        self.quantities = {term.slug: term for term in quantities}

    def fits(self, unit: str, quantity: str) -> bool:
        """Whether numbers in the unit convert into the base unit of the quantity."""
        base = self.units[self.quantities[quantity].base_unit]
        return self.units[unit].dimension == base.dimension

    def in_base_unit(self, value: float, unit: str, quantity: str) -> float:
        """A number of some unit in the base unit of a quantity, which it must fit."""
        base = self.units[self.quantities[quantity].base_unit]
        # Fifteen digits: what conversion adds beyond them is noise (7 × 0.001 is 0.007).
        return float(f"{value * self.units[unit].factor / base.factor:.15g}")

    def dump(self) -> str:
        """The vocabulary as a file that `read` reads."""
        file = VocabularyFile(
            components=list(self.components.values()),
            units=list(self.units.values()),
            quantities=list(self.quantities.values()),
        )
        return dump_toml(file.model_dump(exclude_defaults=True))

    @classmethod
    def parse(cls, text: str, name: str) -> "Vocabulary":
        """Raises DocumentError with every problem and its line."""
        try:
            file = VocabularyFile(**load_toml(text))
        except NotToml as exc:
            raise DocumentError(name, [(exc.line or 1, f"The file is not TOML: {exc}.")]) from None
        except ValidationError as exc:
            problems = [
                (
                    line_of(text, error["loc"]),
                    f"{'.'.join(map(str, error['loc']))}: {error['msg']}.",
                )
                for error in exc.errors(include_url=False)
            ]
            raise DocumentError(name, problems) from None
        vocabulary = cls(file.components, file.units, file.quantities)
        problems = []
        for field, terms in file:
            slugs = [term.slug for term in terms]
            problems += [
                (line_of(text, (field, index, "slug")), f"{field}: {slug!r} stands twice.")
                for index, slug in enumerate(slugs)
                if slug in slugs[:index]
            ]
        problems += [
            (
                line_of(text, ("quantities", index, "base_unit")),
                f"There is no unit {quantity.base_unit!r}.",
            )
            for index, quantity in enumerate(file.quantities)
            if quantity.base_unit not in vocabulary.units
        ]
        if problems:
            raise DocumentError(name, problems)
        return vocabulary


VOCABULARY_FILE = Path(__file__).parent / "content" / "vocabulary.toml"
