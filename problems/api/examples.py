"""The example answers of the reference documentation."""

PROBLEM_ITEM = {
    "slug": "bayes-diagnostic-test",
    "title": "Bayes’ Theorem: Diagnostic Test",
    "summary": "A test comes back positive, or negative. How likely is the disease now?",
    "difficulty": "easy",
    "topics": ["bayesian-inference"],
    "acceptance_rate": None,
    "license": "CC BY 4.0",
}
PROBLEM = PROBLEM_ITEM | {
    "teaser": "Never again read an accuracy without asking how rare the thing is.",
    "techniques": ["bayes-theorem"],
    "case_studies": ["stripe-radar-fraud"],
    "statement_markdown": "Write `disease_posterior`.",
    "statement_html": "<p>Write <code>disease_posterior</code>.</p>",
    "function": {
        "name": "disease_posterior",
        "signature": "disease_posterior(prevalence: float) -> float",
        "parameters": [{"name": "prevalence", "type": "float", "text": "P(disease)."}],
        "returns": "A float from 0 to 1.",
        "raises": ["ValueError if prevalence lies outside [0, 1]"],
    },
    "starter_code": "def disease_posterior(prevalence: float) -> float:\n    ...\n",
    "examples": [{"input": "disease_posterior(0.01)", "output": "0.09", "explanation": ""}],
    "limits": {"time_seconds": 2.0, "memory_mb": 256},
    "tolerance": {"rtol": 1e-6, "atol": 1e-12},
    "hint_count": 4,
    "misconception_count": 6,
    "version": 1,
    "published_at": "2026-11-24T09:00:00Z",
    "updated_at": "2026-11-24T09:00:00Z",
}
HINT = {"number": 1, "markdown": "Count people.", "html": "<p>Count people.</p>"}
PROBLEM_TEXT = """+++
type = "problem"
slug = "bayes-diagnostic-test"
title = "Bayes’ Theorem: Diagnostic Test"
+++

Write `disease_posterior`.
"""
