"""The filters beside the list of case studies: links that set or take off a query parameter."""

from collections import Counter
from urllib.parse import urlencode

from kb.models import CaseStudy, Component, Technique
from kb.vocabulary import DOMAINS

NAMES = {
    "company": "Company",
    "domain": "Domain",
    "year": "Year",
    "technique": "Technique",
    "component": "Component",
}
# Of the values of a filter so many are shown at once; the rest is folded away.
MOST_OPEN = 6


class CaseFilters:
    """Which cases fit the chosen values, and how many there are of each value.

    Three queries, whatever is chosen. A value that no case has fits nothing.
    """

    def __init__(self, query: dict[str, str]) -> None:
        self.chosen = {name: query[name] for name in NAMES if query.get(name)}
        published = CaseStudy.objects.published()
        rows = published.values_list("pk", "company__slug", "company__title", "domain", "year")
        # Techniques that are drafts or withdrawn are not offered.
        uses = CaseStudy.techniques.through.objects.filter(
            technique__in=Technique.objects.published(), casestudy__in=published
        ).values_list("casestudy", "technique__slug", "technique__title")
        parts = (
            Component.objects.filter(case_study__in=published)
            .order_by()
            .values_list("case_study", "type__slug", "type__name")
            .distinct()
        )
        self._titles: dict[str, dict[str, str]] = {name: {} for name in NAMES}
        self._values: dict[int, dict[str, set[str]]] = {}
        for pk, company, company_title, domain, year in rows:
            self._values[pk] = {
                "company": {company},
                "domain": {domain},
                "year": {str(year)},
                "technique": set(),
                "component": set(),
            }
            self._titles["company"][company] = company_title
            self._titles["domain"][domain] = DOMAINS[domain].name
            self._titles["year"][str(year)] = str(year)
        for name, found in (("technique", uses), ("component", parts)):
            for pk, value, title in found:
                self._values[pk][name].add(value)
                self._titles[name][value] = title
        self.total = len(self._values)

    def fitting(self) -> list[int]:
        """The keys of the cases that have every chosen value, in the order of the list."""
        return [
            pk
            for pk, values in self._values.items()
            if all(value in values[name] for name, value in self.chosen.items())
        ]

    def groups(self) -> list[dict]:
        groups = []
        for name, title in NAMES.items():
            if options := self._options(name):
                open_, folded = options[:MOST_OPEN], options[MOST_OPEN:]
                if len(folded) == 1:
                    open_, folded = options, []
                groups.append({"title": title, "options": open_, "folded": folded})
        return groups

    def _options(self, name: str) -> list[dict]:
        """The chosen value first, then those of most cases; years the newest first."""
        counts = Counter(value for values in self._values.values() for value in values[name])
        titles, chosen = self._titles[name], self.chosen.get(name)
        ordered = sorted(counts, key=lambda value: (-counts[value], titles[value]))
        if name == "year":
            ordered = sorted(counts, reverse=True)
        return [
            {
                "title": titles[value],
                "count": counts[value],
                "chosen": value == chosen,
                "url": self._url_with(name, value),
            }
            for value in sorted(ordered, key=lambda value: value != chosen)
        ]

    def _url_with(self, name: str, value: str) -> str:
        query = {key: old for key, old in self.chosen.items() if key != name}
        if self.chosen.get(name) != value:
            query[name] = value
        return f"?{urlencode(query)}" if query else "?"

    @property
    def query(self) -> str:
        return f"?{urlencode(self.chosen)}" if self.chosen else ""
