"""Checks content files without a database, for writers.

    python -m kb.check FILE…

prints what is wrong, with file and line: no document, not in canonical form, a formula or a
citation that does not render. Links and computed examples are checked when the files are loaded.
"""

import sys
from pathlib import Path

from kb.document import (
    CaseStudyDocument,
    Document,
    DocumentError,
    TopicDocument,
    body_line,
    dump,
    line_of,
    read,
)
from kb.markup import Context, MarkupError, Place, render, render_inline


def check(path: Path) -> list[str]:
    """Sentences about what is wrong with a file, each with its line. Prints its size."""
    try:
        entry, text = read(path, str(path))
    except DocumentError as exc:
        return str(exc).split("\n")
    found = []
    if dump(entry) != text:
        found.append(f"{path}:1: Not in canonical form; manage.py format_content puts it there.")
    offset = body_line(text) - 1
    context = context_of(entry)
    try:
        made = render(entry.body, context)
        print(
            f"{path}: {made.words} words, {made.formulas} formulas,"
            f" {made.code_lines} lines of code, {made.minutes} minutes"
        )
    except MarkupError as exc:
        found += [f"{path}:{line + offset}: {sentence}" for line, sentence in exc.problems]
    for place, piece in inline_texts(entry):
        try:
            render_inline(piece, context)
        except MarkupError as exc:
            line = line_of(text, place)
            found += [f"{path}:{line}: {sentence} (in {piece!r})" for _, sentence in exc.problems]
    return found


def context_of(entry: Document) -> Context:
    """The entry's own works and figures; every link is taken as good."""
    works, figures = [], {}
    if isinstance(entry, CaseStudyDocument):
        works = entry.sources
    elif isinstance(entry, TopicDocument):
        works, figures = entry.references, {example.key: "" for example in entry.examples}
    return Context(works=works, figures=figures, link=lambda _kind, _slug: "/")


def inline_texts(entry: Document) -> list[tuple[Place, str]]:
    """The texts of the front matter that are rendered, and where they stand."""
    found: list[tuple[Place, str]] = []
    for name in ("outcomes", "lessons", "negative_results", "not_public"):
        texts = getattr(entry, name, [])
        found += [((name, index), text) for index, text in enumerate(texts)]
    if isinstance(entry, TopicDocument):
        found += [(("examples", i, "text"), part.text) for i, part in enumerate(entry.examples)]
    if isinstance(entry, CaseStudyDocument):
        found += [(("audience", name), text) for name, text in entry.audience]
        for index, question in enumerate(entry.questions):
            found += [(("questions", index, name), text) for name, text in question]
    return found


def main(paths: list[str]) -> int:
    found = [sentence for path in paths for sentence in check(Path(path))]
    print("\n".join(found) or "Nothing is wrong.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
