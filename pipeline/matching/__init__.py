"""Who can help whom: from open entries to proposals with reasons.

`propose` answers for a whole pool, `feasible` looks at one open proposal again, `explain` says why.
"""

from pipeline.matching.outcome import FeatureRow, Invitation, MatchingSettings, Proposals
from pipeline.matching.propose import explain, feasible, propose

__all__ = ["FeatureRow", "Invitation", "MatchingSettings", "Proposals", "explain", "feasible", "propose"]
