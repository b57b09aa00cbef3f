"""A problem as Markdown, with nothing in it that a learner must not see."""

from kb.toml import FENCE, dump_toml
from problems.models import Problem

SHOWN = ("slug", "title", "summary", "difficulty")


def learner_markdown(problem: Problem, techniques: list[str], cases: list[str]) -> str:
    """Front matter, statement, examples and starter code; techniques and cases as slugs."""
    front = {"type": "problem"} | {name: getattr(problem, name) for name in SHOWN}
    front |= {
        "topics": problem.topic_slugs,
        "techniques": techniques,
        "cases": cases,
        "licence": problem.licence,
        "limits": {"time_seconds": problem.time_seconds, "memory_mb": problem.memory_mb},
        "tolerance": {"rtol": problem.rtol, "atol": problem.atol},
    }
    examples = "\n\n".join(
        f"```python\n{example['input']}\n# {example['output']}\n```\n\n"
        f"{example['explanation']}".strip()
        for example in problem.worked_examples
    )
    return (
        f"{FENCE}\n{dump_toml(front)}{FENCE}\n\n"
        f"{problem.statement}\n\n### Examples\n\n{examples}\n\n"
        f"### Starter code\n\n```python\n{problem.starter_code}\n```\n"
    )
