"""The page on which every number of every case can be asked for."""

import math
import re
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import render
from django.utils.functional import cached_property
from django.views.decorators.http import require_safe

from kb.claims import claim_page
from kb.models import CaseStudy, Claim, Quantity
from web.claims import UNSAID_UNITS, shown_claim

ROWS_ON_A_PAGE = 50
# With a sign and an exponent, as the API takes numbers; commas between thousands besides.
NUMBER = re.compile(r"[-−]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?")
FIELDS = ("quantity", "kind", "company", "min", "max")


class NumbersForm:
    """What a reader asks for, as a query says it; `problems` are sentences by field."""

    def __init__(self, query: dict[str, str]) -> None:
        self.given = {name: query.get(name, "").strip() for name in FIELDS}
        self.problems: dict[str, str] = {}
        self.quantities = list(
            Quantity.objects.select_related("base_unit")
            .filter(claims__in=Claim.objects.published())
            .annotate(claim_count=Count("claims"))
            .order_by("name")
        )
        cases = CaseStudy.objects.published().order_by("company__title")
        rows = list(cases.values_list("slug", "title", "company__slug", "company__title"))
        self.case_titles = {slug: title for slug, title, *_ in rows}
        self.companies = {slug: title for *_, slug, title in rows}
        self.quantity = self._one_of({row.slug: row for row in self.quantities}, "quantity")
        self.kind = self._one_of(dict(Claim.Kind.choices), "kind")
        self.company = self._one_of(self.companies, "company")
        self.low, self.high = self._number("min"), self._number("max")
        if self.low is not None and self.high is not None and self.low > self.high:
            self.problems["max"] = "The highest value is below the lowest one."

    def _one_of(self, known: dict[str, Any], name: str) -> Any:
        value = self.given[name]
        if value and value not in known:
            self.problems[name] = f"No published number has the {name} “{value[:80]}”."
        return known.get(value)

    def _number(self, name: str) -> float | None:
        text = self.given[name].replace(",", "").replace("\u2212", "-")
        if not text:
            return None
        word = "lowest" if name == "min" else "highest"
        if not NUMBER.fullmatch(text) or not math.isfinite(float(text)):
            self.problems[name] = f"The {word} value should be a number, such as 0.5 or 1,000."
            return None
        if not self.given["quantity"]:
            self.problems[name] = (
                "Choose a quantity first: numbers of different quantities cannot be compared."
            )
        return float(text)

    @property
    def claims(self):
        """The claims that fit: none where something is wrong; by size where they compare."""
        claims = Claim.objects.published()
        if self.problems:
            return claims.none()
        given = self.given
        if given["kind"]:
            claims = claims.filter(kind=given["kind"])
        if given["company"]:
            claims = claims.filter(case_study__company__slug=given["company"])
        if self.quantity is None:
            return claims.order_by("case_study__slug", "position")
        claims = claims.filter(quantity=self.quantity)
        # A range fits that has a part between the two.
        if self.low is not None:
            claims = claims.filter(Q(base_value__gte=self.low) | Q(base_value_max__gte=self.low))
        if self.high is not None:
            claims = claims.filter(base_value__lte=self.high)
        return claims.order_by("base_value", "case_study__slug", "key")

    @property
    def query(self) -> dict[str, str]:
        return {name: value for name, value in self.given.items() if value}

    @property
    def unit(self) -> str:
        """The name of the unit in which the chosen quantity is compared, if that says something."""
        base = self.quantity.base_unit if self.quantity else None
        return base.name if base and base.slug not in UNSAID_UNITS else ""

    @cached_property
    def units(self) -> dict[str, str]:
        return {row.base_unit.slug: row.base_unit.name for row in self.quantities}


@require_safe
def numbers(request):
    form = NumbersForm(request.GET.dict())
    # The page is found by its rows, not counted before: claim_page counts while it reads.
    text = request.GET.get("page", "1")
    number = int(text) if re.fullmatch(r"[1-9][0-9]{0,5}", text) else 1
    rows, count = claim_page(form.claims, (number - 1) * ROWS_ON_A_PAGE, ROWS_ON_A_PAGE)
    page = Paginator(range(count), ROWS_ON_A_PAGE).get_page(number)
    return render(
        request,
        "web/numbers.html",
        {
            "section": "cases",
            "form": form,
            "kinds": Claim.Kind.choices,
            "claims": [
                shown_claim(claim, form.units)
                | {"case_title": form.case_titles[claim["case_study"]]}
                for claim in rows
            ],
            "count": count,
            "form_query": f"?{urlencode(form.query)}" if form.query and not form.problems else "",
            "page": page,
        },
        status=400 if form.problems else 200,
    )
