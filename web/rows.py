"""What rows in lists show of entries, and the lists of related things; several pages need them."""

from kb.cards import Related
from kb.models import CaseStudy

# The long texts stay in the database.
ENTRY_FIELDS = ["slug", "title", "summary"]
CASE_FIELDS = [
    *ENTRY_FIELDS,
    "domain",
    "year",
    "reading_minutes",
    "company__slug",
    "company__title",
]
# The headings of related things, by type, in their order.
HEADINGS = {"case-study": "Case studies", "topic": "Topics", "problem": "Problems"}


def case_list():
    return CaseStudy.objects.published().select_related("company").only(*CASE_FIELDS)


def groups_of(related: list[Related]) -> list[tuple[str, list[Related]]]:
    """Related things by heading."""
    groups = [
        (heading, [other for other in related if other.card.type == type_])
        for type_, heading in HEADINGS.items()
    ]
    return [(heading, found) for heading, found in groups if found]
