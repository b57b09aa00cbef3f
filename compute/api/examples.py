"""The example answers of the reference documentation."""

PARAMS = {"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91}
NEW_JOB = {"kind": "diagnostic-test", "params": PARAMS, "label": "screening"}
JOB_ID = "0b9f4c1e-5d0c-4f3e-9a53-7f2d9a1c2b11"
CHARTS = f"/api/v1/compute/jobs/{JOB_ID}/charts"
JOB = {
    "id": JOB_ID,
    "kind": "diagnostic-test",
    "version": 1,
    "label": "screening",
    "params": PARAMS,
    "state": "succeeded",
    "progress": {"fraction": 1.0, "message": ""},
    "result": {"posterior": 0.0917431192660551, "ppv": 0.0917431192660551},
    "error": None,
    "attempts": 1,
    "created_at": "2026-11-24T09:00:00Z",
    "started_at": "2026-11-24T09:00:00.004Z",
    "finished_at": "2026-11-24T09:00:00.006Z",
    "charts": [],
}
QUEUED_JOB = JOB | {
    "state": "queued",
    "result": None,
    "attempts": 0,
    "progress": {"fraction": 0.0, "message": ""},
    "started_at": None,
    "finished_at": None,
}
CANCELLED_JOB = JOB | {
    "state": "cancelled",
    "result": None,
    "progress": {"fraction": 0.0, "message": ""},
    "started_at": None,
}
KIND = {
    "name": "diagnostic-test",
    "title": "Diagnostic test",
    "summary": "How likely an illness is after the results of a test.",
    "version": 1,
    "params_schema": {"type": "object"},
    "result_schema": {"type": "object"},
    "example_params": PARAMS,
    "charts": [],
    "limits": {"time_seconds": 2, "memory_mb": 256},
}
CHART = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "title": "Before and after the test",
    "data": {"values": [{"hypothesis": "ill", "probability": 0.0917}]},
    "mark": "bar",
}
