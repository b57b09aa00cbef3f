"""What keeps a case from readers: each fault with its file and its line."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from kb.casecheck import cycle_in
from kb.document import parse
from kb.numbers import loose_numbers
from tests.kb.acme import Folder
from tests.kb.evidence import CASE

NAME = "case-studies/acme-scorer.md"
# What is changed in the case, what it becomes, what is said, and in which line's text.
FAULTS = [
    ("[#share] of payments", "[#shares] of payments", "[#shares] is not among", "[#shares]"),
    ("says [#delay-retold] [@retold]", "says [#delay-retold] [@told]", "[@told]", "[@told]"),
    ('source = "paper"\nlocator', 'locator', "'delay' has no source", 'key = "delay"'),
    ('source = "paper"\nlocator', 'source = "papers"\nlocator', "'papers'", 'source = "papers"'),
    ("The till waits.", "The till waits 3 s.", "The number 3 is no claim", "waits 3 s"),
    ("Of [#share] that", "Of 0.1% that", "The number 0.1 is no claim", "lessons"),
    ('answer = "One."', 'answer = "About 1."', "The number 1 is no claim", "About 1"),
    ("under 100 ms, and", "under 90 ms, and", "The number 90 is in no claim", "summary"),
    ('latency = "100 ms"', 'latency = "110 ms"', "The number 110 is in no claim", "110 ms"),
    ("and on into the payment log", "and on", "'Payment log', which the text never", "Payment log"),
    ('quantity = "base-rate"', 'quantity = "basis"', "'basis' is not in the vocab", '"basis"'),
    ('unit = "s"', 'unit = "star"', "does not convert into s", 'unit = "star"'),
    ('unit = "s"', 'unit = "parsec"', "'parsec' is not in the vocabulary", "parsec"),
    ('"0.2 to 0.3 seconds"', '"0.2 to 0.4 seconds"', "but its text says", "0.4 seconds"),
    ("value_max = 0.3", "value_max = 0.1", "ends at or below its beginning", "value_max"),
    ('\nconfidence = "secondary"\nconf', "\nconf", "is said to be original", "delay-retold"),
    ('["delay"]', '["delays"]', "'delays', which is no claim", "delays"),
    ('["delay"]', '["delay-retold"]', "conflicts with itself", "conflicts_with"),
    ('component = "event-stream"', 'component = "pipe"', "'pipe' is not in the", '"pipe"'),
    ('section = "models"', 'section = "model"', "'model', which the text has not", '"model"'),
    ('to = "log"', 'to = "lake"', "leads to 'lake', which is no component", 'to = "lake"'),
    ('to = "log"', 'to = "scorer"', "from 'scorer' to itself", 'to = "scorer"'),
    ('claim = "share"', 'claim = "shares"', "'shares' anew, which is no claim", '"shares"'),
    ('path = "ppv"', 'path = "pp"', "the path 'pp' leads to no number", "experiments"),
    ("prevalence = 0.001", "prevalence = 2", "params/prevalence", "experiments"),
    ('kind = "diagnostic-test"', 'kind = "oracle"', "oracle", "experiments"),
    ("$n = 12$", "$\\nonsense$", "nonsense", "nonsense"),
    ("{#serving}", "{#servers}", "The section 'servers' is not known", "{#servers}"),
    ('"anvil-sorting"', '"anvil-hurling"', "no technique 'anvil-hurling'", "anvil-hurling"),
    ('topics = ["anvils"]', 'topics = ["tongs"]', "no topic 'tongs'", "tongs"),
    ('company = "acme"', 'company = "apex"', "no company 'apex'", "apex"),
    ("The till waits.", "The [till](case:tills) waits.", "case:tills leads to nothing", "tills"),
    ('doi = "10.1000/payments"', 'doi = "10.1000/P"', "doi", "10.1000/P"),
    ('url = "https://example.com/retold/"', 'url = "https://doi.org/10.1000/Payments"',
     "is the same work as 'paper'", "doi.org"),
    ('key = "share"', 'key = "delay"', "the key 'delay' stands twice", 'key = "delay"'),
    ("For whoever reads a rate and wants", "Whoever wants", "(who it is for", "readers"),
    ("said the report.", "said the report", "does not end as a sentence", "teaser"),
    ('title = "Acme scores', 'title = "Acme <b>scores', "title", "<b>"),
    ('domain = "fraud-and-risk"', 'domain = "crime"', "domain", "crime"),
    ('kind = "event"', 'kind = "pigeon"', "flows.1.kind", "pigeon"),
    ("The till waits.", "It is [#Delay].", "[#Delay] is no mark", "[#Delay]"),
    ("The till waits.", "It is [= so].", "marks more than a number", "[= so]"),
    ("The till waits.", f"It is [={'so ' * 20} 7].", "marks more than a number", "[=so"),
    ("The till waits.", "It [is [#share] of](https://x.org).", "makes no link", "is [#share]"),
    ("The till waits.", "It [is](javascript:x).", "makes no link", "javascript"),
    ("The till waits.", 'It [is](https://x.org "7 of").', "The number 7 is no claim", "7 of"),
    ("under 100 ms, and", "under [#delay], and", "[#delay] is for prose", "summary"),
    ("## Data {#data}", "## Data [#delay] {#data}", "the title of a section", "## Data"),
    ("## Data {#data}", "## Data", "'Data' has no key", "## Data"),
    ("## Data {#data}", "## Data {#data}\n\nX.\n\n## Data {#data}", "stands twice", "## Data"),
    (":::figure share-again\n:::", "Below.", "is nowhere in the text", "share-again"),
    (":::figure share-again\n:::", ":::figure share-again\n:::\n\n:::figure share-again\n:::",
     "'share-again' stands twice", ":::figure"),
    ('as_of = "2021-06"', 'as_of = "2021-02-30"', "claims.0.as_of", "2021-02-30"),
    ('as_of = "2021-06"', 'as_of = "June"', "is not a valid date", "June"),
    ("value = 1\n", "value = 0\n", "is 0 per-thousand, but its text", '"1 in 1,000"'),
    ("under 100 ms, and", "1.2.3, and", "The number 1.2.3 is in no claim", "1.2.3"),
    ('label = "asks"', 'label = "asks\\u0000"', "the character '\\x00'", "label"),
    ('latency = "100 ms"', 'latency = "100 ms\\u0007"', "the character '\\x07'", "latency"),
    ('url = "https://example.org/payments"', 'url = "https://example.org/\\u0000"',
     "the character '\\x00'", "url"),
    ('lane = "Shop"', 'lane = " "', "components.0.lane: Value error, it is blank", "lane"),
    ('type = "case-study"', 'type = ["case-study"]', "it must be one of", "type ="),
    ("year = 2021\ntechniques", "techniques", "year: Field required", "type ="),
    ("year = 2021\ntechniques", f"year = {'1' * 5000}\ntechniques", "not TOML", "+++"),
    ("year = 2021\ntechniques", f"year = {'[' * 5000}\ntechniques", "too deeply", "+++"),
    ('kind = "other"\n', 'kind = "other"\nwho = 1\n', "there are key, quantity, value", "who"),
]  # fmt: skip
CONTROL = """
[[experiments.controls]]
param = "{param}"
label = "Share"
minimum = {minimum}
maximum = {maximum}
+++
"""


@pytest.fixture
def files(tmp_path):
    folder = Folder(tmp_path)
    folder.write(NAME, CASE)
    return folder


def check(folder):
    """The lines that check_content prints; none where nothing is wrong."""
    try:
        call_command("check_content", folder.root, stdout=StringIO())
    except CommandError as exc:
        return str(exc).split("\n")
    return []


def test_a_sound_case_has_no_fault(files):
    assert check(files) == []


@pytest.mark.parametrize(
    ("old", "new", "said", "at"),
    FAULTS,
    ids=[f"{n}-{fault[2][:24]}" for n, fault in enumerate(FAULTS)],
)
def test_a_fault_is_named_with_file_and_line(files, old, new, said, at):
    assert CASE.count(old) >= 1
    text = CASE.replace(old, new)
    files.write(NAME, text)
    found = [line for line in check(files) if said in line]
    assert len(found) == 1, check(files)
    name, number = found[0].split(": ")[0].rsplit(":", 1)
    assert name.endswith(NAME)
    lines = text.split("\n")
    near = "\n".join(lines[int(number) - 1 : int(number) + 8])
    assert at in near, (number, near)


@pytest.mark.parametrize(
    ("param", "minimum", "maximum", "said"),
    [
        ("shares", 0.1, 0.5, "There is no parameter of this name here."),
        ("prevalence", 0.5, 0.1, "has neither choices, nor a minimum and a maximum above it"),
        ("prevalence", 0.1, 2, "allows 2: This should be less than or equal to 1."),
        ("prevalence", 0.1, 0.5, None),
    ],
)
def test_a_control_changes_what_its_kind_has(files, param, minimum, maximum, said):
    control = CONTROL.format(param=param, minimum=minimum, maximum=maximum)
    files.write(NAME, CASE.replace("specificity = 0.99\n+++\n", f"specificity = 0.99\n{control}"))
    found = check(files)
    assert any(said in line for line in found) if said else found == []


@pytest.mark.parametrize(
    "text",
    [
        "In 1999, 2010–2015, the 1990s, FY2016, 2015Q3, and in June 2016 (2016).",
        "GPT-4, ResNet-50, S3, P95, p99.9, v1.5, XGBoost2, COVID-19, Top-10 and BM25.",
        "Set `n = 100`.\n\n```python\nx = 100\n```\n\n    y = 100\n",
        "Here $n = 100$ and\n\n$$\nx = 5\n$$\n",
        "See <https://example.org/100> and [it](https://example.org/100).",
        "1. one\n2. two",
        "So [@paper, page 412, figure 3]; about [=3,000 ms] and [=−12%].",
    ],
)
def test_what_is_sound_is_not_refused(files, text):
    files.write(NAME, CASE.replace("The till waits.", f"The till waits.\n\n{text}\n\n"))
    assert check(files) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "none"), (-1, "a fall of 1 in 1,000"), (1, "1 in 1,000, by version 1.2.3")],
)
def test_a_claim_may_be_of_nothing_or_of_a_fall(files, value, text):
    old = 'value = 1\ntext = "1 in 1,000"'
    assert old in CASE
    files.write(NAME, CASE.replace(old, f'value = {value}\ntext = "{text}"'))
    assert check(files) == []


def test_a_name_in_quotation_marks_is_found_in_the_text(files):
    text = CASE.replace('name = "Till"', "name = '\"Till\" box'")
    files.write(NAME, text.replace("The till waits.", 'The "till" box waits.'))
    assert check(files) == []


@pytest.mark.parametrize(
    "words", ["<!-- -->", "[a]: https://example.org", "***", "&nbsp;", "### More", "[#delay]"]
)
def test_a_section_has_words(files, words):
    old = "## Data {#data}\n\nNothing about this is public."
    files.write(NAME, CASE.replace(old, f"## Data {{#data}}\n\n{words}"))
    assert any("'data' has no sentence" in line for line in check(files))


def test_what_cannot_be_read_is_named(files):
    (files.root / "case-studies" / "folder.md").mkdir()
    (files.root / "vocabulary.toml").write_text("units = [\n", encoding="utf-8")
    assert check(files) == ["content/vocabulary.toml:1: The file is not TOML: Invalid value (at"
                            " end of document)."]  # fmt: skip
    (files.root / "vocabulary.toml").unlink()
    assert any("folder.md:1: It cannot be read" in line for line in check(files))


def test_a_missing_and_an_empty_section_are_named(files):
    without = CASE.replace("## Data {#data}\n\nNothing about this is public.\n\n", "")
    assert without != CASE
    files.write(NAME, without)
    assert any("The section 'data' is missing" in line for line in check(files))
    files.write(
        NAME,
        CASE.replace("## Data {#data}\n\nNothing about this is public.\n", "## Data {#data}\n"),
    )
    assert any("'data' has no sentence" in line for line in check(files))


def test_sections_stand_in_their_order(files):
    swapped = (
        CASE.replace("{#data}", "{#x}")
        .replace("{#features}", "{#data}")
        .replace("{#x}", "{#features}")
    )
    files.write(NAME, swapped)
    [line] = [line for line in check(files) if "belongs" in line]
    assert "'features' stands where 'data' belongs" in line


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe+++", "not UTF-8"),
        (b"no front matter", "The first line must be +++"),
        (b"+++\ntype = \n+++\n", "not TOML"),
        (b"+++\n" + b"x" * 5_000_000, "longer than 1,000,000 characters"),
        (b"", "The first line must be +++"),
        (b"\xef\xbb\xbf+++\n", "begins with a byte-order mark"),
        (b"+++\r\n", "Lines end with CR"),
    ],
    ids=["bytes", "prose", "broken", "huge", "empty", "mark", "carriage"],
)
def test_what_is_no_document_is_named_and_the_others_are_still_checked(files, data, said):
    (files.root / "case-studies" / "bad.md").write_bytes(data)
    files.write(NAME, CASE.replace('company = "acme"', 'company = "apex"'))
    found = check(files)
    assert any("bad.md" in line and said in line for line in found)
    assert any(NAME in line and "apex" in line for line in found)


def other(slug, supersedes):
    link = f'[[links]]\nrelation = "supersedes"\ncase_study = "{supersedes}"\n\n[[questions]]'
    return CASE.replace('slug = "acme-scorer"', f'slug = "{slug}"').replace("[[questions]]", link)


def test_cases_that_supersede_one_another_in_a_circle_are_named(files):
    files.write("case-studies/one.md", other("one", "two"))
    files.write("case-studies/two.md", other("two", "acme-scorer"))
    files.write(NAME, other("acme-scorer", "one"))
    found = [line for line in check(files) if "in a circle" in line]
    assert len(found) == 3
    assert any("acme-scorer → one → two → acme-scorer" in line for line in found)


def test_a_line_of_cases_that_supersede_is_no_circle():
    assert cycle_in([("a", "b"), ("b", "c"), ("a", "c")], "a") is None


def test_two_cases_with_one_slug_are_named(files):
    files.write("case-studies/more/acme-scorer.md", CASE)
    assert any("has the same type and slug" in line for line in check(files))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("5,000 of them", ["5,000"]),
        ("about 0.1%, or $2", ["0.1", "2"]),
        ("in 2015 and the 1990s", []),
        ("P95, ResNet-50, Top-10, R2, GPT-4 and XGBoost2", []),
        ("a 24-hour window and sub-100 ms", ["24", "100"]),
        ("10ms, 3x, 5GB", ["10", "3", "5"]),
        ("1/2 and 3:4", ["1", "2", "3", "4"]),
        ("p < .05, ½ or ² of ①, １２ and ١٢", [".05", "½", "²", "①", "１２", "١٢"]),
        ("$2000, 2000%, 2000 ms, 2000ms and 2000 million", ["2000"] * 5),
        ("v1.5, P99.9 and 1.2.3", ["1.2.3"]),
        ("", []),
    ],
)
def test_which_numbers_a_text_must_account_for(text, numbers):
    assert loose_numbers(text) == numbers


def test_the_case_is_in_its_canonical_form_and_reads_as_it_was_written():
    case = parse(CASE)
    assert case.lanes == ["Shop", "Online", "Offline"]
    assert [claim.value for claim in case.claims] == [100, 1, 0.2]
