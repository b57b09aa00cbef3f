"""Right: the table of the joint distribution as a NumPy array; the result is a NumPy scalar."""

import numpy as np


def disease_posterior(prevalence, sensitivity, specificity, positive=True):
    given = np.array([prevalence, sensitivity, specificity])
    if ((given < 0) | (given > 1)).any():
        raise ValueError("not a probability")
    people = np.array([prevalence, 1 - prevalence])
    likelihood = np.array([[sensitivity, 1 - sensitivity], [1 - specificity, specificity]])
    joint = people[:, None] * likelihood
    column = joint[:, 0 if positive else 1]
    if not column.any():
        raise ValueError("impossible result")
    return column[0] / column.sum()
