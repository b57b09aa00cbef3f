"""How the parts of a day hang together, and the sentences that say so. No Django in here."""

import datetime
import re
from collections.abc import Mapping
from typing import Any

from learn.choice import Catalogue

# A topic of the last days is still in mind.
IN_MIND = 6


def relate(
    catalogue: Catalogue,
    date: datetime.date,
    slugs: Mapping[str, str],
    last: Mapping[str, datetime.date],
) -> dict[str, Any]:
    """What is true of the chosen parts; `last` has when each topic had its day before."""
    topic, problem, case = slugs["topic"], slugs["problem"], slugs["case_study"]
    ties: dict[str, Any] = {}
    if topic in catalogue.topics:
        ties["plan"] = catalogue.topics[topic].plan
        needed = catalogue.topics[topic].prerequisites
        lately = [
            (days, slug)
            for slug in needed
            if slug in catalogue.topics and slug in last
            if 0 < (days := (date - last[slug]).days) <= IN_MIND
        ]
        if lately:
            days, slug = min(lately)
            ties["after"] = {"slug": slug, "days": days}
    if problem in catalogue.problems:
        ties["practises"] = _practised(catalogue, topic, problem)
    if case in catalogue.cases:
        ties["technique"] = _shared(catalogue, topic, problem, case)
        if problem in catalogue.problems and case in catalogue.problems[problem].cases:
            ties["named"] = "problem"
        elif topic in catalogue.cases[case].topics:
            ties["named"] = "topic"
    return {name: tie for name, tie in ties.items() if tie}


def _practised(catalogue: Catalogue, topic: str, problem: str) -> dict[str, str]:
    """The topic that a problem practises, and what that is to the topic of the day."""
    home, practised = catalogue.problems[problem].home, catalogue.problems[problem].topics
    topics = [slug for slug in catalogue.topics if slug in practised]
    topics.sort(key=lambda slug: slug != home)
    if topic in topics:
        return {"slug": topic, "as": "topic"}
    if topic in catalogue.topics:
        needed = catalogue.topics[topic].prerequisites
        near = [slug for slug in topics if slug in needed]
        if near:
            return {"slug": near[0], "as": "needed"}
        after = [slug for slug in topics if topic in catalogue.topics[slug].prerequisites]
        if after:
            return {"slug": after[0], "as": "needing"}
    return {"slug": topics[0], "as": "other"} if topics else {}


def _shared(catalogue: Catalogue, topic: str, problem: str, case: str) -> dict[str, str]:
    """The technique that ties a case to the others: of both before of one, the rarest first."""
    own = catalogue.cases[case].techniques
    of_topic = own & catalogue.techniques_of(topic, "")
    of_problem = own & catalogue.techniques_of("", problem)
    for slugs, of in (
        (of_topic & of_problem, "both"),
        (of_problem, "problem"),
        (of_topic, "topic"),
    ):
        if slugs:
            slug = min(slugs, key=lambda slug: (catalogue.uses[slug], slug))
            return {"slug": slug, "of": of}
    return {}


def names_in(ties: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The type and slug of what the sentences may name besides the parts."""
    names = set()
    if "plan" in ties:
        names.add(("study-plan", ties["plan"]))
    if "technique" in ties:
        names.add(("technique", ties["technique"]["slug"]))
    for tie in ("after", "practises"):
        if tie in ties:
            names.add(("topic", ties[tie]["slug"]))
    return names


# --- The sentences ------------------------------------------------------------------------------
# Each of these is one way to say what is true; the date picks. Part by part: {topic}, {problem},
# {case} with its {company}; {plan}, {before} (a topic that the day's needs), {practised}, and
# {technique}. A clause begins with a small letter where it has a word of ours at its beginning.

AFTER_YESTERDAY = (
    "today’s topic, {topic}, builds on yesterday’s, {before}",
    "after {before} yesterday comes {topic}, which builds on it",
    "yesterday was about {before}; today is about {topic}, which builds on it",
    "{topic} is the next step after yesterday’s topic, {before}",
)
AFTER_SOME_DAYS = (
    "today’s topic, {topic}, builds on {before}, which had its day on {weekday}",
    "remember {before} from {weekday}? Today’s topic, {topic}, builds on it",
    "after {before} on {weekday} comes {topic}, which builds on it",
    "{weekday} was about {before}; today is about {topic}, which builds on it",
)
OF_A_PLAN = (
    "today’s topic is {topic}, from the plan {plan}",
    "this {today} is for {topic}, from the plan {plan}",
    "today is about {topic}, a topic of the plan {plan}",
    "the topic for this {today} comes from the plan {plan}: {topic}",
)
OF_NO_PLAN = (
    "today’s topic is {topic}",
    "this {today} is for {topic}",
    "today is about {topic}",
)
PRACTISING = {
    "topic": (
        "the problem, {problem}, practises it",
        "to practise it, there is {problem}, {difficult}",
        "the problem that goes with it is {problem}, {difficult}",
        "{problem} is the problem that practises it, {difficult}",
    ),
    "needed": (
        "the problem, {problem}, goes back a step, to {practised}, which the topic builds on",
        "the problem practises {practised}, which the topic needs: it is {problem}, {difficult}",
        "the problem, {problem}, is {level} and practises what the topic needs, {practised}",
    ),
    "needing": (
        "the problem, {problem}, looks ahead to {practised}, which builds on the topic",
        "the problem is a step ahead: {problem} practises {practised}, which needs the topic",
        "the problem, {problem}, is {level} and practises what comes next, {practised}",
    ),
    "other": (
        "the problem is {problem}, {difficult} that practises {practised}",
        "the problem, {problem}, is {level} and practises {practised}",
    ),
    "": (
        "the problem is {problem}, {difficult}",
        "the problem, {problem}, is {level}",
    ),
}
# Where the problem has the title of the topic that it practises, that is not said twice.
NAMESAKE = {
    "topic": (
        "the problem of the same name practises it",
        "to practise it, there is a problem of the same name, {difficult}",
        "the problem that goes with it has the same name and is {level}",
    ),
    "needed": (
        "the problem goes back a step, to {practised}, which the topic builds on",
        "the problem is about what the topic needs, {practised}, and is {level}",
    ),
    "needing": (
        "the problem looks ahead to {practised}, which builds on the topic",
        "the problem is about what comes next, {practised}, and is {level}",
    ),
    "other": (
        "the problem is about {practised} and is {level}",
        "the problem is {difficult} about {practised}",
    ),
}
SHARING_WITH_BOTH = (
    "the topic, the problem and the case study, from {company}, all turn on {technique}",
    "the case study, from {company}, has {technique} in common with both",
    "what runs through all three is {technique}: the case study is one from {company}",
)
SHARING_WITH_ONE = (
    "both the {one} and the case study, from {company}, turn on {technique}",
    "the case study, from {company}, has {technique} in common with the {one}",
    "what links the {one} to the case study, from {company}, is {technique}",
)
NAMED = {
    "problem": (
        "the case study, from {company}, is background to the problem",
        "for background to the problem, there is the case study, from {company}",
    ),
    "topic": (
        "the topic is background to the case study, from {company}",
        "to follow the case study, from {company}, it helps to know the topic",
    ),
}
ELSEWHERE = (
    "the case study comes from {company}",
    "the case study, for a change of scene, comes from {company}",
    "the case study goes somewhere else, to {company}",
)
# Where what ties it to the others has no title to be named by.
UNSAID = ("the case study comes from {company}",)
ALONE = (
    "today there is a case study, from {company}: {case}",
    "this {today} has a case study, from {company}: {case}",
)
NOTHING = "There is nothing to read on this day."
DIFFICULT = {"easy": "an easy one", "medium": "one of medium difficulty", "hard": "a hard one"}
LEVEL = {"easy": "easy", "medium": "of medium difficulty", "hard": "hard"}
# Techniques are named in the middle of a sentence; those that begin with a name keep its capital.
PEOPLE = re.compile(
    r"adam|bayes|bellman|bernoulli|beta|boltzmann|cox|dirichlet|elo|fisher|fourier|gauss|gibbs"
    r"|gumbel|hamilton|hess|jacobi|kalman|kullback|lagrang|laplac|markov|monte|newton|pareto|platt"
    r"|poisson|shapley|student|swiss|thompson|wald|wasserstein|wilson|zipf",
    re.IGNORECASE,
)


def introduce(date: datetime.date, said: Mapping[str, Any]) -> str:
    """Sentences about a day, from what it said: its parts, "ties" and "titles".

    What has no title is not named.
    """
    topic, problem, case = said["topic"], said["problem"], said["case_study"]
    words = _words(date, said)
    clauses = []
    if topic:
        clauses.append(_pick(_topic_phrases(said), date, 0).format(**words))
    if problem:
        phrase = _pick(_problem_phrases(said, words), date, 5)
        if not topic:
            phrase = phrase.replace("the problem", "today’s problem", 1)
        clauses.append(phrase.format(**words))
    if case:
        clauses.append(_pick(_case_phrases(said), date, 7).format(**words))
    if len(clauses) == 3 and date.toordinal() % 3 == 0 and not re.search("[:;?]", clauses[1]):
        clauses[1:] = [f"{clauses[1]}, and {clauses[2]}"]
    return " ".join(map(_sentence, clauses)) or NOTHING


def _words(date: datetime.date, said: Mapping[str, Any]) -> dict[str, str]:
    topic, problem, case = said["topic"], said["problem"], said["case_study"]
    ties = said["ties"]
    words = {"today": f"{date:%A}"}
    if topic:
        words["topic"] = topic["title"]
        words["plan"] = _title(said, "study-plan", ties.get("plan"))
    if after := ties.get("after"):
        words["before"] = _title(said, "topic", after["slug"])
        words["weekday"] = f"{date - datetime.timedelta(days=after['days']):%A}"
    if problem:
        words["problem"] = problem["title"]
        words["difficult"] = DIFFICULT[problem["difficulty"]]
        words["level"] = LEVEL[problem["difficulty"]]
    if practises := ties.get("practises"):
        words["practised"] = _title(said, "topic", practises["slug"])
    if case:
        words |= {"case": case["title"], "company": case["company"]}
    if technique := ties.get("technique"):
        words["technique"] = _inside(_title(said, "technique", technique["slug"]))
        words["one"] = technique["of"]
    return words


def _title(said: Mapping[str, Any], type_: str, slug: str | None) -> str:
    title: str = said["titles"].get(f"{type_}/{slug}", "")
    return title


def _topic_phrases(said: Mapping[str, Any]) -> tuple[str, ...]:
    ties = said["ties"]
    after = ties.get("after")
    if after and _title(said, "topic", after["slug"]):
        return AFTER_YESTERDAY if after["days"] == 1 else AFTER_SOME_DAYS
    return OF_A_PLAN if _title(said, "study-plan", ties.get("plan")) else OF_NO_PLAN


def _problem_phrases(said: Mapping[str, Any], words: Mapping[str, str]) -> tuple[str, ...]:
    practises = said["ties"].get("practises")
    if not practises:
        return PRACTISING[""]
    practised = words.get("topic" if practises["as"] == "topic" else "practised")
    if not practised:
        return PRACTISING[""]
    is_namesake = practised.casefold() == words["problem"].casefold()
    return (NAMESAKE if is_namesake else PRACTISING)[practises["as"]]


def _case_phrases(said: Mapping[str, Any]) -> tuple[str, ...]:
    if not said["topic"] and not said["problem"]:
        return ALONE
    technique = said["ties"].get("technique")
    if technique and _title(said, "technique", technique["slug"]):
        return SHARING_WITH_BOTH if technique["of"] == "both" else SHARING_WITH_ONE
    return NAMED.get(said["ties"].get("named", ""), UNSAID if technique else ELSEWHERE)


def _pick(phrases: tuple[str, ...], date: datetime.date, pace: int) -> str:
    """Another one each day; `pace` keeps the parts of a day from going round together."""
    number = date.toordinal()
    return phrases[(number + (number // pace if pace else 0)) % len(phrases)]


def _inside(title: str) -> str:
    """A title as it stands inside a sentence: learning to rank, but A/B testing and Bayes’ rule."""
    first = title.partition(" ")[0]
    is_word = re.fullmatch(r"[A-Z][a-z]+(-[a-z]+)*", first)
    return title[0].lower() + title[1:] if is_word and not PEOPLE.match(first) else title


def _sentence(clause: str) -> str:
    ours = re.match(r"(today|this|the|to|what|both|for|after|remember|yesterday)\b", clause)
    text = clause[0].upper() + clause[1:] if ours else clause
    return text if text[-1] in ".?!…" else f"{text}."
