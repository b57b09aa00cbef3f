"""What tests of the jobs API share: a small job, how it is submitted, and how an error looks."""

from compute import runner

JOBS = "/api/v1/compute/jobs/"
PARAMS = {"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91}
BODY = {"kind": "diagnostic-test", "params": PARAMS}


def body(n: int = 0, **fields) -> dict:
    """A small job that equals none with another number."""
    return BODY | {"params": PARAMS | {"population": 1000 + n}} | fields


def submit(client, body=BODY, **headers):
    return client.post(JOBS, body, format="json", headers=headers)


def done(client, body=BODY) -> dict:
    """A job that a worker has run."""
    pk = submit(client, body).json()["id"]
    runner.run_job(pk)
    return client.get(f"{JOBS}{pk}/").json()


def problem_of(response, status: int) -> dict:
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail", "errors"}
    assert body["status"] == status
    assert all(set(error) == {"pointer", "code", "detail"} for error in body["errors"])
    return body
