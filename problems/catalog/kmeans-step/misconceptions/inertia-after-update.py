# id: inertia-after-update
# title: Inertia measured after the move
# topic: k-means
#
# You measured the inertia after moving the centroids. Here it belongs to the assignment: the
# distances to the old centroids, which decided on the labels.


import numpy as np


def kmeans_step(X, centroids) -> tuple[np.ndarray, np.ndarray, float]:
    X, centroids = np.asarray(X, dtype=float), np.asarray(centroids, dtype=float)
    if X.ndim != 2 or centroids.ndim != 2 or X.shape[1] != centroids.shape[1]:
        raise ValueError("X and centroids must be tables with the same number of columns")
    distances = ((X[:, None, :] - centroids[None, :, :]) ** 2).sum(axis=2)
    labels = distances.argmin(axis=1)
    moved = centroids.copy()
    for j in range(len(centroids)):
        members = labels == j
        if members.any():
            moved[j] = X[members].mean(axis=0)
    inertia = ((X - moved[labels]) ** 2).sum()
    return labels, moved, float(inertia)
