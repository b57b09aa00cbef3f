"""/llms.txt: what is here, for programs that read."""

from collections import defaultdict

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from kb.models import Card

HEADINGS = {
    "case-study": "Case studies",
    "study-plan": "Study plans",
    "topic": "Topics",
    "problem": "Problems",
}
# Types whose API path with .md is their whole text.
AS_MARKDOWN = {"case-study": "case-studies", "topic": "topics", "problem": "problems"}


@require_safe
def llms_txt(request):
    absolute = request.build_absolute_uri
    lines = defaultdict(list)
    for card in Card.objects.filter(type__in=HEADINGS).defer("text"):
        folder = AS_MARKDOWN.get(card.type)
        path = f"/api/v1/{folder}/{card.slug}.md" if folder else card.url
        url = absolute(path)
        lines[card.type].append(f"- [{card.title}]({url}): {card.summary}")
    parts = [
        "# Casebook",
        "> Case studies of real machine-learning systems, study plans with computed examples, and"
        " problems. Content is licensed CC BY 4.0.",
        "Every number of a case study is a claim with its unit, source and locator: all of them, by"
        f" quantity and size, at {absolute('/api/v1/claims/')}; the quantities at"
        f" {absolute('/api/v1/quantities/')}; two to four cases side by side at"
        f" {absolute('/api/v1/case-studies/compare/')}?slug=one,another; everything as CSV, JSON"
        f" Lines and BibTeX below {absolute('/api/v1/exports/')}, such as claims.csv,"
        " case-studies.jsonl and sources.bib.",
        "Each day a topic, a problem and a case study:"
        f" {absolute('/api/v1/digest/today/')}; earlier days at {absolute('/api/v1/digest/')}, and"
        f" as an Atom feed at {absolute('/api/v1/digest/feed.atom')}.",
        f"The API is described at {absolute('/api/schema/')}; how a program runs jobs, at"
        f" {absolute('/guide/jobs.md')}.",
    ]
    parts += [f"## {title}\n\n" + "\n".join(lines[name]) for name, title in HEADINGS.items()]
    return HttpResponse("\n\n".join(parts) + "\n", content_type="text/plain; charset=utf-8")
