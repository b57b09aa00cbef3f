"""Right: three nested loops and running sums."""

import numpy as np


def kmeans_step(X, centroids):
    if X.ndim != 2 or centroids.ndim != 2 or len(X[0]) != len(centroids[0]):
        raise ValueError("shapes")
    n, d = X.shape
    k = centroids.shape[0]
    labels = np.zeros(n, dtype=np.int64)
    sums = np.zeros((k, d))
    sizes = [0] * k
    inertia = 0.0
    for i in range(n):
        best = float("inf")
        for j in range(k):
            distance = 0.0
            for f in range(d):
                distance += (X[i, f] - centroids[j, f]) ** 2
            if distance < best:
                best = distance
                labels[i] = j
        inertia += best
        sums[labels[i]] += X[i]
        sizes[labels[i]] += 1
    moved = centroids.copy()
    for j in range(k):
        if sizes[j]:
            moved[j] = sums[j] / sizes[j]
    return labels, moved, inertia
