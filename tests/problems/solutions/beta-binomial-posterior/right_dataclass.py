"""Right: a small class, and integers returned where the numbers are whole."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Beta:
    a: float
    b: float

    def __post_init__(self):
        if self.a <= 0 or self.b <= 0:
            raise ValueError("not a distribution")

    def after(self, successes, failures):
        if successes < 0 or failures < 0:
            raise ValueError("negative counts")
        return Beta(self.a + successes, self.b + failures)

    @property
    def mean(self):
        return self.a / (self.a + self.b)

    @property
    def mode(self):
        peaked = self.a > 1 and self.b > 1
        return Beta(self.a - 1, self.b - 1).mean if peaked else float("nan")


def beta_binomial_posterior(alpha, beta, successes, trials):
    posterior = Beta(alpha, beta).after(successes, trials - successes)
    return posterior.a, posterior.b, posterior.mean, posterior.mode
