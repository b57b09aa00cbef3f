"""A problem as a folder of files; `read_package` and `write_package` are inverses.

A folder of `problems/catalog/` holds `problem.toml`, `statement.md`, `starter.py`, `reference.py`,
`alternative.py`, `tests.py`, `hints.md`, `editorial.md` and `misconceptions/<id>.py`, and nothing
else. Code is parsed here, never executed, and nothing here knows of Django.

`tests.py` defines EDGE_CASES, from a key to a sentence, and `tests()`, which yields a dict a test:
`name`; `visible`; `covers`, a key of EDGE_CASES; `arguments` by parameter; and where needed
`raises`, the name of the error that is right, and `exact`, true for a test that lies exactly on a
boundary, so that its arguments may not be perturbed. Expected values come from the reference.

    python -m problems.package FOLDER…           checks folders and prints what is wrong
    python -m problems.package --write FOLDER…   and puts them in canonical form
"""

import re
import sys
import textwrap
import tomllib
from itertools import zip_longest
from pathlib import Path
from typing import Any

from kb.fields import NOT_TEXT
from kb.toml import FENCE, dump_toml, line_of
from problems.document import (
    HINT_HEADING,
    BadPackage,
    Complaint,
    Fault,
    Location,
    Misconception,
    ProblemDocument,
    build,
    dump_document,
    parse_document,
)

__all__ = [
    "CATALOG",
    "BadPackage",
    "ProblemDocument",
    "dump_document",
    "package_files",
    "parse_document",
    "read_catalog",
    "read_package",
    "write_package",
]

CATALOG = Path(__file__).parent / "catalog"
MAX_FILE_BYTES = 64 * 1024
MAX_PACKAGE_BYTES = 512 * 1024
COMMENT_WIDTH = 100

SETTINGS = "problem.toml"
HINTS = "hints.md"
MISCONCEPTIONS = "misconceptions"
# Which file holds which field; a field not named here is in problem.toml.
FILES = {
    "statement": "statement.md",
    "starter_code": "starter.py",
    "reference": "reference.py",
    "alternative": "alternative.py",
    "tests": "tests.py",
    "hints": HINTS,
    "editorial": "editorial.md",
}
# The keys of a misconception's header, each on the line of its number.
HEADER = {"id": 1, "title": 2, "topic": 3}
TUTOR_LINE = 5


def read_catalog(root: Path = CATALOG) -> list[ProblemDocument]:
    """Every problem below `root`, by position. Raises BadPackage with all that is wrong.

    A folder that is not in canonical form is refused too, so that reading and writing a shipped
    problem never changes it.
    """
    documents, complaints = [], []
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        try:
            document = read_package(folder)
        except BadPackage as exc:
            complaints += exc.complaints
            continue
        complaints += not_canonical(document, folder)
        documents.append(document)
    if complaints:
        raise BadPackage(complaints)
    return sorted(documents, key=lambda document: (document.position, document.slug))


def read_package(folder: Path) -> ProblemDocument:
    """The problem in a folder. Raises BadPackage with every file, line and fault."""
    texts, complaints = _read_files(folder)
    values, more = _values(texts, folder.name)
    complaints += more

    document, faults = build(values)
    spoilt = {complaint.file for complaint in complaints}
    for fault in faults:
        complaint = _complaint(fault, values, texts, folder.name)
        # A file that cannot be read has been named; what it should hold is missing for that reason.
        if complaint.file not in spoilt:
            complaints.append(complaint)
    if complaints or document is None:
        raise BadPackage(sorted(complaints, key=lambda one: (one.file, one.line or 0)))
    return document


def write_package(document: ProblemDocument, folder: Path) -> None:
    """Write a problem as a folder, in canonical form; misconceptions it no longer has go."""
    files = package_files(document)
    (folder / MISCONCEPTIONS).mkdir(parents=True, exist_ok=True)
    for path in (folder / MISCONCEPTIONS).glob("*.py"):
        if f"{MISCONCEPTIONS}/{path.name}" not in files:
            path.unlink()
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())


def package_files(document: ProblemDocument) -> dict[str, str]:
    """The files of a problem's folder in canonical form: relative path to text."""
    settings = document.model_dump(exclude_defaults=True, exclude={*FILES, MISCONCEPTIONS})
    files = {SETTINGS: dump_toml(settings)}
    for field, name in FILES.items():
        if field == "hints":
            hints = enumerate(document.hints, 1)
            files[name] = "\n".join(f"## Hint {number}\n\n{text}\n" for number, text in hints)
        else:
            files[name] = getattr(document, field) + "\n"
    for misconception in document.misconceptions:
        name = f"{MISCONCEPTIONS}/{misconception.id}.py"
        files[name] = f"{_header(misconception)}\n{misconception.code}\n"
    return files


def not_canonical(document: ProblemDocument, folder: Path) -> list[Complaint]:
    """The files of a folder that differ from what write_package would write."""
    complaints = []
    for name, text in package_files(document).items():
        present = (folder / name).read_bytes().decode()
        if present != text:
            pairs = zip_longest(present.split("\n"), text.split("\n"))
            line = next(number for number, (a, b) in enumerate(pairs, 1) if a != b)
            sentence = "Not in canonical form; python -m problems.package --write puts it there."
            complaints.append(Complaint(f"{folder.name}/{name}", line, sentence))
    return complaints


def _read_files(folder: Path) -> tuple[dict[str, str], list[Complaint]]:
    """The text of each file that may be read, by its path in the folder; and what is wrong."""
    if not folder.is_dir():
        return {}, [Complaint(folder.name, None, "There is no such folder.")]
    texts: dict[str, str] = {}
    complaints = []
    expected = {SETTINGS, *FILES.values()}
    total = 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        # What Python leaves behind when it runs a file of the folder.
        if "__pycache__" in path.relative_to(folder).parts:
            continue
        shown = f"{folder.name}/{name}"
        is_misconception = bool(re.fullmatch(rf"{MISCONCEPTIONS}/[^/]+\.py", name))
        if name == MISCONCEPTIONS and path.is_dir():
            continue
        elif path.is_symlink() or not path.is_file():
            sentence = "Only ordinary files are allowed here, no folders and no links."
            complaints.append(Complaint(shown, None, sentence))
        elif name not in expected and not is_misconception:
            files = ", ".join([SETTINGS, *FILES.values(), f"{MISCONCEPTIONS}/*.py"])
            complaints.append(Complaint(shown, None, f"A problem has no such file, only {files}."))
        elif (size := path.stat().st_size) > MAX_FILE_BYTES:
            sentence = f"The file has {size:,} bytes; {MAX_FILE_BYTES:,} are allowed."
            complaints.append(Complaint(shown, None, sentence))
        else:
            total += size
            data = path.read_bytes()
            try:
                text = data.decode()
            except UnicodeDecodeError as exc:
                line = data[: exc.start].count(b"\n") + 1
                complaints.append(Complaint(shown, line, "The file is not UTF-8."))
                continue
            if found := NOT_TEXT.search(text.replace("\r\n", "\n")):
                line = text[: found.start()].count("\n") + 1
                sentence = f"The character {found[0]!r} is not allowed."
                complaints.append(Complaint(shown, line, sentence))
                continue
            texts[name] = text.replace("\r\n", "\n")
    if total > MAX_PACKAGE_BYTES:
        sentence = f"The files have {total:,} bytes together; {MAX_PACKAGE_BYTES:,} are allowed."
        complaints.append(Complaint(folder.name, None, sentence))
    for name in sorted(expected):
        if not (folder / name).exists():
            complaints.append(Complaint(f"{folder.name}/{name}", None, "The file is missing."))
    return texts, complaints


def _values(texts: dict[str, str], folder: str) -> tuple[dict[str, Any], list[Complaint]]:
    """The values of a document from the texts of its files; and what is wrong."""
    complaints = []
    values: dict[str, Any] = {}
    if SETTINGS in texts:
        try:
            values = tomllib.loads(texts[SETTINGS])
        except tomllib.TOMLDecodeError as exc:
            found = re.search(r"at line (\d+)", str(exc))
            line = int(found[1]) if found else None
            complaints.append(Complaint(f"{folder}/{SETTINGS}", line, f"This is not TOML: {exc}."))
    for key in (*FILES, MISCONCEPTIONS):
        if key in values:
            line = _settings_line(texts, (key,))
            where = FILES.get(key, f"{MISCONCEPTIONS}/*.py")
            sentence = f"{key} stands in {where}, not here."
            complaints.append(Complaint(f"{folder}/{SETTINGS}", line, sentence))
    if "slug" in values and values["slug"] != folder:
        sentence = f"slug: {values['slug']!r} is not the name of the folder, {folder!r}."
        line = _settings_line(texts, ("slug",))
        complaints.append(Complaint(f"{folder}/{SETTINGS}", line, sentence))

    values |= {field: texts[name] for field, name in FILES.items() if name in texts}
    if HINTS in texts:
        values["hints"], faults = _split_hints(texts[HINTS])
        complaints += [Complaint(f"{folder}/{HINTS}", line, said) for line, said in faults]
    values[MISCONCEPTIONS] = []
    for name in sorted(texts):
        if name.startswith(f"{MISCONCEPTIONS}/"):
            misconception, faults = _split_misconception(texts[name], Path(name).stem)
            complaints += [Complaint(f"{folder}/{name}", line, said) for line, said in faults]
            if not faults:
                values[MISCONCEPTIONS].append(misconception)
    return values, complaints


def _split_hints(text: str) -> tuple[list[str], list[tuple[int, str]]]:
    """The hints under headings `## Hint 1`, `## Hint 2`, …; and what is wrong, with its line."""
    hints: list[list[str]] = []
    faults = []
    for number, line in enumerate(text.split("\n"), 1):
        if heading := HINT_HEADING.fullmatch(line):
            hints.append([])
            if heading[1] != str(len(hints)):
                faults.append((number, f"This is the heading of hint {len(hints)}."))
        elif hints:
            hints[-1].append(line)
        elif line:
            faults.append((number, "Before this must stand the heading “## Hint 1”."))
            break
    return ["\n".join(lines) for lines in hints], faults


def _split_misconception(text: str, stem: str) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """The header of comment lines and the code below it; and what is wrong, with its line."""
    lines = text.split("\n")
    values = {}
    faults = []
    for key, number in HEADER.items():
        line = lines[number - 1] if number <= len(lines) else ""
        if line.startswith(f"# {key}: "):
            values[key] = line.removeprefix(f"# {key}: ")
        else:
            faults.append((number, f"This line must be “# {key}: …”."))
    if "id" in values and values["id"] != stem:
        said = f"The id is {values['id']!r}; it must be the name of the file, {stem!r}."
        faults.append((HEADER["id"], said))
    end = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    sentence = [line.removeprefix("#").strip() for line in lines[TUTOR_LINE - 1 : end]]
    if not any(sentence) or lines[TUTOR_LINE - 2] != "#":
        said = "After the keys and a line “#” must stand what the tutor says, as comment lines."
        faults.append((TUTOR_LINE - 1, said))
    return {**values, "text": " ".join(sentence), "code": "\n".join(lines[end:])}, faults


def _header(misconception: Misconception) -> str:
    keys = [f"# {key}: {getattr(misconception, key)}" for key in HEADER]
    sentence = textwrap.wrap(
        misconception.text,
        width=COMMENT_WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join([*keys, "#", *sentence]) + "\n\n"


def _complaint(
    fault: Fault, values: dict[str, Any], texts: dict[str, str], folder: str
) -> Complaint:
    """Where in the folder a fault of the document lies."""
    match fault.location:
        case ("misconceptions", int(index), *rest):
            name = f"{MISCONCEPTIONS}/{values[MISCONCEPTIONS][index]['id']}.py"
            line = HEADER.get(str(rest[0]), TUTOR_LINE) if rest else 1
            if rest == ["code"]:
                above = texts[name].removesuffix(values[MISCONCEPTIONS][index]["code"])
                line = above.count("\n") + (fault.inner or 1)
        case ("hints", int(index)):
            name = HINTS
            lines = enumerate(texts[HINTS].split("\n"), 1)
            line = [number for number, line in lines if HINT_HEADING.fullmatch(line)][index]
        case (str(field), *_) if field in FILES:
            name, line = FILES[field], fault.inner or 1
        case _:
            name, line = SETTINGS, _settings_line(texts, fault.location)
    return Complaint(f"{folder}/{name}", line, fault.sentence)


def _settings_line(texts: dict[str, str], location: Location) -> int:
    """The line of a value in problem.toml."""
    return max(1, line_of(f"{FENCE}\n{texts.get(SETTINGS, '')}", location) - 1)


def main(arguments: list[str]) -> int:
    write = arguments[:1] == ["--write"]
    folders = [Path(argument) for argument in arguments[write:]]
    wrong = 0
    for folder in folders:
        try:
            document = read_package(folder)
        except BadPackage as exc:
            print(exc)
            wrong += 1
            continue
        if write:
            write_package(document, folder)
        elif complaints := not_canonical(document, folder):
            print(*complaints, sep="\n")
            wrong += 1
    print(f"{len(folders)} problems read, {wrong} with faults.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
