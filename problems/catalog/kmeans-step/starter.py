import numpy as np


def kmeans_step(X, centroids) -> tuple[np.ndarray, np.ndarray, float]:
    """One step of k-means: labels of the shape (n,), new centroids of the shape (k, d), inertia."""
    # 1. Refuse what does not fit.
    # 2. Assign every point.
    # 3. Measure.
    # 4. Move every centroid.
    labels = np.zeros(len(X), dtype=int)
    return labels, np.zeros(centroids.shape), 0.0
