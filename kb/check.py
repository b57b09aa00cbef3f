"""Checks documents as they stand in files: among one another, without a database.

`manage.py check_content` is its door; drafts in the admin are checked by the same rules.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from kb.case_render import render_case
from kb.casecheck import check_case, cycle_in
from kb.document import (
    CaseStudyDocument,
    Document,
    StudyPlanDocument,
    TopicDocument,
    body_line,
    dump,
    read,
)
from kb.errors import ExampleError
from kb.fields import BODY, DocumentError, Fault, Place
from kb.markup import LINKED_TYPES, Context, Link, MarkupError, render
from kb.teasers import TOPIC_TEASERS, teaser_faults
from kb.toml import line_of
from kb.topic_render import render_topic
from kb.vocabulary import Vocabulary


@dataclass(frozen=True)
class Read:
    """A file that was read: its name for messages, its text, and the document in it."""

    name: str
    text: str
    document: Document

    @property
    def key(self) -> tuple[str, str]:
        return self.document.type, self.document.slug

    def where(self, fault: Fault) -> str:
        """A fault as a line that names file and line."""
        if fault.place == BODY:
            return f"{self.name}:{body_line(self.text) + fault.line - 1}: {fault.sentence}"
        line = line_of(self.text, fault.place) if fault.place else 1
        # A list may stand on one line; which of its texts it is has to be said.
        which = f"{'.'.join(map(str, fault.place))}: " if len(fault.place) > 1 else ""
        return f"{self.name}:{line}: {which}{fault.sentence}"


def read_all(paths: Iterable[tuple[Path, str]]) -> tuple[list[Read], list[str]]:
    """Every document that can be read, and sentences on what is wrong with the others.

    A name is what a file is called in messages.
    """
    files: list[Read] = []
    faults: list[str] = []
    for path, name in paths:
        try:
            document, text = read(path, name)
        except DocumentError as exc:
            faults += str(exc).split("\n")
            continue
        files.append(Read(name, text, document))
    return files, faults


def check_form(files: Sequence[Read]) -> list[str]:
    """Names that are not the slug, texts that are not canonical, and slugs that stand twice."""
    faults: list[str] = []
    seen: dict[tuple[str, str], str] = {}
    for file in files:
        stem = PurePath(file.name).stem
        if file.document.slug != stem:
            line = line_of(file.text, ("slug",))
            faults.append(f"{file.name}:{line}: The slug must be the file's name, {stem!r}.")
        if dump(file.document) != file.text:
            faults.append(
                f"{file.name}:1: Not in canonical form; `manage.py format_content` puts it there."
            )
        if file.key in seen:
            faults.append(f"{file.name}:1: {seen[file.key]} has the same type and slug.")
        seen[file.key] = file.name
    return faults


def check(files: Sequence[Read], among: Sequence[Read], vocabulary: Vocabulary) -> list[str]:
    """What is wrong with some files, which may name one another and those of `among`."""
    known = {file.key: file.document for file in (*among, *files)}

    def link(kind: str, slug: str) -> str | None:
        document = known[LINKED_TYPES[kind], slug]
        is_planned = isinstance(document, TopicDocument) and not document.body
        return None if is_planned else f"/{kind}/{slug}/"

    supersedes = {
        (document.slug, other.case_study)
        for document in known.values()
        if isinstance(document, CaseStudyDocument)
        for other in document.links
        if other.relation == "supersedes"
    }
    found = []
    for file in files:
        document = file.document
        faults = list(_missing(document, known))
        if isinstance(document, CaseStudyDocument):
            # What names a word that is not in the vocabulary cannot be rendered either.
            faults += check_case(document, vocabulary)
            if cycle := cycle_in(supersedes, document.slug):
                faults.append(cycle)
        if isinstance(document, TopicDocument) and document.body:
            faults += teaser_faults(document, TOPIC_TEASERS)
        if not faults:
            faults += _rendering(document, vocabulary, link)
        found += [file.where(fault) for fault in faults]
    return found


def _missing(document: Document, known: dict[tuple[str, str], Document]) -> Iterable[Fault]:
    """References in the front matter that lead to nothing."""
    named: list[tuple[Place, str, str]] = []
    for field, type_ in (
        ("techniques", "technique"), ("topics", "topic"), ("prerequisites", "topic"),
    ):  # fmt: skip
        slugs = getattr(document, field, [])
        named += [((field, index), type_, slug) for index, slug in enumerate(slugs)]
    if isinstance(document, CaseStudyDocument):
        named.append((("company",), "company", document.company))
        named += [
            (("links", index, "case_study"), "case-study", link.case_study)
            for index, link in enumerate(document.links)
        ]
    for place, type_, slug in named:
        if (type_, slug) not in known:
            yield Fault(place, 1, f"There is no {type_.replace('-', ' ')} {slug!r}.")
    if isinstance(document, TopicDocument):
        plan = known.get(("study-plan", document.plan))
        chapters = plan.chapters if isinstance(plan, StudyPlanDocument) else []
        if document.chapter not in [chapter.slug for chapter in chapters]:
            yield Fault(
                ("chapter",),
                1,
                f"There is no chapter {document.chapter!r} in a plan {document.plan!r}.",
            )


def _rendering(document: Document, vocabulary: Vocabulary, link: Link) -> list[Fault]:
    try:
        if isinstance(document, CaseStudyDocument):
            render_case(document, vocabulary, link)
        elif isinstance(document, TopicDocument):
            render_topic(document, link)
        else:
            render(document.body, Context(link=link))
    except (MarkupError, ExampleError) as exc:
        return faults_of(exc, document)
    return []


def faults_of(exc: MarkupError | ExampleError, document: Document) -> list[Fault]:
    """Where in a document something does not render."""
    if isinstance(exc, ExampleError):
        # A topic has examples, a case experiments.
        name = "experiments" if isinstance(document, CaseStudyDocument) else "examples"
        return [Fault((name, exc.index), 1, str(exc))]
    return [Fault(exc.place, line, sentence) for line, sentence in exc.problems]


def said_of(fault: Fault) -> str:
    """A fault as a sentence that names its place, for who does not look at a file."""
    if fault.place == BODY:
        return f"line {fault.line}: {fault.sentence}"
    return f"{'.'.join(map(str, fault.place))}: {fault.sentence}"
