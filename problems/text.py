"""A problem as Markdown, with nothing in it that a learner must not see."""

from kb.document import FENCE, dump_toml
from problems.models import Problem

SHOWN = ("slug", "title", "summary", "difficulty", "topics", "techniques", "cases", "licence")


def learner_markdown(problem: Problem) -> str:
    """Front matter, statement, signature, examples and starter code."""
    document = problem.to_document()
    front = {"type": "problem"} | {name: getattr(document, name) for name in SHOWN}
    front |= {"limits": document.limits.model_dump(), "tolerance": document.tolerance.model_dump()}
    examples = "\n\n".join(
        f"```python\n{example.input}\n# {example.output}\n```\n\n{example.explanation}".strip()
        for example in document.examples
    )
    return (
        f"{FENCE}\n{dump_toml(front)}{FENCE}\n\n"
        f"{document.statement}\n\n### Examples\n\n{examples}\n\n"
        f"### Starter code\n\n```python\n{document.starter_code}\n```\n"
    )
