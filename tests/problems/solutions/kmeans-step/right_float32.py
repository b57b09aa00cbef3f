"""Right: everything in float32, labels in int32."""

import numpy as np


def kmeans_step(X, centroids):
    X, C = X.astype(np.float32), centroids.astype(np.float32)
    if X.ndim != 2 or C.ndim != 2 or X.shape[1] != C.shape[1]:
        raise ValueError("shapes")
    d2 = np.square(X[:, None] - C[None]).sum(-1)
    labels = d2.argmin(axis=-1).astype(np.int32)
    inertia = np.float32(0)
    moved = C.copy()
    for j in np.unique(labels):
        inertia += d2[labels == j, j].sum()
        moved[j] = X[labels == j].mean(0)
    return labels, moved, inertia
