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
CODE = (
    "def disease_posterior(prevalence, sensitivity, specificity, positive=True):\n"
    "    return sensitivity\n"
)
NEW_SUBMISSION = {"code": CODE}
NEW_RUN = {
    "code": CODE,
    "arguments": {"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91},
}
QUEUED_SUBMISSION = {
    "id": "5f0c2f2e-6f0b-4c1e-9d53-2f8c5a6a2f11",
    "problem": "bayes-diagnostic-test",
    "problem_version": 1,
    "mode": "submit",
    "code": CODE,
    "state": "queued",
    "verdict": None,
    "score": None,
    "memory_mb": None,
    "tests": [],
    "diagnosis": None,
    "error": None,
    "created_at": "2026-11-24T09:00:00Z",
    "finished_at": None,
}
HIDDEN_TEST = {
    "name": "2",
    "visible": False,
    "verdict": "wrong_answer",
    "time_ms": None,
    "message": None,
    "input": None,
    "expected": None,
    "actual": None,
    "stdout": None,
    "traceback": None,
}
VISIBLE_TEST = HIDDEN_TEST | {
    "name": "a rare disease",
    "visible": True,
    "time_ms": 0.4,
    "message": "The result is 0.9 instead of 0.0917.",
    "input": {"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91},
    "expected": 0.0917,
    "actual": 0.9,
    "stdout": "",
}
SUBMISSION = QUEUED_SUBMISSION | {
    "state": "succeeded",
    "verdict": "wrong_answer",
    "score": 0.0,
    "memory_mb": 1.2,
    "tests": [VISIBLE_TEST, HIDDEN_TEST],
    "diagnosis": {
        "kind": "misconception",
        "misconception": "base-rate-neglect",
        "title": "The base rate is left out",
        "explanation": "You compared the two likelihoods and left out how rare the disease is.",
        "topic": "bayesian-inference",
        "also": [],
    },
    "finished_at": "2026-11-24T09:00:01Z",
}
TO_BE_EXPLAINED = SUBMISSION | {
    "explanation": {
        "text": None,
        "model": "a-small-model",
        "created_at": "2026-11-24T09:01:00Z",
        "state": "queued",
        "error": None,
    }
}
EXPLAINED = SUBMISSION | {
    "explanation": TO_BE_EXPLAINED["explanation"]
    | {"text": "Your function never looks at how rare the disease is.", "state": "succeeded"}
}
LISTED_SUBMISSION = SUBMISSION | {"code": None, "tests": None}
CANCELLED_SUBMISSION = QUEUED_SUBMISSION | {
    "state": "cancelled",
    "finished_at": "2026-11-24T09:00:01Z",
}
EDITORIAL = {"markdown": "Count people.", "html": "<p>Count people.</p>"}
