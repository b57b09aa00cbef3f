"""The publish gate, rule by rule: a shipped problem with one thing broken must not pass."""

import shutil
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from problems import gate
from problems.judge.sandbox import Sandbox, Unavailable
from problems.package import CATALOG, read_package

BAYES = "bayes-diagnostic-test"
BETA = "beta-binomial-posterior"


@pytest.fixture(scope="module")
def sandbox():
    try:
        with Sandbox() as sandbox:
            yield sandbox
    except Unavailable as exc:
        pytest.skip(f"Nothing can be run safely here: {exc}")


@pytest.fixture
def package(tmp_path):
    """Copies of shipped problems that a test may spoil."""

    def copy(slug=BAYES):
        return shutil.copytree(CATALOG / slug, tmp_path / slug)

    return copy


@pytest.fixture
def complaints(sandbox):
    """What the gate says of a folder."""
    return lambda folder: gate.check(read_package(folder), sandbox).complaints


def replace(folder, name, old, new, count=1):
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, count))


def add_test(folder, **test):
    """Another test at the end of tests.py."""
    with (folder / "tests.py").open("a") as file:
        file.write(
            f"\n\nshipped = tests\n\n\ndef tests():\n    yield from shipped()\n    yield {test}\n"
        )


ARGUMENTS = {"prevalence": 0.2, "sensitivity": 0.8, "specificity": 0.9, "positive": True}


@pytest.mark.parametrize("folder", sorted(path for path in CATALOG.iterdir() if path.is_dir()))
def test_every_shipped_problem_passes(sandbox, folder):
    report = gate.check(read_package(folder), sandbox)

    assert report.complaints == []
    assert report.test_set.tests
    assert len(report.matrix) == len(report.test_set.mistakes) >= 5
    assert all(len(row.caught) == len(report.columns) for row in report.matrix)
    assert 0 < report.seconds < 0.4


def test_the_kill_matrix_says_which_test_catches_what(sandbox):
    report = gate.check(read_package(CATALOG / BAYES), sandbox)
    caught = {row.id: dict(zip(report.columns, row.caught, strict=True)) for row in report.matrix}
    negative = {column.name: hit for column, hit in caught["negative-branch-npv"].items()}

    assert not negative["the worked example, positive"]
    assert negative["the worked example, negative"]
    lines = report.as_text().split("\n")
    assert lines[0].split() == [str(number) for number in range(1, len(report.columns) + 1)]
    assert lines[4].split()[:3] == ["negative-branch-npv", "·", "×"]
    assert "   4  visible  a positive result from a test that is never positive" in report.as_text()


def test_a_reference_that_fails_is_no_reference(package, complaints):
    folder = package()
    replace(folder, "reference.py", "raise ValueError", "raise KeyError")

    assert any(
        "reference.py raises no ValueError but KeyError" in one for one in complaints(folder)
    )


def test_the_reference_must_not_depend_on_the_seed_of_hashes(package, complaints):
    folder = package()
    replace(folder, "reference.py", "    return ", "    return hash('a') % 1000 + ")
    found = complaints(folder)

    assert any("gives another result in another process" in one for one in found)


def test_the_tests_must_not_depend_on_the_seed_of_hashes(package, complaints):
    folder = package()
    replace(folder, "tests.py", "drawn(41)", "drawn(hash('a') % 1000)")

    assert [one for one in complaints(folder) if "tests() yields other tests" in one]


def test_the_reference_must_take_less_than_a_fifth_of_the_time(package, complaints):
    folder = package()
    slow = "import time\n\nwhile time.process_time() < 0.6:\n    pass\n\n\ndef disease"
    (folder / "reference.py").write_text(
        (folder / "reference.py").read_text().replace("def disease", slow, 1)
    )

    [complaint] = complaints(folder)
    assert complaint.startswith("reference.py takes 0.")
    assert complaint.endswith("it must take less than 0.4 s, a fifth of the time limit.")


def test_the_second_solution_must_pass(package, complaints):
    folder = package()
    known = (folder / "misconceptions" / "base-rate-neglect.py").read_text()
    (folder / "alternative.py").write_text(known.split("\n\n", 1)[1].lstrip("\n"))

    assert any(
        one.startswith("alternative.py is not accepted. On the test “the worked example, positive”")
        for one in complaints(folder)
    )


def test_the_second_solution_must_not_be_the_first_once_more(package, complaints):
    folder = package()
    text = (folder / "reference.py").read_text()
    (folder / "alternative.py").write_text(text.replace("    return", "    # So.\n    return"))

    [complaint] = complaints(folder)
    assert complaint.startswith("alternative.py is the reference once more")


def test_the_starter_code_must_not_be_right(package, complaints):
    folder = package()
    shutil.copy(folder / "reference.py", folder / "starter.py")

    assert complaints(folder) == ["starter.py is accepted, so there is nothing to solve."]


def test_the_starter_code_must_run(package, complaints):
    folder = package()
    replace(folder, "starter.py", "return 0.5", "raise NotImplementedError")

    [complaint] = complaints(folder)
    assert complaint.startswith("starter.py must run and return something, even if it is wrong.")
    assert "NotImplementedError" in complaint


def test_the_starter_code_must_not_be_explained(package, complaints):
    folder = package()
    known = (folder / "misconceptions" / "base-rate-neglect.py").read_text()
    (folder / "starter.py").write_text(known.split("\n\n", 1)[1].lstrip("\n"))

    [complaint] = complaints(folder)
    assert complaint.startswith("starter.py is explained as “")


def misconception(folder, name, code):
    (folder / "misconceptions" / f"{name}.py").write_text(
        f"# id: {name}\n# title: A mistake\n# topic: bayesian-inference\n#\n# So.\n\n\n{code}"
    )


def test_a_misconception_that_is_right_is_none(package, complaints):
    folder = package()
    misconception(folder, "none-at-all", (folder / "alternative.py").read_text())

    assert complaints(folder) == ["misconceptions/none-at-all.py is accepted: no test catches it."]


def test_a_misconception_must_be_caught_by_more_than_a_hair(package, complaints):
    folder = package()
    text = (folder / "reference.py").read_text()
    misconception(folder, "a-hair", text.replace("    return ", "    return (1 + 3e-6) * "))

    assert any("a-hair.py is caught by a hair" in one for one in complaints(folder))


def test_two_misconceptions_must_be_told_apart(package, complaints):
    folder = package()
    known = (folder / "misconceptions" / "base-rate-neglect.py").read_text()
    code = known.split("\n\n", 1)[1].replace("    return ", "    return (1 + 2e-6) * ")
    misconception(folder, "the-same", code)

    assert any(
        one.startswith(
            "No test tells misconceptions/base-rate-neglect.py from misconceptions/the-same.py"
        )
        for one in complaints(folder)
    )


def test_half_of_the_misconceptions_must_fail_a_visible_test(package, complaints):
    folder = package()
    replace(folder, "tests.py", '"visible": True', '"visible": False', count=-1)
    add_test(
        folder, name="seen", visible=True, covers="nobody-sick", exact=True,
        arguments={**ARGUMENTS, "prevalence": 0.0},
    )  # fmt: skip

    [complaint] = complaints(folder)
    assert complaint.startswith("Visible tests catch 2 of 6 misconceptions; they must catch half")


def test_without_misconceptions_there_is_nothing_to_explain(package, complaints):
    folder = package()
    shutil.rmtree(folder / "misconceptions")

    [complaint] = complaints(folder)
    assert complaint.startswith("There is no misconception")


def test_each_edge_case_must_have_a_test(package, complaints):
    folder = package()
    replace(folder, "tests.py", "EDGE_CASES = {", 'EDGE_CASES = {\n    "forgotten": "a case",')

    assert complaints(folder) == ["tests.py: no test covers the edge case 'forgotten' (a case)."]


def test_each_error_of_the_contract_must_have_a_test(package, complaints):
    folder = package()
    replace(folder, "problem.toml", "raises = [", 'raises = [\n    "ValueError if it is Monday",')

    [complaint] = complaints(folder)
    assert complaint.startswith("function.raises names 3 cases of ValueError, and 2 edge cases")


def test_an_error_that_the_contract_does_not_name_is_not_asked_for(package, complaints):
    folder = package()
    replace(folder, "problem.toml", '"ValueError if', '"KeyError if', count=-1)

    found = complaints(folder)
    assert "A test asks for a ValueError, which function.raises does not name." in found
    assert any("2 cases of KeyError, and 0 edge cases" in one for one in found)


def test_some_tests_must_be_hidden(package, complaints):
    folder = package()
    replace(folder, "tests.py", '"visible": False', '"visible": True', count=-1)
    found = complaints(folder)

    assert any("every test is visible" in one for one in found)
    assert any("tests are visible; at most 20 may be" in one for one in found)


def test_a_test_on_a_boundary_must_say_that_it_is_meant(package, complaints):
    folder = package()
    add_test(
        folder, name="on the edge", visible=False, covers="everybody-sick",
        arguments={**ARGUMENTS, "prevalence": 1.0},
    )  # fmt: skip
    found = complaints(folder)

    assert any(
        one.startswith(
            "A change of the inputs by 1e-12 changes the verdict on reference.py in the test"
            " “on the edge”"
        )
        for one in found
    )


def test_large_numbers_must_be_exact_in_float32(package, complaints):
    folder = package("softmax")
    replace(folder, "tests.py", "[-10000.0, -9998.0, -9999.0]", "[-10000.1, -9998.0, -9999.0]")

    [complaint] = complaints(folder)
    assert "has large numbers in `x` that float32 cannot hold exactly" in complaint


def test_a_result_that_is_not_finite_must_be_promised(package, complaints):
    folder = package(BETA)
    for name in ("statement.md", "problem.toml"):
        text = (folder / name).read_text()
        (folder / name).write_text(text.replace("NaN", "nothing").replace("nan", "nothing"))

    assert any("is not finite, and neither the statement" in one for one in complaints(folder))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('output = "0.0917431"', 'output = "0.09"', "comes out otherwise than it is printed."),
        ('output = "0.0917431"', 'output = "about 0.1"', "neither a Python literal nor the name"),
        ('output = "0.0917431"', 'output = "ValueError"', "neither a Python literal nor the name"),
        ("(0.01, 0.9, 0.91)", "(0.01, 0.9)", "comes to an error: TypeError"),
        ("(0.01, 0.9, 0.91)", "(0.01, 0.9", "cannot be executed"),
    ],
)
def test_the_worked_examples_must_come_out_as_printed(package, complaints, old, new, sentence):
    folder = package()
    replace(folder, "problem.toml", old, new)

    [complaint] = complaints(folder)
    assert complaint.startswith("Example 1 of problem.toml")
    assert sentence in complaint


def test_a_hint_must_not_hold_the_solution(package, complaints):
    folder = package("softmax")
    line = (folder / "reference.py").read_text().rstrip().split("\n")[-1].strip()
    replace(folder, "hints.md", "## Hint 4\n\n", f"## Hint 4\n\nWrite `{line}`. ")

    [complaint] = complaints(folder)
    assert complaint.startswith("hints.md: hint 4 holds a piece of the reference: ")


def test_all_that_is_wrong_is_said_at_once(package, complaints):
    folder = package()
    replace(folder, "starter.py", "return 0.5", "raise NotImplementedError")
    replace(folder, "tests.py", "EDGE_CASES = {", 'EDGE_CASES = {\n    "forgotten": "a case",')

    assert len(complaints(folder)) == 2


# The commands.


def run(*arguments, **options):
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def test_the_command_prints_the_matrix(sandbox):
    said = run("check_problems", BAYES)

    assert f"{BAYES}: passes." in said
    assert "negative-branch-npv  " in said
    assert "All of 1 problems pass the gate." in said


def test_the_command_fails_and_says_what_is_wrong(sandbox, package):
    folder = package()
    replace(folder, "starter.py", "return 0.5", "raise NotImplementedError")
    out = StringIO()

    with pytest.raises(CommandError, match="1 of 1 problems do not pass the gate"):
        call_command("check_problems", str(folder), stdout=out)
    assert "starter.py must run and return something" in out.getvalue()
    assert "negative-branch-npv  " in out.getvalue()

    (folder / "reference.py").unlink()
    with pytest.raises(CommandError, match="1 of 1"):
        call_command("check_problems", str(folder), stdout=out)
    assert "reference.py: The file is missing." in out.getvalue()


def test_the_command_knows_a_folder_that_is_not_there(sandbox):
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("check_problems", "no-such-problem")


def test_a_new_problem_reads_and_says_what_is_still_to_write(sandbox, tmp_path):
    said = run("new_problem", "sum-of-logs", into=tmp_path)
    folder = tmp_path / "sum-of-logs"

    assert "To write:" in said
    document = read_package(folder)
    assert (document.function.name, document.position) == ("sum_of_logs", 1)
    out = StringIO()
    with pytest.raises(CommandError, match="1 of 1"):
        call_command("check_problems", str(folder), stdout=out)
    for file in ("problem.toml:3", "statement.md:1", "hints.md:3", "editorial.md:3", "tests.py:15"):
        assert f"  {file}: still to write: " in out.getvalue()
    assert "reference.py raises NotImplementedError" in out.getvalue()

    run("new_problem", "another", into=tmp_path)
    assert read_package(tmp_path / "another").position == 2


def test_a_new_problem_takes_no_folder_that_is_there_and_no_odd_name(tmp_path):
    run("new_problem", "sum-of-logs", into=tmp_path)
    before = (tmp_path / "sum-of-logs" / "reference.py").read_bytes()

    with pytest.raises(CommandError, match="nothing was written"):
        run("new_problem", "sum-of-logs", into=tmp_path)
    for name in ("Sum", "../sum", "a--b", "1st", "new", "a" * 61, ""):
        with pytest.raises(CommandError, match="is no name for a problem"):
            run("new_problem", name, into=tmp_path)
    assert (tmp_path / "sum-of-logs" / "reference.py").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["sum-of-logs"]
