"""The filters beside the list of case studies: links that set or take off a query parameter."""

from collections import Counter
from urllib.parse import urlencode

from kb.models import CaseStudy, Technique
from kb.vocabulary import DOMAINS

NAMES = {"company": "Company", "domain": "Domain", "technique": "Technique"}


class CaseFilters:
    """Which cases fit the chosen values, and how many there are of each value.

    Two queries, whatever is chosen. A value that no case has fits nothing.
    """

    def __init__(self, query: dict[str, str]) -> None:
        self.chosen = {name: query[name] for name in NAMES if query.get(name)}
        rows = CaseStudy.objects.published().values_list(
            "pk", "company__slug", "company__title", "domain"
        )
        # Techniques that are drafts or withdrawn are not offered.
        uses = CaseStudy.techniques.through.objects.filter(
            technique__in=Technique.objects.published(), casestudy__in=CaseStudy.objects.published()
        ).values_list("casestudy", "technique__slug", "technique__title")
        self._titles: dict[str, dict[str, str]] = {name: {} for name in NAMES}
        self._values: dict[int, dict[str, set[str]]] = {}
        for pk, company, company_title, domain in rows:
            self._values[pk] = {"company": {company}, "domain": {domain}, "technique": set()}
            self._titles["company"][company] = company_title
            self._titles["domain"][domain] = DOMAINS[domain].name
        for pk, technique, technique_title in uses:
            self._values[pk]["technique"].add(technique)
            self._titles["technique"][technique] = technique_title
        self.total = len(self._values)

    def fitting(self) -> list[int]:
        """The keys of the cases that have every chosen value, in the order of the list."""
        return [
            pk
            for pk, values in self._values.items()
            if all(value in values[name] for name, value in self.chosen.items())
        ]

    def groups(self) -> list[dict]:
        return [
            {"title": title, "options": self._options(name)}
            for name, title in NAMES.items()
            if self._titles[name]
        ]

    def _options(self, name: str) -> list[dict]:
        counts = Counter(value for values in self._values.values() for value in values[name])
        titles = self._titles[name]
        return [
            {
                "title": titles[value],
                "count": counts[value],
                "chosen": self.chosen.get(name) == value,
                "url": self._url_with(name, value),
            }
            for value in sorted(counts, key=lambda value: (-counts[value], titles[value]))
        ]

    def _url_with(self, name: str, value: str) -> str:
        query = {key: old for key, old in self.chosen.items() if key != name}
        if self.chosen.get(name) != value:
            query[name] = value
        return f"?{urlencode(query)}" if query else "?"

    @property
    def query(self) -> str:
        return f"?{urlencode(self.chosen)}" if self.chosen else ""
