"""Wrong: no check of the shapes, so that a single column is broadcast."""

import numpy as np


def kmeans_step(X, centroids):
    d2 = ((X[:, None] - centroids[None]) ** 2).sum(axis=2)
    labels = np.argmin(d2, axis=1)
    inertia = d2.min(axis=1).sum()
    moved = np.zeros((len(centroids), X.shape[1])) + centroids
    for j in range(len(centroids)):
        if (labels == j).any():
            moved[j] = X[labels == j].mean(axis=0)
    return labels, moved, inertia
