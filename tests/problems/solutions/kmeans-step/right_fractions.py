"""Right: exact fractions; every float is a fraction."""

from fractions import Fraction

import numpy as np


def kmeans_step(X, centroids):
    if X.ndim != 2 or centroids.ndim != 2 or X.shape[1] != centroids.shape[1]:
        raise ValueError("shapes")
    points = [[Fraction(v) for v in row] for row in X.tolist()]
    old = [[Fraction(v) for v in row] for row in centroids.tolist()]
    labels, inertia = [], Fraction(0)
    for point in points:
        costs = [sum((a - b) ** 2 for a, b in zip(point, c, strict=True)) for c in old]
        labels.append(costs.index(min(costs)))
        inertia += min(costs)
    new = []
    for j, centroid in enumerate(old):
        mine = [p for p, label in zip(points, labels, strict=True) if label == j]
        mean = [sum(column) / len(mine) for column in zip(*mine, strict=True)] or centroid
        new.append([float(v) for v in mean])
    return np.array(labels), np.array(new), float(inertia)
