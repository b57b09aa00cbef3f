"""Everything published as files to keep."""

from collections.abc import Callable, Iterator

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import viewsets

from kb import exports
from kb.api import examples
from rest.filters import check_names

LICENSE_LINK = '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'
MEDIA_TYPES = {
    "csv": "text/csv",
    "jsonl": "application/jsonl",
    "bib": "application/x-bibtex",
}
FORMS = {
    "csv": (
        "CSV (RFC 4180) in UTF-8 with a header. Lists are comma-separated in their cell. A text"
        " that a spreadsheet would take for a formula, as it begins with =, +, -, @ or a tab, has"
        " an apostrophe before it; numbers stand as they are."
    ),
    "jsonl": "JSON Lines: an object a line, in the form in which the API answers it.",
    "bib": "BibTeX in UTF-8; the key of an entry is the slug of its case and its own key there.",
}


def described_export(name: str, form: str, text: str, example: str):
    media_type = MEDIA_TYPES[form]
    return extend_schema(
        summary=f"Export {text}",
        description=FORMS[form],
        operation_id=f"export_{name.replace('-', '_')}_{form}",
        responses={(200, media_type): OpenApiTypes.STR},
        examples=[OpenApiExample("The beginning", value=example, media_type=media_type)],
    )


class ExportViewSet(viewsets.ViewSet):
    """Published cases only, by slug; streamed, so that any number of them may be read."""

    @described_export("case-studies", "csv", "the case studies as CSV", examples.CASES_CSV)
    def case_studies_csv(self, request):
        return file(request, "case-studies.csv", exports.case_studies_csv)

    @described_export(
        "case-studies",
        "jsonl",
        "the case studies, whole, as JSON Lines",
        examples.CASES_JSONL,
    )
    def case_studies_jsonl(self, request):
        return file(request, "case-studies.jsonl", exports.case_studies_jsonl)

    @described_export("claims", "csv", "the claims as CSV", examples.CLAIMS_CSV)
    def claims_csv(self, request):
        return file(request, "claims.csv", exports.claims_csv)

    @described_export("claims", "jsonl", "the claims as JSON Lines", examples.CLAIMS_JSONL)
    def claims_jsonl(self, request):
        return file(request, "claims.jsonl", exports.claims_jsonl)

    @described_export("sources", "csv", "the sources as CSV", examples.SOURCES_CSV)
    def sources_csv(self, request):
        return file(request, "sources.csv", exports.sources_csv)

    @described_export("sources", "jsonl", "the sources as JSON Lines", examples.SOURCES_JSONL)
    def sources_jsonl(self, request):
        return file(request, "sources.jsonl", exports.sources_jsonl)

    @described_export("sources", "bib", "the sources as BibTeX", examples.SOURCES_BIB)
    def sources_bib(self, request):
        return file(request, "sources.bib", exports.sources_bib)


def file(request, name: str, export: Callable[[], Iterator[bytes]]) -> StreamingHttpResponse:
    """An export as it is made, under a name to save it by. A HEAD makes nothing."""
    check_names(request, set())
    media_type = MEDIA_TYPES[name.rpartition(".")[2]]
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    return StreamingHttpResponse(
        () if request.method == "HEAD" else export(),
        content_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Link": LICENSE_LINK},
    )
