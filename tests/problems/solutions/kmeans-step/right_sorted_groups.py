"""Right: points sorted by label and cut into groups; distances with np.linalg.norm."""

import numpy as np


def kmeans_step(X, centroids):
    if X.ndim != 2 or centroids.ndim != 2 or X.shape[1] != centroids.shape[1]:
        raise ValueError("shapes")
    d2 = np.stack([np.linalg.norm(X - c, axis=1) ** 2 for c in centroids], axis=1)
    labels = np.array([int(np.argmin(row)) for row in d2])
    order = np.argsort(labels, kind="stable")
    names, starts = np.unique(labels[order], return_index=True)
    moved = centroids + 0.0
    for name, group in zip(names, np.split(X[order], starts[1:]), strict=True):
        moved[name] = np.average(group, axis=0)
    return labels, moved, float(d2[range(len(X)), labels].sum())
