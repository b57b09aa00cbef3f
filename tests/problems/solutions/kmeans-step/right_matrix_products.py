"""Right: the square multiplied out, and the means as a product with a table of zeros and ones."""

import numpy as np


def kmeans_step(X, centroids):
    if X.ndim != 2 or centroids.ndim != 2 or X.shape[1] != centroids.shape[1]:
        raise ValueError("shapes")
    d2 = (X * X).sum(1, keepdims=True) - 2.0 * (X @ centroids.T) + (centroids * centroids).sum(1)
    labels = np.argmin(d2, axis=1)
    inertia = np.maximum(np.take_along_axis(d2, labels[:, None], axis=1), 0).sum()
    belongs = (labels[:, None] == np.arange(len(centroids))).astype(float)
    sizes = belongs.sum(axis=0)
    means = (belongs.T @ X) / np.where(sizes == 0, 1, sizes)[:, None]
    moved = np.where(sizes[:, None] == 0, centroids, means)
    return labels, moved, inertia
