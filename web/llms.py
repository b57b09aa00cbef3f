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
    lines = defaultdict(list)
    for card in Card.objects.filter(type__in=HEADINGS).defer("text"):
        folder = AS_MARKDOWN.get(card.type)
        path = f"/api/v1/{folder}/{card.slug}.md" if folder else card.url
        url = request.build_absolute_uri(path)
        lines[card.type].append(f"- [{card.title}]({url}): {card.summary}")
    parts = [
        "# Casebook",
        "> Case studies of real machine-learning systems, study plans with computed examples, and"
        " problems. Content is licensed CC BY 4.0.",
        f"The API is described at {request.build_absolute_uri('/api/schema/')}; how a program runs"
        f" jobs, at {request.build_absolute_uri('/guide/jobs.md')}.",
    ]
    parts += [f"## {title}\n\n" + "\n".join(lines[name]) for name, title in HEADINGS.items()]
    return HttpResponse("\n\n".join(parts) + "\n", content_type="text/plain; charset=utf-8")
