"""Who can help whom: from open entries to proposals with reasons.

`propose` answers for a whole pool, `feasible` looks at one open proposal again, `explain` says why.
"""

from pipeline.matching.outcome import FeatureRow, Invitation, MatchingResult, MatchingSettings
from pipeline.matching.propose import explain, feasible, propose

__all__ = ["FeatureRow", "Invitation", "MatchingResult", "MatchingSettings", "explain", "feasible", "propose"]
