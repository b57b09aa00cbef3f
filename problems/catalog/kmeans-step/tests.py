"""The tests of kmeans_step. Expected values come from the reference."""

from collections.abc import Iterator

import numpy as np

EDGE_CASES = {
    "worked-example": "the two examples of the statement",
    "distances-disagree": "points whose nearest centroid differs between L1 and L2",
    "empty-cluster": "a centroid without points keeps its place",
    "duplicate-centroids": "centroids in the same place: the lowest index takes all points",
    "halfway": "a point exactly between two centroids goes to the lower index",
    "would-change-sides": "a point that is nearer to another centroid once they have moved",
    "one-centroid": "k = 1: the new centroid is the mean of all points",
    "one-point": "n = 1, with more centroids than points",
    "one-column": "d = 1",
    "converged": "every centroid already is the mean of its points",
    "on-the-centroids": "points that lie on their centroids: the inertia is 0",
    "uneven-clusters": "clusters of very different sizes",
    "any-values": "clouds of points, drawn at random",
    "widths-differ": "another number of columns raises ValueError, also where it would broadcast",
    "not-two-dimensional": "an array that is not two-dimensional raises ValueError",
}


def clouds(seed: int, sizes: list[int], d: int) -> dict[str, np.ndarray]:
    """Round clouds far apart, and a centroid near the middle of each."""
    rng = np.random.default_rng(seed)
    middles = 6.0 * rng.permutation(len(sizes) * d).reshape(len(sizes), d)
    points = [
        rng.normal(middle, 1.0, size=(size, d)) for size, middle in zip(sizes, middles, strict=True)
    ]
    shuffled = rng.permutation(np.concatenate(points))
    return {"X": shuffled, "centroids": middles + rng.uniform(-1.0, 1.0, size=middles.shape)}


def tests() -> Iterator[dict]:
    # Where a tie is meant, and where distances are 0, all entries are small integers.
    yield {
        "name": "the small example",
        "visible": True,
        "covers": "worked-example",
        "arguments": {
            "X": np.array([[0.0, 0.0], [2.0, 0.0], [9.0, 9.0]]),
            "centroids": np.array([[1.0, 0.0], [9.0, 8.0]]),
        },
    }
    yield {
        "name": "the example worked by hand",
        "visible": True,
        "covers": "worked-example",
        "arguments": {
            "X": np.array([[1.0, 0.0], [3.0, 3.0], [4.0, -2.0], [5.0, -3.0]]),
            "centroids": np.array([[0.0, 0.0], [3.0, -2.0], [-6.0, 8.0]]),
        },
    }
    yield {
        "name": "two centroids in the same place",
        "visible": True,
        "covers": "duplicate-centroids",
        "arguments": {
            "X": np.array([[1.0, 2.0], [4.0, 2.0], [-3.0, 5.0]]),
            "centroids": np.array([[-4.0, 4.0], [2.0, 1.0], [2.0, 1.0]]),
        },
        "exact": True,
    }
    yield {
        "name": "three columns and two",
        "visible": True,
        "covers": "widths-differ",
        "arguments": {
            "X": np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]),
            "centroids": np.array([[0.0, 1.0], [2.0, 3.0]]),
        },
        "raises": "ValueError",
    }
    yield {
        "name": "along the axes it would be another centroid",
        "visible": False,
        "covers": "distances-disagree",
        "arguments": {
            "X": np.array([[4.0, 4.0, 4.0], [-5.0, 0.5, 0.0], [3.0, -3.5, 3.0], [0.0, 9.0, 1.0]]),
            "centroids": np.array([[0.0, 0.0, 0.0], [4.0, 4.0, -5.0], [0.5, 9.5, 0.5]]),
        },
    }
    yield {
        "name": "two centroids that nobody comes to",
        "visible": False,
        "covers": "empty-cluster",
        "arguments": {
            "X": np.array([[1.0, 1.5], [2.0, 0.5], [-1.0, -2.0], [0.5, -3.0]]),
            "centroids": np.array([[40.0, -30.0], [1.0, 1.0], [-25.0, 50.0], [0.0, -2.0]]),
        },
    }
    yield {
        "name": "exactly halfway",
        "visible": False,
        "covers": "halfway",
        "arguments": {
            "X": np.array([[1.0, 3.0], [0.0, 1.0], [3.0, 0.0], [1.0, -2.0], [1.0, 0.0]]),
            "centroids": np.array([[2.0, 0.0], [0.0, 0.0]]),
        },
        "exact": True,
    }
    yield {
        "name": "a point that would change sides after the move",
        "visible": False,
        "covers": "would-change-sides",
        "arguments": {
            "X": np.array([[4.0, 0.0], [-8.0, 1.0], [11.0, 0.5], [-7.0, -1.5], [12.0, -1.0]]),
            "centroids": np.array([[0.0, 0.0], [10.0, 0.0]]),
        },
    }
    yield {
        "name": "a single centroid",
        "visible": False,
        "covers": "one-centroid",
        "arguments": {**clouds(21, [9], 3), "centroids": np.array([[1.0, -2.0, 4.0]])},
    }
    yield {
        "name": "a single point and three centroids",
        "visible": False,
        "covers": "one-point",
        "arguments": {
            "X": np.array([[2.0, -1.0, 0.5]]),
            "centroids": np.array([[9.0, 9.0, 9.0], [1.0, 1.0, 1.0], [-4.0, 0.0, 3.0]]),
        },
    }
    yield {
        "name": "points on a line",
        "visible": False,
        "covers": "one-column",
        "arguments": {
            "X": np.array([[0.25], [9.0], [1.5], [7.25], [-3.0], [10.5]]),
            "centroids": np.array([[8.0], [0.0]]),
        },
    }
    yield {
        "name": "nothing moves any more",
        "visible": False,
        "covers": "converged",
        "arguments": {
            "X": np.array([[0.0, 1.0], [4.0, 3.0], [20.0, 9.0], [24.0, 13.0], [22.0, 14.0]]),
            "centroids": np.array([[22.0, 12.0], [2.0, 2.0]]),
        },
    }
    yield {
        "name": "every point on its centroid",
        "visible": False,
        "covers": "on-the-centroids",
        "arguments": {
            "X": np.array([[3.0, 1.0], [-2.0, 5.0], [3.0, 1.0]]),
            "centroids": np.array([[-2.0, 5.0], [3.0, 1.0]]),
        },
    }
    yield {
        "name": "one, four and twenty points",
        "visible": False,
        "covers": "uneven-clusters",
        "arguments": clouds(22, [1, 4, 20], 2),
    }
    yield {
        "name": "drawn at random",
        "visible": False,
        "covers": "any-values",
        "arguments": clouds(23, [30, 25, 35, 30], 5),
    }
    yield {
        "name": "drawn at random, with fewer clouds",
        "visible": False,
        "covers": "any-values",
        "arguments": clouds(24, [40, 60], 3),
    }
    yield {
        "name": "centroids of a single column",
        "visible": False,
        "covers": "widths-differ",
        "arguments": {
            "X": np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]),
            "centroids": np.array([[0.0], [2.0]]),
        },
        "raises": "ValueError",
    }
    yield {
        "name": "points of a single column",
        "visible": False,
        "covers": "widths-differ",
        "arguments": {
            "X": np.array([[0.0], [2.0], [5.0]]),
            "centroids": np.array([[0.0, 1.0], [4.0, 4.0]]),
        },
        "raises": "ValueError",
    }
    yield {
        "name": "points that are no table",
        "visible": False,
        "covers": "not-two-dimensional",
        "arguments": {"X": np.array([0.0, 1.0]), "centroids": np.array([[0.0, 1.0], [2.0, 2.0]])},
        "raises": "ValueError",
    }
    yield {
        "name": "a centroid that is no table",
        "visible": False,
        "covers": "not-two-dimensional",
        "arguments": {"X": np.array([[0.0, 1.0], [2.0, 2.0]]), "centroids": np.array([0.0, 1.0])},
        "raises": "ValueError",
    }
