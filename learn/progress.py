"""How far a learner has come with plans, topics and problems; and what they do with a topic.

Of content only cards are read: what has none is not published, and is not shown here.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction
from django.db.models import (
    Aggregate,
    Count,
    Exists,
    F,
    FilteredRelation,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.utils import timezone

from compute.errors import Problem as Wrong
from kb.models import Card
from kb.models import Topic as TopicEntry
from learn.errors import InvalidProgress
from learn.models import CheckAnswer, TopicProgress
from learn.next_steps import Case, Problem, Questions, Step, Topic, next_steps
from problems.models import GaveUp, HintReveal, Submission
from problems.models import Problem as ProblemEntry
from problems.models import Status as ProblemStatus
from rest.limits import count_try
from rest.owned import OwnedQuerySet

CARD_TYPES = ("study-plan", "topic", "problem", "case-study")
HOUR = 3600
LONGEST_ANSWER = 86_400  # seconds: a day
WRONG_SECONDS = "The seconds are a number from 0 to 86,400, a day, or are left out."
# Of what is wrong with one request, so much is said.
MOST_NAMED = 10
LONGEST_NAMED = 40


@dataclass(frozen=True)
class Chapter:
    """Of published topics: what is only planned counts once it is written."""

    slug: str
    title: str
    done: int
    total: int


@dataclass(frozen=True)
class Plan:
    slug: str
    title: str
    url: str
    done: int
    total: int
    chapters: Sequence[Chapter]


@dataclass(frozen=True)
class Progress:
    """What one learner has come to; all that is published, in the order of the catalogue."""

    plans: Sequence[Plan] = ()
    topics: Sequence[Topic] = ()
    problems: Sequence[Problem] = ()
    next: Sequence[Step] = ()

    @property
    def is_new(self) -> bool:
        """Whether the learner has done nothing yet."""
        return not (self.tried or any(topic.updated_at for topic in self.topics))

    @property
    def tried(self) -> list[Problem]:
        """Those that were tried, whose hints were looked at, or that were given up."""
        return [problem for problem in self.problems if problem.is_begun]

    @property
    def solved(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.status == ProblemStatus.SOLVED]

    @property
    def attempted(self) -> list[Problem]:
        """Those that were tried, and not solved."""
        return [problem for problem in self.problems if problem.status == ProblemStatus.ATTEMPTED]


def progress_of(user) -> Progress:
    """In three queries, however much there is."""
    catalogue = _Catalogue(CARD_TYPES)
    topics = _topics(user, catalogue)
    done_with = _done_with(user)
    problems = [_problem(card, done_with.get(card.slug)) for card in catalogue.of("problem")]
    cases = [
        Case(card.slug, card.title, card.url, card.topics) for card in catalogue.of("case-study")
    ]
    plans = list(_plans(catalogue, topics))
    return Progress(plans, topics, problems, next_steps(topics, problems, cases))


def reading_of_all(user) -> Progress:
    """With plans and topics only, which lists of these need: two queries."""
    catalogue = _Catalogue(("study-plan", "topic"))
    topics = _topics(user, catalogue)
    return Progress(list(_plans(catalogue, topics)), topics)


class _Catalogue:
    """The cards of what there is to learn by, in the order of the catalogue."""

    def __init__(self, types: Sequence[str]):
        columns = ("type", "slug", "title", "url", "topics", "extra")
        self._by_type = defaultdict(list)
        for card in Card.objects.filter(type__in=types).only(*columns):
            self._by_type[card.type].append(card)
        for cards in self._by_type.values():
            cards.sort(key=lambda card: (card.extra.get("position", 0), card.slug))
        self.plan_titles = {card.slug: card.title for card in self.of("study-plan")}
        places: dict[tuple[str, str], int] = {}
        for card in self.of("study-plan"):
            for chapter in card.extra.get("chapters", []):
                places[card.slug, chapter["slug"]] = len(places)
        self.topics = sorted(
            self.of("topic"),
            # The sort is stable: within a chapter by position.
            key=lambda card: places.get((card.extra["plan"], card.extra["chapter"]), len(places)),
        )

    def of(self, type_: str) -> list[Card]:
        return self._by_type[type_]


def _plans(catalogue: _Catalogue, topics: list[Topic]) -> Iterator[Plan]:
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for topic in topics:
        count = counts[topic.plan, topic.chapter]
        count[0] += topic.is_done
        count[1] += 1
    for card in catalogue.of("study-plan"):
        chapters = [
            Chapter(chapter["slug"], chapter["title"], *counts[card.slug, chapter["slug"]])
            for chapter in card.extra.get("chapters", [])
        ]
        done, total = sum(one.done for one in chapters), sum(one.total for one in chapters)
        yield Plan(card.slug, card.title, card.url, done, total, chapters)


# --- topics --------------------------------------------------------------------------------------


@dataclass
class _Read:
    """What is kept of a learner with a topic."""

    row: dict
    # Of each question, whether the last answer was right.
    answers: dict[str, bool] = field(default_factory=dict)


def _read_by(user, topics: QuerySet[TopicEntry] | None = None) -> dict[str, _Read]:
    """By the slug of the topic; one query for what was read and what was answered."""
    rows = TopicProgress.objects.of(user)
    if topics is not None:
        rows = rows.filter(topic__in=topics)
    mine = FilteredRelation("topic__answers", condition=Q(topic__answers__owner=user.pk))
    rows = rows.annotate(mine=mine).values(
        "topic__slug", "sections_read", "done", "done_at", "updated_at", "mine__question"
    )
    # Answers are rows that are only ever added: the later one has the higher key.
    rows = rows.annotate(
        right=Max("mine__pk", filter=Q(mine__correct=True), default=0),
        wrong=Max("mine__pk", filter=Q(mine__correct=False), default=0),
    )
    found: dict[str, _Read] = {}
    for row in rows.order_by():
        read = found.setdefault(row["topic__slug"], _Read(row))
        if row["mine__question"]:
            read.answers[row["mine__question"]] = row["right"] > row["wrong"]
    return found


def _topics(user, catalogue: _Catalogue) -> list[Topic]:
    read = _read_by(user)
    return [_topic(card, catalogue, read.get(card.slug)) for card in catalogue.topics]


def _topic(card: Card, catalogue: _Catalogue, read: _Read | None) -> Topic:
    extra = card.extra
    return Topic(
        slug=card.slug,
        title=card.title,
        url=card.url,
        plan=extra["plan"],
        plan_title=catalogue.plan_titles.get(extra["plan"], ""),
        chapter=extra["chapter"],
        minutes=extra["minutes"],
        prerequisites=extra.get("prerequisites", []),
        **_state(extra.get("sections", []), extra.get("questions", []), read),
    )


def _state(sections: list[str], questions: list[str], read: _Read | None) -> dict:
    """What has come of a topic that has these sections and questions now.

    What was read or answered of an older version, and is there no more, is left out.
    """
    if read is None:
        return {"section_keys": sections, "questions": Questions(total=len(questions))}
    row, known = read.row, set(read.row["sections_read"])
    answers = [read.answers[key] for key in questions if key in read.answers]
    sections_read = [key for key in sections if key in known]
    begun = "reading" if sections_read or answers else "unread"
    return {
        "section_keys": sections,
        "sections_read": sections_read,
        "questions": Questions(sum(answers), len(answers), len(questions)),
        "state": "done" if row["done"] else begun,
        "updated_at": row["updated_at"],
        "done_at": row["done_at"],
    }


@dataclass(frozen=True)
class TopicStanding:
    """How far a learner has come with one topic; `answers` by question, whether it was right."""

    topic: Topic
    answers: dict[str, bool]


def standing_with(user, topic: TopicEntry) -> TopicStanding:
    """Of a published topic, in one query."""
    read = _read_by(user, TopicEntry.objects.filter(pk=topic.pk)).get(topic.slug)
    questions = question_keys(topic)
    shown = Topic(
        slug=topic.slug,
        title=topic.title,
        url=topic.get_absolute_url(),
        minutes=topic.minutes,
        **_state(section_keys(topic), questions, read),
    )
    answers = read.answers if read else {}
    return TopicStanding(shown, {key: answers[key] for key in questions if key in answers})


def section_keys(topic: TopicEntry) -> list[str]:
    return [section["key"] for section in topic.rendered.get("sections", [])]


def question_keys(topic: TopicEntry) -> list[str]:
    return [question["key"] for question in topic.rendered.get("questions", [])]


def put_topic(
    user,
    topic: TopicEntry,
    sections_read: Sequence[str] | None = None,
    done: bool | None = None,
    sections_added: Sequence[str] | None = None,
) -> TopicProgress | None:
    """Set which sections a learner has read, and whether the topic is done; None changes nothing.

    `sections_added` are read beside those that were; with the last of all sections the topic is
    done, unless `done` says otherwise. A topic is begun only by something that was read or done:
    None is one that still is not.

    Raises InvalidProgress for a section that the topic does not have.
    """
    now, keys = timezone.now(), section_keys(topic)
    if sections_read is not None and sections_added is not None:
        said = "Send `sections_read`, which are all, or `sections_added`, which are more; not both."
        raise InvalidProgress([Wrong("/sections_added", "conflict", said)])
    _check(sections_read or (), keys, "section", "/sections_read/{}")
    _check(sections_added or (), keys, "section", "/sections_added/{}")
    with transaction.atomic():
        mine = TopicProgress.objects.of(user).filter(topic=topic)
        if sections_read or sections_added or done:
            mine = _begin(user, topic)
        # Each in an update of its own: who marks a section undoes nobody's mark that it is done.
        if sections_read is not None:
            given = set(sections_read)
            mine.update(sections_read=[key for key in keys if key in given], updated_at=now)
        if sections_added and _add(mine, sections_added, keys, now) and done is None:
            done = True
        if done:
            mine.filter(done=False).update(done=True, done_at=now, updated_at=now)
        elif done is not None:
            mine.filter(done=True).update(done=False, done_at=None, updated_at=now)
        return mine.first()


def _add(mine: OwnedQuerySet, added: Sequence[str], keys: list[str], now: datetime) -> bool:
    """Whether these were the last sections that were left to read."""
    # Changes nothing, and holds the row: who adds at the same moment adds to what is written here.
    mine.update(done=F("done"))
    before = mine.get().sections_read
    read = set(before).union(added)
    if len(read) == len(before):
        return False
    gone = [key for key in before if key not in keys]
    mine.update(sections_read=[key for key in keys if key in read] + gone, updated_at=now)
    return read.issuperset(keys)


def answer_question(
    user, topic: TopicEntry, question: str, correct: bool, seconds: float | None = None
) -> tuple[CheckAnswer, dict[str, str]]:
    """Keep how a learner answered a question of a topic; it and the RateLimit fields of the answer.

    The topic is begun by that. Raises InvalidProgress or LimitExceeded before anything is saved.
    """
    _check([question], question_keys(topic), "question", "/question")
    if seconds is not None and not 0 <= seconds <= LONGEST_ANSWER:
        raise InvalidProgress([Wrong("/seconds", "invalid", WRONG_SECONDS)])
    with transaction.atomic():
        fields = {} if user.is_staff else count_try("answers", str(user.pk), window=HOUR)
        _begin(user, topic).update(updated_at=timezone.now())
        answer = CheckAnswer.objects.create(
            owner=user,
            topic=topic,
            topic_version=topic.version,
            question=question,
            correct=correct,
            seconds=seconds,
        )
    return answer, fields


def _begin(user, topic: TopicEntry) -> OwnedQuerySet:
    """The learner's one row of a topic, which is there from now on, whoever else made it."""
    row = TopicProgress(owner=user, topic=topic)
    TopicProgress.objects.bulk_create([row], ignore_conflicts=True)
    return TopicProgress.objects.of(user).filter(topic=topic)


def _check(given: Sequence[str], keys: list[str], what: str, place: str) -> None:
    """Raises InvalidProgress where something given is none of the keys; `place` takes its index."""
    known = set(keys)
    there = f"there are: {', '.join(keys)}" if keys else "there are none"
    wrong = []
    for index, key in enumerate(given):
        if key in known:
            continue
        said = f"This topic has no {what} {key[:LONGEST_NAMED]!r}; {there}."
        wrong.append(Wrong(place.format(index), "unknown", said))
        if len(wrong) == MOST_NAMED:
            break
    if wrong:
        raise InvalidProgress(wrong)


# --- problems ------------------------------------------------------------------------------------


def _done_with(user) -> dict[str, dict]:
    """What a learner did with problems, by their slug: one query."""
    here = {"problem": OuterRef("pk")}
    judged = Submission.objects.of(user).judged()
    reveals, given_up = HintReveal.objects.of(user), GaveUp.objects.of(user)
    touched = Q()
    for rows in (judged, reveals, given_up):
        touched |= Q(pk__in=rows.order_by().values("problem"))
    mine = judged.filter(**here)
    accepted = mine.filter(verdict=Submission.Verdict.ACCEPTED)
    rows = ProblemEntry.objects.published().filter(touched)
    rows = rows.annotate(
        attempts=_of_each(mine, Count("pk")),
        # Not the first by time: SQLite would go through all that the learner ever submitted.
        last_at=_of_each(mine, Max("created_at")),
        solved_at=_of_each(accepted, Min("created_at")),
        hints_revealed=_of_each(reveals.filter(**here), Count("pk")),
        gave_up=Exists(given_up.filter(**here)),
    )
    last = mine.filter(created_at=OuterRef("last_at")).order_by("-pk")
    rows = rows.annotate(diagnosis=Subquery(last.values("diagnosis")[:1]))
    columns = ("attempts", "last_at", "diagnosis", "solved_at", "hints_revealed", "gave_up")
    return {row["slug"]: row for row in rows.order_by().values("slug", "hints", *columns)}


def _of_each(rows: QuerySet, aggregate: Aggregate) -> Subquery:
    """Of the rows of each problem; null where there are none."""
    return Subquery(rows.order_by().values("problem").annotate(of=aggregate).values("of"))


def _problem(card: Card, did: dict | None) -> Problem:
    shown = Problem(card.slug, card.title, card.url, card.extra["difficulty"], card.topics)
    if did is None:
        return shown
    tried = ProblemStatus.ATTEMPTED if did["attempts"] else ProblemStatus.TODO
    return replace(
        shown,
        status=ProblemStatus.SOLVED if did["solved_at"] else tried,
        attempts=did["attempts"] or 0,
        last_at=did["last_at"],
        solved_at=did["solved_at"],
        diagnosis=did["diagnosis"],
        hints_revealed=min(did["hints_revealed"] or 0, len(did["hints"])),
        hint_count=len(did["hints"]),
        gave_up=did["gave_up"],
    )
