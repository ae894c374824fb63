"""Who gets whom when hosts have only so many visits: the assignment, and the alternates.

The assignment is an auction (Bertsekas 1988): requests bid for visits, a visit goes to the highest bid, and
prices rise until nobody wants to change. The total falls short of the best possible by at most one step per
request. It needs no solver, so a small run starts at once.
"""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Mapping, Sequence

STEP = 0.002
"""By how much a bid must beat the last: far below what tells two candidates apart."""
COARSE_STEP = 0.005
"""The same beyond `MANY` requests, where bidding wars grow long; costs 0.02 in 100 of the total."""
MANY = 5000

Arcs = Mapping[int, Sequence[tuple[int, float]]]
"""Guest -> (host, score), best first."""


def assign(arcs: Arcs, visits: Mapping[int, int]) -> dict[int, int]:
    """One host per guest so that the scores add up to (almost) the most, no host beyond its visits.

    Guests bid in the order given, so equal cases always come out alike. Guests may go without.
    """
    wanted = Counter(host for hosts in arcs.values() for host, _ in hosts)
    # whoever can take all that might come has no price
    prices = {
        host: [(0.0, -1)] * (1 if visits[host] >= count else visits[host])
        for host, count in wanted.items()
        if visits.get(host, 0) > 0
    }
    cheapest = dict.fromkeys(prices, 0.0)
    free = {host for host, count in wanted.items() if visits.get(host, 0) >= count}
    step = STEP if len(arcs) <= MANY else COARSE_STEP
    holder: dict[int, int] = {}
    waiting = deque(arcs)
    while waiting:
        guest = waiting.popleft()
        best_host, best, second = -1, 0.0, 0.0
        for host, score in arcs[guest]:
            if score <= second:
                break  # prices are never negative: nothing further down can matter
            if host not in cheapest:
                continue
            gain = score - cheapest[host]
            if gain > best:
                best_host, best, second = host, gain, best
            elif gain > second:
                second = gain
        if best_host < 0:
            continue
        holder[guest] = best_host
        if best_host in free:
            continue
        slots = prices[best_host]
        price, loser = slots[0]
        if len(slots) > 1:  # another visit to the same host is a rival too
            second = max(second, best - (min(slots[1:3])[0] - price))
        heapq.heapreplace(slots, (price + best - second + step, guest))
        cheapest[best_host] = slots[0][0]
        if loser >= 0:
            del holder[loser]
            waiting.append(loser)
    return holder
