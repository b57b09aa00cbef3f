"""Which topic and problem may meet today so that no later day of their rounds loses its match.

A plan for the days until both rounds have ended is a flow through a network. Of the kind with more
left, each comes once; of the other, what is left comes once *now*, and everything once in each
round that begins *later*, save that the last of these is cut short. Best are the plans with the
most pairs now, and of these those with the most later. No Django in here.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, maximum_flow

# The nodes of the network: four of its own, then one of each that comes once, comes now, or later.
SOURCE, NOW, LATER, LAST, FIRST = range(5)


class Matching:
    """`topics` and `problems` are those left; `fits` has by topic the problems for it.

    `usable` has by topic the problems that meet it today in one of the best plans. `spare` are
    those, of the kind with more left, that one of the best plans leaves without a match.
    """

    def __init__(
        self,
        topics: Sequence[str],
        problems: Sequence[str],
        fits: Mapping[str, Collection[str]],
        every_topic: Sequence[str],
        every_problem: Sequence[str],
    ) -> None:
        topics_lead = len(topics) >= len(problems)
        once, now, every = (
            (topics, problems, every_problem) if topics_lead else (problems, topics, every_topic)
        )
        later = every if len(once) > len(now) else ()
        rounds, days_of_last = divmod(len(once) - len(now), max(1, len(every)))
        once_at = {slug: place for place, slug in enumerate(once, FIRST)}
        now_at = {slug: place for place, slug in enumerate(now, FIRST + len(once))}
        later_at = {slug: place for place, slug in enumerate(later, FIRST + len(once) + len(now))}
        size = FIRST + len(once) + len(now) + len(later)

        # The two ends of each pair, in lists of numbers: thousands of tuples take more time.
        ones: list[int] = []
        others: list[int] = []
        for topic, found in fits.items():
            for problem in found:
                one, other = (topic, problem) if topics_lead else (problem, topic)
                if one in once_at:
                    ones.append(once_at[one])
                    others.append(now_at.get(other, 0))
                    if later:
                        ones.append(once_at[one])
                        others.append(later_at.get(other, 0))
        network = _network(size, ones, others, len(once), len(now), rounds, days_of_last)
        rest = _fill(_fill(network, NOW), LATER)
        # Two of the best plans differ by what flows in circles through the room that one leaves.
        _, circle = connected_components(rest, connection="strong")

        places = np.arange(FIRST, FIRST + len(once))
        source = np.full_like(places, SOURCE)
        is_spare = (_at(rest, source, places) > 0) | (circle[places] == circle[SOURCE])
        self.spare = {once[place - FIRST] for place in places[is_spare]}

        tails, heads = np.array(ones, dtype=np.intp), np.array(others, dtype=np.intp)
        today = (heads >= FIRST + len(once)) & (heads < FIRST + len(once) + len(now))
        tails, heads = tails[today], heads[today]
        is_usable = (_at(rest, tails, heads) == 0) | (circle[tails] == circle[heads])
        self.usable: dict[str, list[str]] = {}
        for tail, head in zip(tails[is_usable], heads[is_usable], strict=True):
            one, other = once[tail - FIRST], now[head - FIRST - len(once)]
            topic, problem = (one, other) if topics_lead else (other, one)
            self.usable.setdefault(topic, []).append(problem)


def _network(
    size: int,
    ones: Sequence[int],
    others: Sequence[int],
    count_once: int,
    count_now: int,
    rounds: int,
    days_of_last: int,
) -> csr_array:
    """How much may flow from node to node."""
    once = np.arange(FIRST, FIRST + count_once)
    now = np.arange(FIRST + count_once, FIRST + count_once + count_now)
    later = np.arange(FIRST + count_once + count_now, size)
    pairs = np.array([ones, others], dtype=np.intp).reshape(2, -1)
    pairs = pairs[:, pairs[1] >= FIRST]
    arcs = [
        (np.full_like(once, SOURCE), once, 1),
        (pairs[0], pairs[1], 1),
        (now, np.full_like(now, NOW), 1),
        (later, np.full_like(later, LATER), rounds),
        (later, np.full_like(later, LAST), 1),
        (np.array([LAST]), np.array([LATER]), days_of_last),
    ]
    tails, heads = (np.concatenate([arc[end] for arc in arcs]) for end in (0, 1))
    room = np.concatenate([np.full(len(tail), room, dtype=np.int32) for tail, _, room in arcs])
    network = csr_array((room, (tails, heads)), shape=(size, size))
    network.eliminate_zeros()
    return network


def _fill(network: csr_array, sink: int) -> csr_array:
    """The room that a greatest flow from the source to a sink leaves, backwards too."""
    rest = network - maximum_flow(network, SOURCE, sink).flow
    rest.eliminate_zeros()
    return rest.astype(np.int32)


def _at(network: csr_array, tails: np.ndarray, heads: np.ndarray) -> np.ndarray:
    # For no places at all SciPy answers a sparse array.
    return network[tails, heads] if len(tails) else np.zeros(0, dtype=np.int32)
