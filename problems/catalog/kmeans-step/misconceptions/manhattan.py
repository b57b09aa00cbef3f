# id: manhattan
# title: Distances along the axes
# topic: norms-cosine-projections
#
# You used L1 distances, the sums of absolute differences. k-means minimises squared Euclidean
# distances, and only with those is the mean the best centre of a cluster; with L1 it is the median.


import numpy as np


def kmeans_step(X, centroids) -> tuple[np.ndarray, np.ndarray, float]:
    X, centroids = np.asarray(X, dtype=float), np.asarray(centroids, dtype=float)
    if X.ndim != 2 or centroids.ndim != 2 or X.shape[1] != centroids.shape[1]:
        raise ValueError("X and centroids must be tables with the same number of columns")
    distances = np.abs(X[:, None, :] - centroids[None, :, :]).sum(axis=2)
    labels = distances.argmin(axis=1)
    inertia = distances[np.arange(len(X)), labels].sum()
    moved = centroids.copy()
    for j in range(len(centroids)):
        members = labels == j
        if members.any():
            moved[j] = X[members].mean(axis=0)
    return labels, moved, float(inertia)
