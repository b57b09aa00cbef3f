"""Wrong: a centroid without points disappears, and the shape changes."""

import numpy as np


def kmeans_step(X, centroids):
    if X.ndim != 2 or centroids.ndim != 2 or X.shape[1] != centroids.shape[1]:
        raise ValueError("shapes")
    d2 = ((X[:, None] - centroids[None]) ** 2).sum(axis=2)
    labels = d2.argmin(axis=1)
    inertia = d2.min(axis=1).sum()
    moved = np.array([X[labels == j].mean(axis=0) for j in np.unique(labels)])
    return labels, moved, inertia
