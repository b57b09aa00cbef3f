"""What tests of submissions share: a small problem, code for it, how it is sent."""

from django.utils import timezone

from problems.models import Problem, Submission

SLUG = "bayes-diagnostic-test"
PROBLEM = f"/api/v1/problems/{SLUG}/"
SUBMISSIONS = "/api/v1/submissions/"
FIELDS = {
    *("id", "problem", "problem_version", "mode", "code", "state", "verdict", "score"),
    *("memory_mb", "tests", "diagnosis", "error", "created_at", "finished_at"),
}
CODE = "def disease_posterior(prevalence, sensitivity, specificity, positive=True):\n    return 0\n"
ARGUMENTS = {"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91}


def submit(client, code=CODE, *, mode="submissions", slug=SLUG, headers=None, **fields):
    body = {"code": code, **fields}
    path = f"/api/v1/problems/{slug}/{mode}/"
    return client.post(path, body, format="json", headers=headers)


def problem_of(response, status: int) -> dict:
    """The problem details of an answer."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    return response.json()


def pointers(response) -> list[str]:
    return [error["pointer"] for error in problem_of(response, 422)["errors"]]


def judged(owner, verdict="accepted", slug=SLUG, **fields) -> Submission:
    """A submission that has a verdict, made without a judge."""
    problem = Problem.objects.get(slug=slug, draft_of=None)
    now = timezone.now()
    return Submission.objects.create(
        owner=owner,
        problem=problem,
        time_limit=120,
        state="succeeded",
        verdict=verdict,
        attempt=1,
        started_at=now,
        finished_at=now,
        **{
            "problem_version": problem.version,
            "mode": "submit",
            "code": CODE,
            "score": float(verdict == "accepted"),
        }
        | fields,
    )
