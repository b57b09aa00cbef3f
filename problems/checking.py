"""The publish gate as the admin meets it: in a sandbox that is started for it and closed."""

from kb.errors import CannotPublish
from problems import gate
from problems.document import ProblemDocument
from problems.judge.sandbox import Sandbox, Unavailable
from problems.judge.testset import TestSet


def check(document: ProblemDocument) -> gate.Report:
    """What the gate says of a problem; it takes some seconds. Raises Unavailable."""
    with Sandbox() as sandbox:
        return gate.check(document, sandbox)


def check_to_publish(document: ProblemDocument) -> TestSet:
    """The tests of a problem that the gate lets through. Raises CannotPublish."""
    try:
        report = check(document)
    except Unavailable as exc:
        sentence = "A problem is published only where its code can be run safely."
        raise CannotPublish(f"{sentence} {exc}") from exc
    if report.complaints or report.test_set is None:
        raise CannotPublish("\n".join(report.complaints))
    return report.test_set
