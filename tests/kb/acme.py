"""A small shipped folder: one entry of each type, and a topic that is only planned."""

from pathlib import Path

from kb import case_parts
from kb.loading import Report, load, read_content

COMPANY = """+++
type = "company"
slug = "acme"
title = "Acme"
summary = "Makes everything."
+++
"""
TECHNIQUE = """+++
type = "technique"
slug = "anvil-sorting"
title = "Anvil sorting"
summary = "Sorts anvils by weight."
group = "Models"
synonyms = ["ponderosity"]
+++
"""
PLAN = """+++
type = "study-plan"
slug = "basics-of-anvils"
title = "Basics of anvils"
summary = "From iron to anvil."
position = 90

[[chapters]]
slug = "first"
title = "First steps"
+++
"""
PLANNED = """+++
type = "topic"
slug = "hammers"
title = "Hammers"
summary = "What hits the anvil."
plan = "basics-of-anvils"
chapter = "first"
position = 2
minutes = 10
teaser = "An anvil waits, a hammer falls, and somebody has to say which of them made the other."
+++
"""
TOPIC = """+++
type = "topic"
slug = "anvils"
title = "Anvils"
summary = "What is hit."
plan = "basics-of-anvils"
chapter = "first"
position = 1
minutes = 15
outcomes = ["Tell an anvil from a hammer."]
prerequisites = ["hammers"]
techniques = ["anvil-sorting"]
teaser = "An anvil waits, a hammer falls, and somebody has to say which of them made the other."

[[references]]
key = "smith"
title = "On anvils"

[[examples]]
key = "test"
title = "A test of iron"
kind = "diagnostic-test"
figure = "frequency-grid"
text = "Few anvils are faulty."

[examples.params]
prevalence = 0.01
sensitivity = 0.9
specificity = 0.91

[[examples.controls]]
param = "prevalence"
label = "Faulty"
minimum = 0.001
maximum = 0.5
step = 0.001
+++

## Iron {#iron}

See [hammers](topic:hammers) and [sorting](technique:anvil-sorting) [@smith].

:::figure test
:::
"""
# What nobody has published.
SECTIONS = "\n".join(
    f"## {title} {{#{key}}}\n\nNothing is public.\n"
    for key, title in case_parts.SECTIONS.items()
    if key != "goal"
)


def whole(goal: str) -> str:
    """The body of a case that says one thing of its goal, and has every section."""
    return f"## The goal {{#goal}}\n\n{goal}\n\n{SECTIONS}".strip()


CASE = f"""+++
type = "case-study"
slug = "acme-ranker"
title = "Acme ranks its anvils"
summary = "How the heaviest comes first."
company = "acme"
domain = "other"
year = 2020
techniques = ["anvil-sorting"]
topics = ["anvils", "hammers"]
lessons = ["Weigh before you rank; see [hammers](topic:hammers)."]
teaser = "Acme sells anvils by weight, and yet the heaviest stood last until a customer asked why."
readers = "For whoever sorts a list by one number and wonders whether it is the one that matters."

[[sources]]
key = "acme"
title = "Our anvils"
url = "https://example.org/anvils"

[[questions]]
question = "Why by weight?"
answer = "They are heavy."
+++

## The goal {{#goal}}

Rank the anvils by $w$ [@acme], as the [topic](topic:anvils) says.

{SECTIONS}"""
FILES = {
    "companies/acme.md": COMPANY,
    "techniques/anvil-sorting.md": TECHNIQUE,
    "study-plans/basics-of-anvils.md": PLAN,
    "topics/hammers.md": PLANNED,
    "topics/anvils.md": TOPIC,
    "case-studies/acme-ranker.md": CASE,
}
# The planned topic, written.
HAMMERS = PLANNED + "\n## Heads {#heads}\n\nHeavy.\n"


class Folder:
    """A folder of shipped files, to be changed and loaded again."""

    def __init__(self, root: Path):
        self.root = root / "content"
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        text = self.read(name)
        assert text.count(old) == 1
        self.write(name, text.replace(old, new))

    def load(self, take: str | None = None, *slugs: str) -> Report:
        return load(read_content(self.root), take, list(slugs))
