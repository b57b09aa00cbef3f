"""Which topic, problem and case study a day shows. No Django, no randomness, no clock in here.

Nothing repeats before everything of its kind had its day: each kind goes through rounds. Within
that, the problem practises the topic or its direct neighbour in the prerequisite graph as often as
the rounds allow (learn/matching.py), and the case shares a technique with either.
"""

import datetime
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from learn.matching import Matching

PARTS = ("topic", "problem", "case_study")
# How a problem stands to a topic: written for it, for another but practising it as well, and so on.
AT_HOME, PRACTISES, NEIGHBOUR, FOREIGN = range(4)
# So many days before and after a day whose entry was withdrawn, its replacement is not shown; and
# so many days back, cases of the same company or domain count as more of the same.
AROUND, LATELY = 7, 6


@dataclass(frozen=True, slots=True)
class Topic:
    slug: str
    plan: str = ""
    techniques: frozenset[str] = frozenset()
    prerequisites: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Problem:
    slug: str
    techniques: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    cases: frozenset[str] = frozenset()
    # Of its topics, the one it was written for.
    home: str = ""


@dataclass(frozen=True, slots=True)
class CaseStudy:
    slug: str
    techniques: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    company: str = ""
    domain: str = ""


class Catalogue:
    """What is published, each kind in its order, and how it hangs together."""

    def __init__(
        self,
        topics: Iterable[Topic] = (),
        problems: Iterable[Problem] = (),
        cases: Iterable[CaseStudy] = (),
    ) -> None:
        self.topics = {topic.slug: topic for topic in topics}
        self.problems = {problem.slug: problem for problem in problems}
        self.cases = {case.slug: case for case in cases}
        self.of: dict[str, Mapping[str, Topic | Problem | CaseStudy]] = {
            "topic": self.topics,
            "problem": self.problems,
            "case_study": self.cases,
        }

    @cached_property
    def neighbours(self) -> dict[str, set[str]]:
        """What a topic needs and what needs it; of topics that are not published too."""
        found: dict[str, set[str]] = {}
        for topic in self.topics.values():
            for other in topic.prerequisites:
                found.setdefault(topic.slug, set()).add(other)
                found.setdefault(other, set()).add(topic.slug)
        return found

    @cached_property
    def problems_for(self) -> dict[str, set[str]]:
        """Of each topic, the problems that practise it or a neighbour of it."""
        practising: dict[str, set[str]] = {}
        for problem in self.problems.values():
            for topic in problem.topics:
                practising.setdefault(topic, set()).add(problem.slug)
        nothing: set[str] = set()
        return {
            slug: nothing.union(
                *(
                    practising.get(near, nothing)
                    for near in (slug, *self.neighbours.get(slug, nothing))
                )
            )
            for slug in self.topics
        }

    @cached_property
    def uses(self) -> Counter[str]:
        """How many topics and problems use each technique."""
        return Counter(
            technique
            for kind in (self.topics, self.problems)
            for item in kind.values()
            for technique in item.techniques
        )

    def kinship(self, topic: str, problem: str) -> int:
        """How a problem stands to a topic, both published: AT_HOME, PRACTISES, …"""
        practised = self.problems[problem].topics
        if topic in practised:
            return AT_HOME if topic == self.problems[problem].home else PRACTISES
        near = self.neighbours.get(topic)
        return FOREIGN if near is None or practised.isdisjoint(near) else NEIGHBOUR

    def techniques_of(self, topic: str, problem: str) -> frozenset[str]:
        """Those of a topic and a problem together; either may be empty or not published."""
        found: frozenset[str] = frozenset()
        if topic in self.topics:
            found |= self.topics[topic].techniques
        if problem in self.problems:
            found |= self.problems[problem].techniques
        return found


@dataclass
class Round:
    """How far one kind has come: the round, what had its day in it, and when each was last seen."""

    number: int = 0
    seen: set[str] = field(default_factory=set)
    last: dict[str, datetime.date] = field(default_factory=dict)
    latest: str = ""

    def add(self, date: datetime.date, slug: str, number: int) -> None:
        """Days are added in their order; an empty slug is a day without this part."""
        if not slug:
            return
        if number > self.number:
            self.number, self.seen = number, set()
        if number == self.number:
            self.seen.add(slug)
        self.last[slug] = date
        self.latest = slug

    def open(self, published: Collection[str]) -> "Open":
        """What may come next, in the order of what is published."""
        left = [slug for slug in published if slug not in self.seen]
        if left or not published:
            return Open(max(self.number, 1), left, left)
        # Everything had its day: a round begins, and not with what it has just ended with.
        everything = list(published)
        others = [slug for slug in everything if slug != self.latest]
        return Open(self.number + 1, everything, others or everything)


@dataclass(frozen=True)
class Open:
    """What a round has left, and what of it may come today."""

    number: int
    left: list[str]
    allowed: list[str]

    def without(self, kept: Collection[str]) -> "Open":
        """Keep some for days to come, where the round has others."""
        if not any(slug not in kept for slug in self.allowed):
            return self
        left = [slug for slug in self.left if slug not in kept]
        return Open(self.number, left, [slug for slug in self.allowed if slug not in kept])

    def only(self, slug: str) -> "Open":
        return Open(self.number, self.left, [slug])


class History:
    """The days that have been, oldest first."""

    def __init__(self) -> None:
        self.rounds = {part: Round() for part in PARTS}
        self.cases: list[str] = []

    def add(self, date: datetime.date, picks: Mapping[str, "Pick"]) -> None:
        for part, pick in picks.items():
            self.rounds[part].add(date, pick.slug, pick.round)
        self.cases.append(picks["case_study"].slug)


@dataclass(frozen=True, slots=True)
class Pick:
    """The slug of a part of a day and its round; an empty slug where nothing is published."""

    slug: str = ""
    round: int = 0


def choose(
    date: datetime.date,
    catalogue: Catalogue,
    history: History,
    given: Mapping[str, str] | None = None,
    kept: Mapping[str, Collection[str]] | None = None,
) -> dict[str, Pick]:
    """The parts of the day after the history.

    `given` has the slugs, all published, of parts that are settled; `kept` those of later days.
    """
    given, kept = given or {}, kept or {}
    rounds: dict[str, Open] = {}
    for part in PARTS:
        free = history.rounds[part].open(catalogue.of[part])
        if part in given:
            rounds[part] = free.only(given[part])
        else:
            rounds[part] = free.without(kept.get(part, ()))
    day = _Day(date, catalogue, history, rounds)
    topic, problem = day.pair()
    slugs = {"topic": topic, "problem": problem, "case_study": day.case(topic, problem)}
    return {
        part: Pick(slug, day.round_of(part, slug)) if slug else Pick()
        for part, slug in slugs.items()
    }


class _Day:
    def __init__(
        self,
        date: datetime.date,
        catalogue: Catalogue,
        history: History,
        rounds: Mapping[str, Open],
    ) -> None:
        self.date, self.catalogue = date, catalogue
        self.history, self.rounds = history, rounds

    def round_of(self, part: str, slug: str) -> int:
        """What a curator shows a second time in its round begins no other."""
        free = self.rounds[part]
        return free.number if slug in free.left else self.history.rounds[part].number

    def pair(self) -> tuple[str, str]:
        topics, problems = self.rounds["topic"], self.rounds["problem"]
        if not topics.allowed or not problems.allowed:
            topic = min(topics.allowed, key=self.rank_of_topic, default="")
            return topic, min(problems.allowed, key=self.rank_of_problem, default="")
        matching = Matching(
            topics.left,
            problems.left,
            self.catalogue.problems_for,
            list(self.catalogue.topics),
            list(self.catalogue.problems),
        )
        found = self._allowed(matching.usable)
        # What may not come today, or was given, can leave no pair of the best; then any that fits.
        found = found or self._allowed(self.catalogue.problems_for)
        if found:
            topic = min(found, key=self.rank_of_topic)
            return topic, min(found[topic], key=lambda slug: self.rank_of_problem(slug, topic))
        # None fits: those that later days do without, so that these days lose nothing.
        topics_spare = [slug for slug in topics.allowed if slug in matching.spare]
        problems_spare = [slug for slug in problems.allowed if slug in matching.spare]
        return (
            min(topics_spare or topics.allowed, key=self.rank_of_topic),
            min(problems_spare or problems.allowed, key=self.rank_of_problem),
        )

    def _allowed(self, pairs: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
        """Of pairs, by topic, those that may come today."""
        problems = set(self.rounds["problem"].allowed)
        found = {
            topic: [slug for slug in pairs.get(topic, ()) if slug in problems]
            for topic in self.rounds["topic"].allowed
        }
        return {topic: slugs for topic, slugs in found.items() if slugs}

    def rank_of_topic(self, slug: str) -> tuple[float, ...]:
        """Not soon again; after what it needs; each plan in its share; in catalogue order."""
        topic = self.catalogue.topics.get(slug)
        if topic is None:
            return ()
        waits = any(other in self._topics_left for other in topic.prerequisites)
        left, size = self._plans_left[topic.plan], self._plans[topic.plan]
        return (self._is_recent("topic", slug), waits, -left / size, self._order["topic"][slug])

    def rank_of_problem(self, slug: str, topic: str = "") -> tuple[float, ...]:
        """Not soon again; its own, none that is another's; where a case fits; catalogue order.

        One that practises a neighbour is better one whose own topics all had their day.
        """
        problem = self.catalogue.problems[slug]
        kinship = self.catalogue.kinship(topic, slug) if topic else FOREIGN
        # The last one that is left at home in a topic that comes later.
        is_missed = kinship != AT_HOME and self._at_home.get(problem.home) == 1
        takes = kinship > PRACTISES and not problem.topics.isdisjoint(self._topics_left)
        fits = not self._techniques_left.isdisjoint(self.catalogue.techniques_of(topic, slug))
        order = self._order["problem"][slug]
        return (self._is_recent("problem", slug), is_missed, kinship, takes, not fits, order)

    def case(self, topic: str, problem: str) -> str:
        return min(
            self.rounds["case_study"].allowed,
            key=lambda slug: self.rank_of_case(slug, topic, problem),
            default="",
        )

    def rank_of_case(self, slug: str, topic: str, problem: str) -> tuple[float, ...]:
        """A technique in common; named; not soon again; something else than lately; the rest.

        Of those that are tied alike, the one that fits the fewest others: it has fewer days.
        """
        case = self.catalogue.cases[slug]
        untied, named, shared = ties(self.catalogue, slug, topic, problem)
        alike = self._lately[case.company] + self._lately[case.domain]
        others = sum(self.catalogue.uses[technique] for technique in case.techniques)
        recent, order = self._is_recent("case_study", slug), self._order["case_study"][slug]
        return (untied, named, recent, alike, shared, others, order)

    def _is_recent(self, part: str, slug: str) -> bool:
        """Whether it was shown in the last days that half of its kind would fill."""
        last = self.history.rounds[part].last.get(slug)
        return last is not None and (self.date - last).days <= len(self.catalogue.of[part]) // 2

    @cached_property
    def _order(self) -> dict[str, dict[str, int]]:
        return {
            part: {slug: place for place, slug in enumerate(items)}
            for part, items in self.catalogue.of.items()
        }

    @cached_property
    def _topics_left(self) -> set[str]:
        return set(self.rounds["topic"].left)

    @cached_property
    def _at_home(self) -> Counter[str]:
        """Of each topic that is left, how many problems are left that were written for it."""
        homes = (self.catalogue.problems[slug].home for slug in self.rounds["problem"].left)
        return Counter(home for home in homes if home in self._topics_left)

    @cached_property
    def _plans_left(self) -> Counter[str]:
        return Counter(self.catalogue.topics[slug].plan for slug in self._topics_left)

    @cached_property
    def _plans(self) -> Counter[str]:
        return Counter(topic.plan for topic in self.catalogue.topics.values())

    @cached_property
    def _techniques_left(self) -> set[str]:
        """Those of the cases that may come today."""
        allowed = self.rounds["case_study"].allowed
        return {name for slug in allowed for name in self.catalogue.cases[slug].techniques}

    @cached_property
    def _lately(self) -> Counter[str]:
        cases = (self.catalogue.cases.get(slug) for slug in self.history.cases[-LATELY:])
        return Counter(name for case in cases if case for name in (case.company, case.domain))


def ties(catalogue: Catalogue, case: str, topic: str, problem: str) -> tuple[bool, int, int]:
    """How a published case is tied to a topic and a problem; the smaller, the closer."""
    item = catalogue.cases[case]
    shared = len(item.techniques & catalogue.techniques_of(topic, problem))
    names = 2 * (problem in catalogue.problems and case in catalogue.problems[problem].cases)
    return not shared, -names - (topic in item.topics), -shared


def replacement(
    part: str,
    date: datetime.date,
    catalogue: Catalogue,
    shown: Mapping[str, Collection[datetime.date]],
    others: Mapping[str, str],
) -> str:
    """What a day that is over says in place of an entry that was withdrawn; empty for nothing.

    It takes nobody's day: best is what is tied to the other parts of the day, had a day of its own
    already, and none close by. Days near each other do not all take the same.
    """
    topic, problem, case = (others.get(name, "") for name in PARTS)

    def rank(slug: str) -> tuple[float, ...]:
        gap = min((abs((date - day).days) for day in shown.get(slug, ())), default=AROUND + 1)
        near = max(0, AROUND + 1 - gap)
        if part == "case_study":
            return (near, *ties(catalogue, slug, topic, problem), slug not in shown)
        pair = {"topic": topic, "problem": problem, part: slug}
        known = pair["topic"] in catalogue.topics and pair["problem"] in catalogue.problems
        kinship = catalogue.kinship(pair["topic"], pair["problem"]) if known else FOREIGN
        tied = ties(catalogue, case, **pair) if case in catalogue.cases else ()
        return (near, kinship, slug not in shown, *tied)

    ranks = {slug: rank(slug) for slug in catalogue.of[part]}
    best = [slug for slug, found in ranks.items() if found == min(ranks.values())]
    return best[date.toordinal() % len(best)] if best else ""
