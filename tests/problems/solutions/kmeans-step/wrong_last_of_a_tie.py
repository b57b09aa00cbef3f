"""Wrong: of several nearest centroids the last one is taken."""


def kmeans_step(X, centroids):
    if X.ndim != 2 or centroids.ndim != 2 or X.shape[1] != centroids.shape[1]:
        raise ValueError("shapes")
    d2 = ((X[:, None] - centroids[None]) ** 2).sum(axis=2)
    labels = len(centroids) - 1 - d2[:, ::-1].argmin(axis=1)
    inertia = d2.min(axis=1).sum()
    moved = centroids.copy()
    for j in range(len(centroids)):
        if (labels == j).any():
            moved[j] = X[labels == j].mean(axis=0)
    return labels, moved, inertia
