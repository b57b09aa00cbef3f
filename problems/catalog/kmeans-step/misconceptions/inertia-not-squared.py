# id: inertia-not-squared
# title: Inertia of plain distances
# topic: k-means
#
# Your inertia adds up distances. It is the sum of the squared distances, the very quantity that a
# step of k-means lowers.


import numpy as np


def kmeans_step(X, centroids) -> tuple[np.ndarray, np.ndarray, float]:
    X, centroids = np.asarray(X, dtype=float), np.asarray(centroids, dtype=float)
    if X.ndim != 2 or centroids.ndim != 2 or X.shape[1] != centroids.shape[1]:
        raise ValueError("X and centroids must be tables with the same number of columns")
    distances = ((X[:, None, :] - centroids[None, :, :]) ** 2).sum(axis=2)
    labels = distances.argmin(axis=1)
    inertia = np.sqrt(distances[np.arange(len(X)), labels]).sum()
    moved = centroids.copy()
    for j in range(len(centroids)):
        members = labels == j
        if members.any():
            moved[j] = X[members].mean(axis=0)
    return labels, moved, float(inertia)
