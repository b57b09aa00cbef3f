"""What to do next, and why: chosen from what a learner has come to. No Django in here.

The reasons are said to the learner, and say no more than is so. Prerequisites are advice: one that
is not published holds nothing up, and where they go round in a circle, one topic of it is offered.
"""

import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

MOST = 6
# Of one sort: first so many of each, and where that leaves room, up to so many.
FIRST = {"reading": 2, "tried": 1, "practice": 1, "topic": 1, "fresh": 1, "case": 1}
MOST_OF_ONE_SORT = 3
DIFFICULTIES = ("easy", "medium", "hard")
# Of a topic.
STATES = ("unread", "reading", "done")
NEARNESS = {state: place for place, state in enumerate(reversed(STATES))}
NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)


@dataclass(frozen=True)
class Questions:
    """The questions of a topic to check oneself; of each, the last answer counts."""

    right: int = 0
    answered: int = 0
    total: int = 0


@dataclass(frozen=True)
class Topic:
    """A published topic, and how far the learner has come with it."""

    slug: str
    title: str
    url: str
    plan: str = ""
    plan_title: str = ""
    chapter: str = ""
    minutes: int = 0
    prerequisites: Sequence[str] = ()
    # The keys of its sections in the order of the text, and of those that are read.
    section_keys: Sequence[str] = ()
    sections_read: Sequence[str] = ()
    questions: Questions = field(default_factory=Questions)
    state: str = "unread"
    updated_at: datetime.datetime | None = None
    done_at: datetime.datetime | None = None

    @property
    def sections(self) -> int:
        return len(self.section_keys)

    @property
    def is_done(self) -> bool:
        return self.state == "done"


@dataclass(frozen=True)
class Problem:
    """A published problem, and what the learner has come to with it."""

    slug: str
    title: str
    url: str
    difficulty: str = "easy"
    # The home topic first.
    topics: Sequence[str] = ()
    status: str = "todo"
    # Submissions that were judged on all tests.
    attempts: int = 0
    last_at: datetime.datetime | None = None
    solved_at: datetime.datetime | None = None
    # What was said of the last of them.
    diagnosis: dict | None = None
    hints_revealed: int = 0
    hint_count: int = 0
    gave_up: bool = False

    @property
    def is_begun(self) -> bool:
        return bool(self.attempts or self.hints_revealed or self.gave_up)


@dataclass(frozen=True)
class Case:
    slug: str
    title: str
    url: str
    topics: Sequence[str] = ()


@dataclass(frozen=True)
class Step:
    """Something to do next. `type` is that of a card: topic, problem or case-study."""

    type: str
    slug: str
    title: str
    url: str
    reason: str


def next_steps(
    topics: Sequence[Topic], problems: Sequence[Problem], cases: Sequence[Case]
) -> list[Step]:
    """At most six, of mixed sorts; each sequence is in the order of the catalogue."""
    chooser = _Chooser(topics, problems, cases)
    found = {
        "reading": chooser.begun(),
        "tried": chooser.tried(),
        "practice": chooser.practice(),
        "topic": chooser.open_topics(),
        "fresh": chooser.fresh(),
        "case": chooser.cases(),
    }
    sorts = {sort: list(islice(steps, MOST_OF_ONE_SORT)) for sort, steps in found.items()}
    # Nobody marks a case as read: it is something beside what is to be done, never all there is.
    if not any(sorts[sort] for sort in sorts if sort != "case"):
        return []
    room = MOST
    taken = {}
    for sort, steps in sorts.items():
        taken[sort] = min(FIRST[sort], len(steps), room)
        room -= taken[sort]
    for sort, steps in sorts.items():
        more = min(len(steps) - taken[sort], room) if sort != "case" else 0
        taken[sort] += more
        room -= more
    return [step for sort, steps in sorts.items() for step in steps[: taken[sort]]]


class _Chooser:
    def __init__(self, topics: Sequence[Topic], problems: Sequence[Problem], cases: Sequence[Case]):
        self.topics, self.problems, self.all_cases = topics, problems, cases
        self.by_slug = {topic.slug: topic for topic in topics}
        self.done = sorted((topic for topic in topics if topic.is_done), key=_newest("done_at"))
        # How lately each was read, the last first.
        self.lateness = {topic.slug: place for place, topic in enumerate(self.done)}
        self.needed_by = Counter(
            slug
            for topic in topics
            if not topic.is_done
            for slug in set(topic.prerequisites) - {topic.slug}
        )

    # --- topics that were begun ------------------------------------------------------------------

    def begun(self) -> Iterator[Step]:
        reading = [topic for topic in self.topics if topic.state == "reading"]
        for topic in sorted(reading, key=_newest("updated_at")):
            yield _step("topic", topic, _how_far(topic))

    # --- problems that were tried, or whose hints were looked at ---------------------------------

    def tried(self) -> Iterator[Step]:
        tried = [one for one in self.problems if one.is_begun and one.status != "solved"]
        # What was given up can still be solved, after all that was not.
        for problem in sorted(sorted(tried, key=_newest("last_at")), key=lambda one: one.gave_up):
            yield _step("problem", problem, _how_it_went(problem))

    # --- problems that were not ------------------------------------------------------------------

    def practice(self) -> Iterator[Step]:
        """Those of topics that are read, the last first; then of those that are being read."""
        for topic, problem in sorted(self._ready, key=self._nearest):
            how = "have read" if topic.is_done else "are reading"
            yield _step("problem", problem, f"It practises {topic.title}, which you {how}.")

    def fresh(self) -> Iterator[Step]:
        """The easiest one, where none of them practises what was read."""
        if self._ready or not self._untried:
            return
        topic, problem = min(self._untried, key=lambda pair: _difficulty(pair[1]))
        has_begun = any(one.attempts for one in self.problems)
        yield _step("problem", problem, _why_fresh(problem, topic, has_begun))

    @cached_property
    def _untried(self) -> list[tuple[Topic | None, Problem]]:
        """Each with the topic that it is offered by."""
        return [(self._practised(one), one) for one in self.problems if not one.is_begun]

    @cached_property
    def _ready(self) -> list[tuple[Topic, Problem]]:
        return [pair for pair in self._untried if pair[0] and pair[0].state != "unread"]

    def _nearest(self, pair: tuple[Topic, Problem]) -> tuple[int, int]:
        topic, problem = pair
        return self.lateness.get(topic.slug, len(self.done)), _difficulty(problem)

    def _practised(self, problem: Problem) -> Topic | None:
        """The first of its topics that is read; else that is being read; else that there is."""
        known = [self.by_slug[slug] for slug in problem.topics if slug in self.by_slug]
        return min(known, key=lambda topic: NEARNESS[topic.state], default=None)

    # --- topics that were not begun --------------------------------------------------------------

    def open_topics(self) -> Iterator[Step]:
        """Those for which all is read; of these first what builds on what was read."""
        unread = [topic for topic in self.topics if topic.state == "unread"]
        ready = [topic for topic in unread if not self._missing(topic)]
        opens_plan = _firsts(self.topics, lambda topic: topic.plan)
        # The first of each plan before its others, where nothing else speaks for one of them.
        firsts = _firsts(ready, lambda topic: topic.plan)

        def order(topic: Topic):
            read = self._needed(topic)
            return (
                not read,
                not read and topic.slug not in firsts,
                -self.needed_by[topic.slug],
                min((self.lateness[one.slug] for one in read), default=0),
            )

        for topic in sorted(ready, key=order):
            opens = topic.slug in opens_plan
            yield _step("topic", topic, self._why_open(topic, opens=opens))
        if ready or any(topic.state == "reading" for topic in self.topics):
            return
        # All that is left waits for another that is left.
        for topic in sorted(unread, key=lambda topic: len(self._missing(topic))):
            names = _listed([one.title for one in self._missing(topic)])
            yield _step("topic", topic, f"You have yet to read {names}, which it builds on.")

    def _needed(self, topic: Topic) -> list[Topic]:
        """What it builds on of what there is to read."""
        slugs = dict.fromkeys(topic.prerequisites)
        return [self.by_slug[slug] for slug in slugs if slug in self.by_slug and slug != topic.slug]

    def _missing(self, topic: Topic) -> list[Topic]:
        return [needed for needed in self._needed(topic) if not needed.is_done]

    def _why_open(self, topic: Topic, *, opens: bool) -> str:
        if needed := self._needed(topic):
            names = _listed([one.title for one in needed])
            return f"You have read {names}, which it builds on."
        if opens and topic.plan_title:
            return f"It opens {topic.plan_title}; nothing has to be read before it."
        if count := self.needed_by[topic.slug]:
            many = "topic builds" if count == 1 else "topics build"
            return f"Nothing has to be read before it, and {_number(count)} {many} on it."
        return "Nothing has to be read before it."

    # --- cases -----------------------------------------------------------------------------------

    def cases(self) -> Iterator[Step]:
        """Those about the topic that was read last."""
        for topic in self.done[:1]:
            for case in self.all_cases:
                if topic.slug in case.topics:
                    reason = f"It shows {topic.title} at work, which you have read."
                    yield _step("case-study", case, reason)


def _step(type_: str, item: Topic | Problem | Case, reason: str) -> Step:
    return Step(type_, item.slug, item.title, item.url, reason)


def _newest(name: str) -> Callable[[Topic | Problem], float]:
    """A key that puts the newest first, and what has no such time last."""

    def key(item: Topic | Problem) -> float:
        at = getattr(item, name)
        return -at.timestamp() if at else 0.0

    return key


def _firsts(topics: Iterable[Topic], group: Callable[[Topic], str]) -> set[str]:
    """The first topic of each group."""
    found: dict[str, str] = {}
    for topic in topics:
        found.setdefault(group(topic), topic.slug)
    return set(found.values())


def _difficulty(problem: Problem) -> int:
    return DIFFICULTIES.index(problem.difficulty)


def _how_far(topic: Topic) -> str:
    read, total = len(topic.sections_read), topic.sections
    if read and read == total:
        what = "its only section" if total == 1 else f"all {total} sections"
        return f"You have read {what}, and not yet said that you are done."
    if read:
        return f"You have read {read} of {total} sections."
    answered, total = topic.questions.answered, topic.questions.total
    return (
        f"You have answered {f'{answered} of {total} questions' if total > 1 else 'its question'}."
    )


def _how_it_went(problem: Problem) -> str:
    tries = f"{_number(problem.attempts)} {'try' if problem.attempts == 1 else 'tries'} so far"
    tries = tries[0].upper() + tries[1:]
    if problem.gave_up:
        return f"{tries}; you have opened the editorial, and can still solve it."
    if not problem.attempts:
        return f"You have looked at {problem.hints_revealed} of {problem.hint_count} hints."
    if problem.diagnosis:
        title = problem.diagnosis["title"].rstrip(".")
        if problem.diagnosis["kind"] == "relation":
            return f"{tries}; what the last one showed: {title}."
        return f"{tries}; the last fell to a known mistake: {title}."
    if problem.hints_revealed < problem.hint_count:
        hints = f"{problem.hints_revealed or 'none'} of {problem.hint_count} hints"
        return f"{tries}, with {hints} revealed."
    return f"{tries}."


def _why_fresh(problem: Problem, topic: Topic | None, has_begun: bool) -> str:
    article = "An" if problem.difficulty == "easy" else "A"
    what = f"{article} {problem.difficulty} problem {'to go on' if has_begun else 'to begin'} with"
    return f"{what}; it practises {topic.title}." if topic else f"{what}."


def _number(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else f"{count:,}"


def _listed(names: Sequence[str]) -> str:
    """Up to three by name: "A", "A and B", "A, B and C", "A, B and two more"."""
    if len(names) > 3:
        return f"{', '.join(names[:2])} and {_number(len(names) - 2)} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
