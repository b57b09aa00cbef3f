"""Right: the standard library alone, and arrays only at the end."""

from collections import defaultdict
from statistics import fmean

import numpy as np


def kmeans_step(X, centroids):
    if X.ndim != 2 or centroids.ndim != 2 or X.shape[1] != centroids.shape[1]:
        raise ValueError("shapes")
    old = centroids.tolist()
    groups, labels, inertia = defaultdict(list), [], 0.0
    for point in X.tolist():
        costs = {
            j: sum((a - b) ** 2 for a, b in zip(point, c, strict=True)) for j, c in enumerate(old)
        }
        label = min(costs, key=costs.__getitem__)
        groups[label].append(point)
        labels.append(label)
        inertia += costs[label]
    for label, members in groups.items():
        old[label] = [fmean(column) for column in zip(*members, strict=True)]
    return np.asarray(labels), np.asarray(old), inertia
