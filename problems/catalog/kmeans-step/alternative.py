"""Plain lists, one point and one number at a time."""

import math

import numpy as np


def squared_distance(point: list[float], centroid: list[float]) -> float:
    return math.fsum((a - b) ** 2 for a, b in zip(point, centroid, strict=True))


def kmeans_step(X, centroids) -> tuple[np.ndarray, np.ndarray, float]:
    if np.ndim(X) != 2 or np.ndim(centroids) != 2:
        raise ValueError(f"two tables are needed, not {np.ndim(X)}-D and {np.ndim(centroids)}-D")
    if np.shape(X)[1] != np.shape(centroids)[1]:
        raise ValueError(f"the widths differ: {np.shape(X)} and {np.shape(centroids)}")
    points, old = np.asarray(X).tolist(), np.asarray(centroids).tolist()

    labels, costs = [], []
    clusters: list[list[list[float]]] = [[] for _ in old]
    for point in points:
        # Pairs compare by distance first and by index second.
        cost, label = min((squared_distance(point, c), j) for j, c in enumerate(old))
        labels.append(label)
        costs.append(cost)
        clusters[label].append(point)

    new = [
        [math.fsum(column) / len(cluster) for column in zip(*cluster, strict=True)]
        if cluster
        else centroid
        for cluster, centroid in zip(clusters, old, strict=True)
    ]
    return np.array(labels), np.array(new), math.fsum(costs)
