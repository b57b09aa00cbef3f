"""A secret word in drafts and unpublished entries never reaches a learner, through any door."""

import datetime
import re
import tomllib

import pytest
from django.contrib.auth.models import User

from kb import services
from kb.loading import ENTRY_MODELS
from kb.models import (
    CaseStudy,
    Chapter,
    Company,
    ComponentType,
    Quantity,
    Revision,
    StudyPlan,
    Technique,
    Topic,
    Unit,
)
from learn import digest
from learn.models import Digest
from problems.models import Problem
from rest.version import raise_content_version
from tests.conftest import PASSWORD
from tests.kb.acme import Folder
from tests.kb.evidence import CASE

# Of letters, so that it can stand in a slug too.
SECRET = "xyzzysecret"
UNKNOWN = "xyzzyunheard"
LINK = f"See [one](technique:{SECRET}), [two](topic:{SECRET}) and [three](case:{SECRET})."
MODELS = [*ENTRY_MODELS.values(), Problem]
PAGES = {
    "company": "companies",
    "technique": "techniques",
    "study-plan": "plans",
    "topic": "topics",
    "case-study": "cases",
    "problem": "problems",
}
COLLECTIONS = PAGES | {"study-plan": "study-plans", "case-study": "case-studies"}
VOCABULARIES = {"components": ComponentType, "quantities": Quantity, "units": Unit}
WITHDRAWN = f"{SECRET}-withdrawn"
LINKS = """
[[links]]
relation = "influenced"
case_study = "netflix-recommender-system"

[[links]]
relation = "builds-on"
case_study = "acme-ranker"

[[questions]]"""
TEXTS = [
    *("title", "summary", "body", "teaser", "readers", "statement", "editorial", "industry"),
    *("reference", "alternative", "tests", "starter_code", "audience_student"),
]


def spoil(entry) -> None:
    """Write the secret into every text of an entry."""
    for name in TEXTS:
        if hasattr(entry, name):
            setattr(entry, name, f"{getattr(entry, name)} {SECRET}")
    entry.save()


def spoil_data(case: CaseStudy) -> None:
    """Write the secret into every row of a case, or give it such rows where it has none."""
    source = case.sources.create(
        key=SECRET, title=SECRET, authors=SECRET, note=SECRET, url=f"https://example.org/{SECRET}"
    )
    latency, second = Quantity.objects.get(slug="latency"), Unit.objects.get(slug="s")
    claim = case.claims.create(
        **{"key": SECRET, "text": SECRET, "scope": SECRET, "locator": SECRET, "kind": "latency"},
        **{"quantity": latency, "unit": second, "value": 0.125, "base_value": 0.125},
        source=source,
    )
    kind = ComponentType.objects.get(slug="client")
    start, end = (
        case.components.create(
            key=key, type=kind, name=key, lane=SECRET, technology=SECRET, also=[SECRET]
        )
        for key in (SECRET, f"{SECRET}-2")
    )
    case.flows.create(start=start, end=end, label=SECRET)
    case.experiments.create(
        key=SECRET, title=SECRET, kind="diagnostic-test", text=SECRET, claim=claim
    )
    for relation in ("influenced", "builds-on"):
        target = CaseStudy.objects.get(slug="acme-ranker", draft_of=None)
        case.links.create(target=target, relation=relation)


def link_to_the_secret(published) -> None:
    """As if it had been published while what it links to and names was published too."""
    if isinstance(published, CaseStudy):
        for slug in (SECRET, WITHDRAWN):
            target = CaseStudy.objects.get(slug=slug, draft_of=None)
            published.links.create(target=target, relation="influenced")
            published.rendered["links"].append({"relation": "influenced", "case_study": slug})
    published.body += f"\n\n{LINK}\n"
    published.rendered["sections"][0]["markdown"] += LINK
    published.save()
    last = Revision.objects.filter(
        type=published.TYPE, slug=published.slug, number=published.version
    )
    assert last.update(document=published.dump_text(published.to_document())) == 1


@pytest.fixture
def acme(shipped, tmp_path):
    """A case of everything that a case can have, with the secret in it: withdrawn."""
    text = CASE.replace("acme-scorer", WITHDRAWN).replace("\n[[questions]]", LINKS)
    for words in ("Acme scores payments", "99th percentile, at the gateway", "On payments"):
        assert words in text
        text = text.replace(words, f"{words} {SECRET}")
    folder = Folder(tmp_path)
    folder.write(f"case-studies/{WITHDRAWN}.md", text)
    folder.load()
    services.withdraw(CaseStudy.objects.get(slug=WITHDRAWN))


@pytest.fixture
def drafts(acme):
    """A draft beside every published entry and a new entry of every type, full of the secret.

    The new ones refer to what is published, and what is published refers to some of them.
    """
    author = User.objects.create_user("dora", password=PASSWORD, is_staff=True)
    for model in MODELS:
        for entry in model.objects.published():
            draft = services.start_draft(entry, author)
            spoil(draft)
            if model is CaseStudy:
                spoil_data(draft)
    head = {"slug": SECRET, "title": SECRET, "summary": SECRET, "author": author}
    company = Company.objects.create(**head, aliases=[SECRET])
    technique = Technique.objects.create(**head, group="Models")
    plan = StudyPlan.objects.create(**head, body=SECRET)
    hidden_chapter = Chapter.objects.create(plan=plan, slug=SECRET, title=SECRET)
    chapter = Chapter.objects.filter(plan__slug="foundations").first()
    topic = Topic.objects.create(**head, chapter=chapter, body=SECRET)
    Topic.objects.create(
        **(head | {"slug": f"{SECRET}-2"}), chapter=hidden_chapter, body=SECRET, state="in-review"
    )
    case = CaseStudy.objects.create(
        **head,
        company=Company.objects.get(slug="netflix", draft_of=None),
        domain="other",
        year=2020,
    )
    CaseStudy.objects.create(
        **(head | {"slug": f"{SECRET}-2"}), company=company, domain="other", year=2020, body=SECRET
    )
    spoil_data(case)
    problem = Problem.objects.create(**head, home_topic=topic, difficulty="easy", teaser=SECRET)
    for published in CaseStudy.objects.published():
        published.techniques.add(technique)
        published.topics.add(topic)
    for published in Topic.objects.published():
        published.prerequisites.add(topic)
        published.techniques.add(technique)
    for published in Problem.objects.published():
        published.topics.add(topic)
        published.techniques.add(technique)
        published.cases.add(case)
    services.submit_for_review(problem)
    for published in CaseStudy.objects.published():
        published.lessons.append(LINK)
        link_to_the_secret(published)
    for published in Topic.objects.published():
        published.outcomes.append(LINK)
        link_to_the_secret(published)
    for published in Problem.objects.published():
        published.statement += LINK
        published.hints[0] += LINK
        published.save()


@pytest.fixture
def pinned(drafts):
    """Curators chose drafts for today, and wrote of tomorrow already."""
    today = digest.today()
    chosen = {
        f"pinned_{name}": model.objects.get(slug=SECRET, draft_of=None)
        for name, model in {"topic": Topic, "problem": Problem, "case_study": CaseStudy}.items()
    }
    Digest.objects.create(date=today, **chosen)
    Digest.objects.create(date=today + datetime.timedelta(days=1), introduction=SECRET, **chosen)


@pytest.fixture(params=["a stranger", "a learner", "a learner with a token"])
def reader(request, client, api_as, ada):
    if request.param == "a learner with a token":
        return api_as(ada)
    if request.param == "a learner":
        client.force_login(ada)
    return client


def days() -> list[str]:
    """Where the digest is read: yesterday's, today's and tomorrow's, each as JSON and as a page."""
    dates = [digest.today() + datetime.timedelta(days=number) for number in (-1, 0, 1)]
    return [
        "/",
        "/digest/",
        *(f"{at}/{date}/" for at in ("/digest", "/api/v1/digest") for date in dates),
    ]


def paths(document: dict) -> list[str]:
    """Every GET of the schema and every page, for every slug that there is and for the secret."""
    found = ["/", "/cases/", "/plans/", "/problems/", "/search/?q=a", "/sign-in/", "/llms.txt"]
    found += days()
    found += [f"/search/?q={SECRET}", "/cases/?domain=other", f"/cases/?technique={SECRET}"]
    slugs = {
        model.TYPE: set(model.objects.values_list("slug", flat=True)) | {SECRET} for model in MODELS
    }
    slugs |= {
        name: set(model.objects.values_list("slug", flat=True)) | {SECRET}
        for name, model in VOCABULARIES.items()
    }
    types = {name: name for name in VOCABULARIES} | {
        collection: entry_type for entry_type, collection in COLLECTIONS.items()
    }
    types["me"] = "topic"
    for other in (SECRET, WITHDRAWN):
        found.append(f"/api/v1/case-studies/compare/?slug=stripe-radar-fraud,{other}")
    found.append("/api/v1/case-studies/compare/?slug=stripe-radar-fraud,netflix-recommender-system")
    found += [f"/api/v1/claims/?{name}={SECRET}" for name in ("case_study", "company", "quantity")]
    found.append("/api/v1/claims/?quantity=latency&min=0.12&max=0.13")
    for path, item in document["paths"].items():
        if "get" not in item:
            continue
        collection = path.removeprefix("/api/v1/").partition("/")[0]
        if "{slug}" in path:
            found += [path.replace("{slug}", slug) for slug in slugs[types[collection]]]
        elif "{" not in path:
            found += [path, f"{path}?page_size=100", f"{path}?search=a", f"{path}?q=a"]
            found += [f"{path}?search={SECRET}", f"{path}?q={SECRET}"]
            found += [f"{path}?technique={SECRET}", f"{path}?company={SECRET}"]
    for entry_type, page in PAGES.items():
        found += [f"/{page}/{slug}/" for slug in slugs[entry_type]]
    return found


def read(reader, path: str) -> tuple[int, str]:
    response = reader.get(path)
    content = b"".join(response.streaming_content) if response.streaming else response.content
    # The CSRF token of a form is another one each time.
    text = re.sub(r'value="[A-Za-z0-9]{64}"', "", content.decode())
    return response.status_code, text


def test_the_secret_never_appears(pinned, reader, api):
    for path in paths(api.get("/api/schema/?format=json").json()):
        status, text = read(reader, path)
        assert status < 500, path
        if SECRET not in path:
            assert SECRET not in text, path
            continue
        # Who asks for it is answered as if there were no such word.
        as_unknown = read(reader, path.replace(SECRET, UNKNOWN))
        assert (status, text.replace(SECRET, UNKNOWN)) == as_unknown, path


def test_what_was_never_published_is_a_404_through_every_door(drafts, reader):
    for model in MODELS:
        collection, page = COLLECTIONS[model.TYPE], PAGES[model.TYPE]
        paths = [f"/api/v1/{collection}/{SECRET}/", f"/{page}/{SECRET}/"]
        if model.TYPE in ("case-study", "topic", "problem"):
            paths.append(f"/api/v1/{collection}/{SECRET}.md")
        if model is CaseStudy:
            for slug in (SECRET, WITHDRAWN):
                paths += [f"/api/v1/case-studies/{slug}/", f"/api/v1/case-studies/{slug}.md"]
                paths.append(f"/api/v1/case-studies/{slug}/architecture.svg")
        assert {path: reader.get(path).status_code for path in paths} == dict.fromkeys(paths, 404)


def test_a_draft_cannot_be_reached_by_filters_orders_or_search(drafts, reader):
    for path in ("case-studies", "topics", "problems", "techniques", "companies"):
        answer = reader.get(f"/api/v1/{path}/?page_size=100&search={SECRET}").json()
        assert answer["results"] == []
    assert reader.get(f"/api/v1/search/?q={SECRET}").json()["results"] == []
    assert reader.get(f"/api/v1/case-studies/?technique={SECRET}").status_code == 400
    assert reader.get(f"/api/v1/problems/?topic={SECRET}").status_code == 400
    assert reader.get(f"/api/v1/techniques/?group={SECRET}").status_code == 400


def test_the_preview_of_a_draft_is_for_those_who_curate(drafts, reader, cora, client):
    addresses = [
        f"/preview/{model.TYPE}/{model.objects.filter(draft_of__isnull=False).first().pk}/"
        for model in MODELS
    ]
    for address in addresses:
        response = reader.get(address)
        assert response.status_code in (302, 404)
        assert SECRET not in response.content.decode()
    client.force_login(cora)
    for address in addresses:
        assert SECRET in client.get(address).content.decode()


def test_no_draft_is_counted_and_no_number_of_one_is_listed(acme, reader, request):
    def answers() -> dict[str, tuple[int, str]]:
        names = [f"/api/v1/{name}/?page_size=100" for name in (*VOCABULARIES, "claims")]
        names += ["/api/v1/claims/?quantity=latency&min=0.12&max=0.13"]
        names += [f"/api/v1/exports/claims.{form}" for form in ("csv", "jsonl")]
        names += ["/api/v1/exports/sources.bib"]
        return {name: read(reader, name) for name in names}

    before = answers()
    request.getfixturevalue("drafts")
    raise_content_version()
    assert answers() == before


def test_a_draft_is_no_reason_to_stand_beside_a_case(drafts, reader):
    for slug in CaseStudy.objects.published().values_list("slug", flat=True):
        case = reader.get(f"/api/v1/case-studies/{slug}/").json()
        assert SECRET not in f"{case['related']} {case['links']}"
        front = reader.get(f"/api/v1/case-studies/{slug}.md").content.decode().split("+++\n")[1]
        assert SECRET not in str(tomllib.loads(front).get("links"))


@pytest.mark.parametrize("fixed", [True, False])
def test_no_day_of_the_digest_has_a_draft(pinned, client, fixed):
    if fixed:
        digest.fix_due_days()
    for path in [*days(), "/api/v1/digest/", "/api/v1/digest/today/", "/api/v1/digest/feed.atom"]:
        status, text = read(client, path)
        assert status in (200, 404), path
        assert SECRET not in text, path
    said = client.get("/api/v1/digest/today/").json()
    assert all(said[part]["slug"] for part in ("topic", "problem", "case_study"))
