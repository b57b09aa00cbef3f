"""A made-up catalogue to choose days from, of cards only: readers see nothing but these."""

from kb.models import Card

SAYS = "A sentence that says something of it, and which is long enough for a whole thought here."
TECHNIQUES = {
    "bayes": "Bayes’ rule",
    "imbalance": "Class imbalance",
    "ab": "A/B testing",
    "kmeans": "k-means",
    "ranking": "Learning to rank",
}
PLANS = {"made-up": "Made-up learning", "other": "Other matters"}
# Slug, title, plan, techniques, what it needs.
TOPICS = [
    ("odds", "Odds and chances", "made-up", ["bayes"], []),
    ("rule", "The rule of odds", "made-up", ["bayes", "imbalance"], ["odds"]),
    ("rare", "Rare things", "made-up", ["imbalance"], ["rule"]),
    ("trials", "Fair trials", "other", ["ab"], ["odds"]),
    ("heaps", "Heaps", "other", ["kmeans"], []),
    ("lists", "Long lists", "other", ["ranking", "ab"], ["heaps", "trials"]),
    ("alone", "Something apart", "other", [], []),
]
# Slug, title, difficulty, techniques, topics with its home first, cases.
PROBLEMS = [
    ("count", "Count them all", "easy", ["bayes"], ["odds"], ["fraud"]),
    ("heaps", "Heaps", "medium", ["kmeans"], ["heaps", "lists"], []),
    ("screen", "Screen a crowd", "hard", ["bayes", "imbalance"], ["rule", "rare"], ["fraud"]),
    ("split", "Split the crowd", "easy", ["ab"], ["trials"], []),
    ("sort", "Sort for somebody", "medium", ["ranking"], ["lists"], ["shelf"]),
    ("far", "Far from everything", "hard", [], ["not-published"], []),
    ("again", "Fair trials", "easy", [], ["trials"], []),
    ("late", "Find the late ones", "medium", ["imbalance"], ["rare"], []),
    ("loose", "No topic at all", "easy", [], [], []),
]
# Slug, title, company, domain, techniques, topics.
CASES = [
    ("fraud", "Who is lying", "Veritas", "fraud", ["imbalance", "bayes"], ["rule"]),
    ("shelf", "What goes where", "Shelves Ltd", "retail", ["ranking", "ab"], []),
    ("map", "Where they live", "Atlas", "maps", ["kmeans"], ["heaps"]),
    ("bare", "Nothing in common", "Barebones", "other", [], ["alone"]),
    ("ads", "Which one they like", "Shelves Ltd", "retail", ["ab"], []),
]


def publish_made_up() -> None:
    Card.objects.all().delete()
    cards = [_card("technique", slug, title) for slug, title in TECHNIQUES.items()]
    cards += [_card("study-plan", slug, title) for slug, title in PLANS.items()]
    for number, (slug, title, plan, techniques, needed) in enumerate(TOPICS):
        place = {"plan": plan, "chapter": "all", "position": number, "minutes": 20}
        extra = place | {"prerequisites": needed}
        cards.append(_card("topic", slug, title, techniques, [slug], extra))
    for number, (slug, title, difficulty, techniques, topics, cases) in enumerate(PROBLEMS):
        extra = {"difficulty": difficulty, "cases": cases, "position": number}
        cards.append(_card("problem", slug, title, techniques, topics, extra))
    for slug, title, company, domain, techniques, topics in CASES:
        extra = {"company": company, "domain": domain, "year": 2020, "components": {}}
        cards.append(_card("case-study", slug, title, techniques, topics, extra))
    Card.objects.bulk_create(cards)


def _card(type_, slug, title, techniques=(), topics=(), extra=None) -> Card:
    return Card(
        **{"type": type_, "slug": slug, "title": title, "summary": SAYS},
        **{"url": f"/{type_}/{slug}/", "extra": extra or {}},
        **{"techniques": list(techniques), "topics": list(topics)},
        digest={"text": f"{title}: {SAYS}", "formula_html": "<math></math>"} if extra else {},
    )
