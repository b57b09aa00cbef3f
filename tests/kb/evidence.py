"""A case with everything that a case can have, in the canonical form of its file."""

from kb import case_parts

FRONT = """+++
type = "case-study"
slug = "acme-scorer"
title = "Acme scores payments"
summary = "A score in under 100 ms, and what it is worth."
company = "acme"
domain = "fraud-and-risk"
year = 2021
techniques = ["anvil-sorting"]
topics = ["anvils"]
lessons = ["Of [#share] that are fraud, count the rest."]
teaser = "Whoever counts what was caught has not yet counted what was missed, said the report."
readers = "For whoever reads a rate and wants to know of what it is one, before they decide."

[[sources]]
key = "paper"
title = "On payments"
year = 2021
url = "https://example.org/payments"
doi = "10.1000/payments"

[[sources]]
key = "retold"
title = "Payments retold"
url = "https://example.com/retold/"
confidence = "secondary"

[[claims]]
key = "delay"
quantity = "latency"
value = 100
text = "under 100 ms"
unit = "ms"
scope = "99th percentile, at the gateway"
as_of = "2021-06"
kind = "latency"
source = "paper"
locator = "page 3"

[[claims]]
key = "share"
quantity = "base-rate"
value = 1
text = "1 in 1,000"
unit = "per-thousand"
kind = "other"
source = "paper"

[[claims]]
key = "delay-retold"
quantity = "latency"
value = 0.2
value_max = 0.3
text = "0.2 to 0.3 seconds"
unit = "s"
kind = "latency"
source = "retold"
confidence = "secondary"
conflicts_with = ["delay"]

[[components]]
key = "till"
component = "client"
name = "Till"
lane = "Shop"

[[components]]
key = "scorer"
component = "prediction-model"
name = "Scorer"
also = ["till's score"]
lane = "Online"
latency = "100 ms"
section = "models"

[[components]]
key = "log"
component = "event-stream"
name = "Payment log"
lane = "Offline"
state = "inferred"

[[flows]]
from = "till"
to = "scorer"
label = "asks"

[[flows]]
from = "scorer"
to = "log"
kind = "event"

[[questions]]
question = "How many of [=1,000]?"
answer = "One."

[[experiments]]
key = "share-again"
title = "Fraud among the refused"
kind = "diagnostic-test"
text = "Most of what is refused is honest."
claim = "share"
path = "ppv"

[experiments.params]
prevalence = 0.001
sensitivity = 0.9
specificity = 0.99
+++
"""
TEXTS = {
    "goal": "Refuse fraud, [#share] of payments, within [#delay].",
    "constraints": "The till waits. Another account says [#delay-retold] [@retold].",
    "models": "The till's score is made by ResNet-50, in 2021, from $n = 12$ parts.",
    "architecture": "From the till to the scorer, and on into the payment log.",
    "evaluation": "Seen below; about [=8%] of the refused are fraud.\n\n:::figure share-again\n:::",
}
CASE = FRONT + "".join(
    f"\n## {title} {{#{key}}}\n\n{TEXTS.get(key, 'Nothing about this is public.')}\n"
    for key, title in case_parts.SECTIONS.items()
)
