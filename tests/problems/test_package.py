import os
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.fields import DocumentError
from problems.package import (
    CATALOG,
    BadPackage,
    dump_document,
    package_files,
    parse_document,
    read_catalog,
    read_package,
    write_package,
)

BAYES = "bayes-diagnostic-test"
BAYES_SIGNATURE = "(prevalence: float, sensitivity: float, specificity: float, positive: bool"


@pytest.fixture
def bayes(tmp_path):
    """A copy of a shipped problem that a test may spoil."""
    return shutil.copytree(CATALOG / BAYES, tmp_path / BAYES)


@pytest.fixture(scope="module")
def document():
    return read_package(CATALOG / BAYES)


def replace(folder, name, old, new):
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def complaints(folder):
    with pytest.raises(BadPackage) as refused:
        read_package(folder)
    return str(refused.value).split("\n")


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_shipped_catalogue_reads_in_order_of_position():
    positions = [document.position for document in read_catalog()]

    assert len(positions) >= 2
    assert positions == sorted(positions)


@pytest.mark.parametrize("folder", [path for path in CATALOG.iterdir() if path.is_dir()])
def test_what_is_read_is_written_as_the_same_bytes(folder, tmp_path):
    write_package(read_package(folder), tmp_path / folder.name)

    assert files_of(tmp_path / folder.name) == files_of(folder)


def test_a_document_holds_what_the_files_say(document):
    assert document.slug == BAYES
    assert document.difficulty == "easy"
    assert document.function.name == "disease_posterior"
    assert document.function.parameters[0].name == "prevalence"
    assert document.limits.memory_mb == 256
    assert document.hints[0].startswith("Leave the formulas aside")
    assert "## Hint" not in "".join(document.hints)
    assert document.starter_code.startswith("def disease_posterior(")

    neglect = document.misconceptions[0]
    assert (neglect.id, neglect.topic) == ("base-rate-neglect", "bayesian-inference")
    assert neglect.text.startswith("You compared the two likelihoods")
    assert neglect.code.startswith("def disease_posterior(")


def test_one_text_holds_the_whole_problem():
    for document in read_catalog():
        text = dump_document(document)
        assert parse_document(text) == document
        assert dump_document(parse_document(text)) == text


lines = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Co"]) | st.sampled_from("\n\t\\'\"#`$"),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(lines, lines, lines)
def test_any_text_survives_the_one_text_and_the_folder(tmp_path_factory, prose, comment, said):
    shipped = read_package(CATALOG / BAYES).model_dump()
    shipped["statement"] += "\n+++\n" + prose
    shipped["editorial"] += "\n" + prose + "."
    shipped["hints"][1] += "\n" + prose + "."
    shipped["reference"] += "\n" + "\n".join("# " + line for line in comment.split("\n"))
    shipped["misconceptions"][0]["text"] += said
    document = parse_document(dump_document(type(read_package(CATALOG / BAYES))(**shipped)))

    assert parse_document(dump_document(document)) == document
    folder = tmp_path_factory.mktemp("any") / BAYES
    write_package(document, folder)
    assert read_package(folder) == document


def test_windows_line_ends_and_blank_ends_are_put_right(bayes, document):
    hints = (bayes / "hints.md").read_text()
    (bayes / "hints.md").write_bytes(("\n" + hints + "\n\n").replace("\n", "\r\n").encode())

    assert read_package(bayes) == document


def test_a_catalogue_with_a_folder_not_in_canonical_form_is_refused(bayes):
    replace(bayes, "problem.toml", 'difficulty = "easy"', "difficulty =   'easy'")

    with pytest.raises(BadPackage, match=f"{BAYES}/problem.toml:4: Not in canonical form"):
        read_catalog(bayes.parent)


def test_a_file_without_its_final_newline_is_not_canonical(bayes):
    path = bayes / "starter.py"
    path.write_text(path.read_text().rstrip("\n"))

    with pytest.raises(BadPackage, match=f"{BAYES}/starter.py:"):
        read_catalog(bayes.parent)


def test_a_misconception_that_the_document_lost_is_deleted_from_the_folder(bayes, document):
    fewer = document.model_copy(update={"misconceptions": document.misconceptions[1:]})

    write_package(fewer, bayes)

    assert set(files_of(bayes)) == set(package_files(fewer))
    assert read_package(bayes) == fewer


# Each row: the file, what is replaced by what, and what is said of it.
SPOILT = {
    "the slug is not the folder's": (
        *("problem.toml", f'slug = "{BAYES}"', 'slug = "bayes"'),
        f"{BAYES}/problem.toml:1: slug: 'bayes' is not the name of the folder, '{BAYES}'.",
    ),
    "an unknown difficulty": (
        *("problem.toml", '"easy"', '"Easy"'),
        f"{BAYES}/problem.toml:4: difficulty: Input should be 'easy', 'medium' or 'hard'.",
    ),
    "an unknown key": (
        *("problem.toml", "licence = ", "license = "),
        f"{BAYES}/problem.toml:10: license is not known here.",
    ),
    "an unknown key in a table": (
        *("problem.toml", "memory_mb = 256", "memory_mb = 256\nthreads = 2"),
        "limits.threads is not known here.",
    ),
    "a missing table": (
        *("problem.toml", "[limits]\ntime_seconds = 2.0\nmemory_mb = 256\n", ""),
        "limits is missing.",
    ),
    "no TOML": (
        *("problem.toml", "position = 7", "position = seven"),
        f"{BAYES}/problem.toml:8: This is not TOML",
    ),
    "a teaser that teases nobody": (
        *("problem.toml", 'teaser = "', 'teaser = "Short."\nauthor_note = "'),
        "teaser: String should have at least 80 characters",
    ),
    "a topic named twice": (
        *("problem.toml", '"classification-metrics"', '"bayesian-inference"'),
        f"{BAYES}/problem.toml:5: topics: Value error, 'bayesian-inference' stands twice.",
    ),
    "a topic that is no slug": (
        *("problem.toml", '"classification-metrics"', '"Classification metrics"'),
        "topics.1: 'Classification metrics' does not fit",
    ),
    "a field that belongs to a file": (
        *("problem.toml", "licence = ", 'statement = "x"\nlicence = '),
        f"{BAYES}/problem.toml:10: statement stands in statement.md, not here.",
    ),
    "a time limit of a minute": (
        *("problem.toml", "time_seconds = 2.0", "time_seconds = 60"),
        "limits.time_seconds: Input should be less than or equal to 10.",
    ),
    "a signature that is no Python": (
        *("problem.toml", BAYES_SIGNATURE, BAYES_SIGNATURE[:-5]),
        "signature: it must be what follows “def” in Python",
    ),
    "a signature with more than one statement": (
        *("problem.toml", "= True) -> float", "= True) -> float: pass; import os; x"),
        "signature: it must",
    ),
    "a signature of another function": (
        *("problem.toml", "disease_posterior(prev", "posterior(prev"),
        "signature: it declares 'posterior'; the name is 'disease_posterior'.",
    ),
    "parameters that the signature does not take": (
        *("problem.toml", 'name = "sensitivity"', 'name = "recall"'),
        "the parameters are prevalence, recall, specificity, positive.",
    ),
    "a starter with another signature": (
        *("starter.py", "positive: bool = True", "positive: bool = False"),
        f"{BAYES}/starter.py:1: The signature is disease_posterior{BAYES_SIGNATURE}=False)",
    ),
    "a reference without the function": (
        *("reference.py", "def disease_posterior", "def posterior"),
        f"{BAYES}/reference.py:1: The function 'disease_posterior' is not defined here.",
    ),
    "an alternative that is no Python": (
        *("alternative.py", "joint = {}", "joint = {"),
        f"{BAYES}/alternative.py:",
    ),
    "tests without the function tests": (
        *("tests.py", "def tests()", "def all_tests()"),
        f"{BAYES}/tests.py:1: The function 'tests' is not defined here.",
    ),
    "too few hints": (
        *("hints.md", "## Hint 2", "Hint 2"),
        f"{BAYES}/hints.md:9: This is the heading of hint 2.",
    ),
    "text before the first hint": (
        *("hints.md", "## Hint 1", "Some hints\n\n## Hint 1"),
        f"{BAYES}/hints.md:1: Before this must stand the heading “## Hint 1”.",
    ),
    "an empty hint": (
        *("hints.md", "## Hint 4", "## Hint 4\n\n## Hint 5"),
        f"{BAYES}/hints.md:13: hints.3: String should have at least 1 character.",
    ),
    "an empty statement": (
        *("statement.md", None, "\n"),
        f"{BAYES}/statement.md:1: statement: String should have at least 1 character.",
    ),
    "a line that would end the front matter": (
        *("editorial.md", "### What it costs", "+++"),
        "editorial: Value error, a line +++ is not allowed",
    ),
    "a misconception without its topic": (
        *("misconceptions/inverse-fallacy.py", "# topic: bayesian-inference\n", ""),
        f"{BAYES}/misconceptions/inverse-fallacy.py:3: This line must be “# topic: …”.",
    ),
    "a misconception without the tutor's sentence": (
        *("misconceptions/inverse-fallacy.py", "#\n# You", "\n# You"),
        f"{BAYES}/misconceptions/inverse-fallacy.py:4: After the keys and a line “#” must stand",
    ),
    "a misconception under another name": (
        *("misconceptions/inverse-fallacy.py", "# id: inverse", "# id: transposed"),
        f"{BAYES}/misconceptions/inverse-fallacy.py:1: The id is 'transposed-fallacy'",
    ),
    "a misconception that is no Python": (
        *("misconceptions/inverse-fallacy.py", "return if_sick", "return if sick"),
        f"{BAYES}/misconceptions/inverse-fallacy.py:20: This is not Python: invalid syntax.",
    ),
    "an empty misconception": (
        *("misconceptions/inverse-fallacy.py", None, ""),
        f"{BAYES}/misconceptions/inverse-fallacy.py:1: This line must be “# id: …”.",
    ),
}


@pytest.mark.parametrize(("name", "old", "new", "said"), SPOILT.values(), ids=SPOILT.keys())
def test_a_bad_folder_is_refused_with_file_and_line(bayes, name, old, new, said):
    if old is None:
        (bayes / name).write_text(new)
    else:
        replace(bayes, name, old, new)

    found = complaints(bayes)

    assert any(said in line for line in found), found
    assert all(line.startswith(f"{BAYES}/") for line in found)


def test_everything_that_is_wrong_is_said_at_once(bayes):
    replace(bayes, "problem.toml", '"easy"', '"simple"')
    replace(bayes, "hints.md", "## Hint 1", "## Hint one")
    (bayes / "editorial.md").unlink()
    (bayes / "notes.txt").write_text("buy milk")

    named = [line.split(":")[0].removeprefix(f"{BAYES}/") for line in complaints(bayes)]

    assert named == ["editorial.md", "hints.md", "notes.txt", "problem.toml"]


def test_a_missing_file_is_named(bayes):
    (bayes / "reference.py").unlink()

    assert complaints(bayes) == [f"{BAYES}/reference.py: The file is missing."]


def test_a_missing_folder_is_named(tmp_path):
    assert "nowhere: There is no such folder." in complaints(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["README.md", "misconceptions/notes.md", ".hidden"])
def test_an_unknown_file_is_named(bayes, name):
    (bayes / name).write_text("x")

    [line] = complaints(bayes)

    assert line.startswith(f"{BAYES}/{name}: A problem has no such file, only problem.toml,")


def test_an_unknown_folder_is_named(bayes):
    (bayes / "images").mkdir()

    assert complaints(bayes) == [
        f"{BAYES}/images: Only ordinary files are allowed here, no folders and no links."
    ]


def test_a_link_out_of_the_folder_is_refused(bayes, tmp_path):
    (tmp_path / "elsewhere.md").write_text("A secret.")
    (bayes / "statement.md").unlink()
    os.symlink(tmp_path / "elsewhere.md", bayes / "statement.md")

    assert "no links" in complaints(bayes)[0]


def test_what_python_leaves_behind_is_no_fault(bayes, document):
    (bayes / "__pycache__").mkdir()
    (bayes / "__pycache__" / "tests.cpython-311.pyc").write_bytes(b"\0")

    assert read_package(bayes) == document


def test_a_file_that_is_not_utf8_is_named_with_its_line(bayes):
    path = bayes / "hints.md"
    path.write_bytes(path.read_bytes() + b"\n\xff\n")
    lines_before = path.read_bytes()[:-2].count(b"\n")

    assert complaints(bayes) == [f"{BAYES}/hints.md:{lines_before + 1}: The file is not UTF-8."]


def test_a_nul_character_is_named_with_its_line(bayes):
    replace(bayes, "statement.md", "### By hand", "### By\0hand")

    [line] = complaints(bayes)

    assert line.endswith("The character '\\x00' is not allowed.")


def test_a_file_that_is_too_large_is_refused_unread(bayes):
    (bayes / "statement.md").write_text("x" * 70_000)

    assert complaints(bayes) == [
        f"{BAYES}/statement.md: The file has 70,000 bytes; 65,536 are allowed."
    ]


def test_files_that_are_too_large_together_are_refused(bayes):
    code = (bayes / "misconceptions" / "inverse-fallacy.py").read_text()
    for number in range(10):
        text = code.replace("inverse-fallacy", f"more-{number}") + "#" * 60_000
        (bayes / "misconceptions" / f"more-{number}.py").write_text(text)

    assert any("bytes together; 524,288 are allowed" in line for line in complaints(bayes))


@pytest.mark.parametrize("code", ["(" * 60_000, "-" * 60_000 + "1", "x" + ".y" * 30_000])
def test_code_nested_too_deeply_is_refused_in_a_sentence(bayes, code):
    (bayes / "reference.py").write_text(code)

    [line] = complaints(bayes)

    assert line.startswith(f"{BAYES}/reference.py:")


def test_code_is_parsed_and_never_executed(bayes, tmp_path):
    trace = tmp_path / "trace"
    for name in ("starter.py", "reference.py", "alternative.py", "tests.py"):
        path = bayes / name
        path.write_text(path.read_text() + f"\n\nopen({str(trace)!r}, 'w')\n")

    read_package(bayes)

    assert not trace.exists()


def test_a_bad_text_is_refused_with_its_line(document):
    text = dump_document(document)
    line = text.split("\n").index('difficulty = "easy"') + 1

    with pytest.raises(DocumentError, match=f"^draft:{line}: difficulty: Input should be 'easy'"):
        parse_document(text.replace('"easy"', '"trivial"'), "draft")
    with pytest.raises(DocumentError, match="draft:1: The first line must be"):
        parse_document("no front matter", "draft")
    with pytest.raises(DocumentError, match='draft:2: The first key must be type = "problem"'):
        parse_document(text.replace('type = "problem"', 'type = "topic"'), "draft")
    with pytest.raises(DocumentError, match=r"draft:\d+: The function 'tests' is not defined here"):
        parse_document(text.replace("def tests()", "def examples()"), "draft")


def test_a_hint_cannot_begin_another(document):
    hints = ["First this.\n\n## Hint 2\n\nThen that.", *document.hints[1:]]
    text = dump_document(document.model_copy(update={"hints": hints}))

    with pytest.raises(DocumentError, match="inside a hint would begin the next one"):
        parse_document(text)
