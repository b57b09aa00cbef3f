"""Documents: `parse` and `dump` are inverses, and what is wrong is named with its line."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.case_parts import CaseLink, Claim, Component, Experiment, Flow
from kb.document import (
    DOCUMENT_TYPES,
    MAX_BYTES,
    RESERVED_SLUGS,
    CaseStudyDocument,
    CompanyDocument,
    StudyPlanDocument,
    TechniqueDocument,
    TopicDocument,
    body_line,
    dump,
    parse,
    read,
)
from kb.fields import Audience, Chapter, Control, DocumentError, Example, Question, Work
from kb.vocabulary import TECHNIQUE_GROUPS

CONTENT = Path(__file__).parents[2] / "kb" / "content"
FILES = sorted(CONTENT.rglob("*.md"))

# Any character that a text may hold; some of those that TOML gives a meaning come often.
NASTY = ["+++", "\n+++\n", '"', '"""', "'", "'''", "\\", "\\n", "\n", "\r\n", "\t", "#", "[x]", "="]
characters = st.characters(
    codec="utf-8", exclude_categories=["Cc", "Cs", "Co"], include_characters="\n\t"
)
pieces = st.one_of(st.sampled_from(NASTY), st.text(characters, max_size=12))
texts = st.lists(pieces, min_size=1, max_size=6).map("".join).filter(str.strip)
lines = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co"], exclude_characters="<>"),
    min_size=1,
    max_size=60,
).filter(str.strip)
slugs = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True).filter(
    lambda slug: slug not in RESERVED_SLUGS
)
slug_lists = st.lists(slugs, max_size=4)
years = st.integers(1700, 2100)
urls = st.sampled_from(["", "https://example.org/a?b=c#d", "http://example.org/'q'"])
numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
keys = st.text(characters, max_size=6)
scalars = st.one_of(st.booleans(), numbers, texts)
lists = st.lists(st.one_of(scalars, st.lists(scalars, max_size=3)), max_size=3)
tables = st.dictionaries(keys, st.one_of(scalars, lists), max_size=3)
deeper = st.one_of(st.lists(tables, max_size=2), st.dictionaries(keys, tables, max_size=2))
json_values = st.one_of(scalars, lists, tables, deeper)
params = st.dictionaries(st.text(characters, max_size=8), json_values, max_size=4)


def optional(strategy):
    return st.one_of(st.just(""), strategy)


def unique(parts, name="key"):
    return st.lists(parts, max_size=3, unique_by=lambda part: getattr(part, name))


works = st.builds(
    Work,
    key=slugs,
    title=texts,
    authors=optional(texts),
    publisher=optional(texts),
    year=st.none() | years,
    url=urls,
    confidence=st.sampled_from(["original", "abstract-only", "secondary", "unverified"]),
    note=optional(texts),
)
controls = st.builds(
    Control,
    param=lines,
    label=lines,
    minimum=st.none() | numbers,
    maximum=st.none() | numbers,
    step=st.none() | numbers,
    choices=st.lists(st.one_of(texts, numbers), max_size=3),
)
examples = st.builds(
    Example,
    key=slugs,
    title=lines,
    kind=slugs,
    figure=optional(texts),
    text=texts,
    params=params,
    controls=st.lists(controls, max_size=2),
)
claims = st.builds(
    Claim,
    key=slugs,
    quantity=slugs,
    value=st.one_of(st.integers(-(10**15), 10**15), st.floats(-1e17, 1e17)),
    value_max=st.none() | st.floats(-1e17, 1e17),
    text=lines,
    unit=slugs,
    scope=optional(texts),
    as_of=st.sampled_from(["", "2015", "2015-12", "2015-12-31"]),
    kind=st.sampled_from(["scale", "latency", "offline-metric", "online-metric", "cost", "other"]),
    source=optional(slugs),
    locator=optional(lines),
    confidence=st.sampled_from(["original", "abstract-only", "secondary", "unverified"]),
    conflicts_with=slug_lists,
)
components = st.builds(
    Component,
    key=slugs,
    component=slugs,
    name=lines,
    also=st.lists(lines, max_size=2),
    lane=lines,
    technology=optional(lines),
    latency=optional(lines),
    freshness=optional(lines),
    scale=optional(lines),
    state=st.sampled_from(["public", "inferred", "unknown"]),
    section=slugs,
)
flows = st.builds(
    lambda **ends: Flow(**ends),
    start=slugs,
    end=slugs,
    label=st.sampled_from(["", "asks", "plays & skips"]),
    kind=st.sampled_from(["request", "event", "batch"]),
)
links = st.builds(
    CaseLink,
    relation=st.sampled_from(["supersedes", "builds-on", "influenced"]),
    case_study=slugs,
)
experiments = st.builds(
    Experiment,
    key=slugs,
    title=lines,
    kind=slugs,
    figure=optional(texts),
    text=texts,
    claim=optional(slugs),
    path=optional(lines),
    params=params,
    controls=st.lists(controls, max_size=2),
)
head = {"slug": slugs, "title": lines, "summary": texts}
body = {"body": optional(texts)}
documents = st.one_of(
    st.builds(
        CompanyDocument,
        **head,
        aliases=st.lists(lines, max_size=3),
        industry=optional(texts),
        website=urls,
    ),
    st.builds(
        TechniqueDocument,
        **head,
        group=st.sampled_from(list(TECHNIQUE_GROUPS)),
        synonyms=st.lists(lines, max_size=3),
    ),
    st.builds(
        StudyPlanDocument,
        **head,
        **body,
        position=st.integers(1, 1000),
        chapters=unique(
            st.builds(Chapter, slug=slugs, title=lines, summary=optional(texts)), "slug"
        ),
    ),
    st.builds(
        TopicDocument,
        **head,
        **body,
        plan=slugs,
        chapter=slugs,
        position=st.integers(1, 1000),
        minutes=st.integers(1, 600),
        outcomes=st.lists(texts, max_size=3),
        prerequisites=slug_lists,
        techniques=slug_lists,
        teaser=optional(texts),
        references=unique(works),
        examples=unique(examples),
    ),
    st.builds(
        CaseStudyDocument,
        **head,
        **body,
        company=slugs,
        domain=st.sampled_from(["recommendation", "other"]),
        year=years,
        techniques=slug_lists,
        topics=slug_lists,
        lessons=st.lists(texts, max_size=3),
        negative_results=st.lists(texts, max_size=2),
        not_public=st.lists(texts, max_size=2),
        teaser=optional(texts),
        audience=st.builds(
            Audience, student=optional(texts), engineer=optional(texts), researcher=optional(texts)
        ),
        sources=unique(works),
        claims=unique(claims),
        components=unique(components),
        flows=st.lists(flows, max_size=2),
        links=st.lists(links, max_size=2),
        experiments=unique(experiments),
        questions=st.lists(st.builds(Question, question=texts, answer=texts), max_size=2),
    ),
)


@given(documents)
@settings(max_examples=60, deadline=None)
def test_what_is_dumped_is_parsed_to_the_same(document):
    text = dump(document)
    assert parse(text) == document
    assert dump(parse(text)) == text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\r" not in text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_shipped_file_is_in_canonical_form(file):
    document, text = read(file, file.name)
    assert dump(document) == text


def test_every_type_of_document_is_shipped():
    assert {parse(file.read_text(encoding="utf-8")).type for file in FILES} == set(DOCUMENT_TYPES)


COMPANY = """+++
type = "company"
slug = "acme"
title = "Acme"
summary = "Makes everything."
+++
"""
TOPIC = """+++
type = "topic"
slug = "a-topic"
title = "A topic"
summary = "About it."
plan = "basics"
chapter = "first"
position = 1
minutes = 10

[[references]]
key = "one"
title = "One"

[[references]]
key = "two"
title = "Two"
url = "https://example.org"

[[examples]]
key = "grid"
title = "A grid"
kind = "diagnostic-test"
text = "The point."

[examples.params]
prevalence = 0.01
+++

## First {#first}

Words.
"""


def refusal(text: str) -> tuple[int, str]:
    with pytest.raises(DocumentError) as caught:
        parse(text, "file.md")
    assert str(caught.value).startswith(f"file.md:{caught.value.problems[0][0]}: ")
    return caught.value.problems[0]


# What is written in place of what, the line that is named, and what the sentence says.
REFUSALS = {
    "no front matter": ("+++\ntype", "type", 1, "The first line must be +++"),
    "front matter not closed": ('everything."\n+++\n', 'everything."\n', 1, "not closed"),
    "bad TOML": ('title = "Acme"', 'title = "Acme', 4, "not TOML"),
    "a key twice": ('title = "Acme"', 'title = "Acme"\ntitle = "B"', 5, "not TOML"),
    "an unknown type": ('type = "company"', 'type = "firm"', 2, "it must be one of company"),
    "no type": ('type = "company"\n', "", 2, "it must be one of"),
    "an unknown key": ('slug = "acme"', 'slug = "acme"\ncolour = "red"', 4, "not known here"),
    "a body as a key": (
        'slug = "acme"',
        'slug = "acme"\nbody = "x"',
        4,
        "follows the front matter",
    ),
    "a wrong type": ('title = "Acme"', "title = 5", 4, "should be a valid string"),
    "a wrong list": ('title = "Acme"', 'title = "Acme"\naliases = "A"', 5, "valid list"),
    "a missing key": ('summary = "Makes everything."\n', "", 2, "Field required"),
    "an empty text": ('"Makes everything."', '""', 5, "at least 1 character"),
    "a slug with capitals": ('"acme"', '"Acme"', 3, "lower-case letters"),
    "a reserved slug": ('"acme"', '"compare"', 3, "reserved word"),
    "HTML in a title": ('"Acme"', '"<b>Acme</b>"', 4, "one line without < and >"),
    "a title of two lines": ('"Acme"', '"Ac\\nme"', 4, "one line"),
    "a long title": ('"Acme"', f'"{"x" * 201}"', 4, "at most 200 characters"),
    "a long text": ('"Makes everything."', f'"{"x" * 4001}"', 5, "at most 4000 characters"),
    "an address that runs": (
        'summary = "Makes everything."',
        'summary = "S"\nwebsite = "javascript:alert(1)"',
        6,
        "must begin with http:// or https://",
    ),
    "a NUL": ("Makes", "Ma\0kes", 5, "NUL"),
    "an escaped NUL": ("Makes", "Ma\\u0000kes", 5, "not allowed"),
    "an escape character": ("Makes", "Ma\\u001bkes", 5, "not allowed"),
    "a private character": ("Makes", "Ma\ue000kes", 5, "not allowed"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_company_is_refused_with_the_line(name):
    old, new, line, sentence = REFUSALS[name]
    assert COMPANY.count(old) == 1
    found = refusal(COMPANY.replace(old, new))
    assert found[0] == line
    assert sentence in found[1]


TOPIC_REFUSALS = {
    "a doubled key": ('key = "two"', 'key = "one"', 16, "the key 'one' stands twice"),
    "an address in a table": ("https://example.org", "ftp://example.org", 18, "http://"),
    "an unknown key in a table": ('title = "Two"', 'title = "Two"\npage = 1', 18, "not known here"),
    "a number too large": ("minutes = 10", "minutes = 100000", 9, "less than or equal to 600"),
    "a number as text": ("minutes = 10", 'minutes = "10"', 9, "valid integer"),
    "a date among parameters": ("0.01", "2020-01-01", 26, "no number, text, list or table"),
    "an infinity among parameters": ("0.01", "inf", 26, "no number, text, list or table"),
}


@pytest.mark.parametrize("name", TOPIC_REFUSALS)
def test_a_topic_is_refused_with_the_line(name):
    old, new, line, sentence = TOPIC_REFUSALS[name]
    assert TOPIC.count(old) == 1
    found = refusal(TOPIC.replace(old, new))
    assert sentence in found[1]
    assert found[0] == line


def test_every_problem_is_named_and_not_only_the_first():
    text = COMPANY.replace('"acme"', '"Acme"').replace('"Makes everything."', "3")
    with pytest.raises(DocumentError) as caught:
        parse(text, "f")
    assert [line for line, _ in caught.value.problems] == [3, 5]


def test_an_over_long_text_is_refused_before_it_is_read():
    assert refusal(COMPANY + "x" * MAX_BYTES)[0] == 1


def test_a_file_that_is_not_utf_8_is_refused_with_the_line(tmp_path):
    file = tmp_path / "acme.md"
    file.write_bytes(COMPANY.replace("Makes", "M\xe4kes").encode("latin-1"))
    with pytest.raises(DocumentError, match=r"acme.md:5: The file is not UTF-8."):
        read(file, "acme.md")


def test_a_fence_inside_a_text_does_not_end_the_front_matter():
    document = parse(COMPANY).model_copy(update={"summary": "Above\n+++\nbelow"})
    text = dump(document)
    assert text.split("\n").count("+++") == 2
    assert parse(text) == document


def test_a_fence_in_the_body_stays_in_the_body():
    document = parse(TOPIC)
    changed = document.model_copy(update={"body": document.body + "\n\n+++\n\nend"})
    assert parse(dump(changed)) == changed


def test_line_ends_of_a_browser_and_blanks_at_the_end_of_lines_are_tidied():
    tidy, untidy = parse(TOPIC), TOPIC.replace("Words.\n", "Words.  \r\n\r\n\n")
    assert parse(untidy) == tidy
    assert dump(parse(untidy)) == dump(tidy) != untidy


def test_a_null_parameter_is_left_out():
    example = parse(TOPIC).examples[0].model_dump()
    example["params"] = {"a": None, "b": {"c": None}, "d": 1}
    assert Example(**example).params == {"d": 1}


def test_the_body_begins_below_the_front_matter_whatever_stands_in_it():
    text = '+++\ntype = "company"\nsummary = "Anvils."\n+++\n\nAnvils.\n'
    assert text.split("\n")[body_line(text) - 1] == "Anvils."
