"""Which records are one organisation?

`link` decides, `spelling_key` is what answers are remembered under, `assign_identities` gives ids that last,
`organisations` and `relatives` say who belongs to whom. `docs/linkage.md` explains how it decides.
"""

from pipeline.linkage.engine import link
from pipeline.linkage.hierarchy import organisations, relatives
from pipeline.linkage.identity import Change, IdentityEvent, IdentityPlan, assign_identities
from pipeline.linkage.judgement import pair_key, spelling_key
from pipeline.linkage.lookup import fits_its_domain, readings
from pipeline.linkage.records import Linkage, PairState, PairVerdict, Record

__all__ = [
    "Change",
    "IdentityEvent",
    "IdentityPlan",
    "Linkage",
    "PairState",
    "PairVerdict",
    "Record",
    "assign_identities",
    "fits_its_domain",
    "link",
    "organisations",
    "pair_key",
    "readings",
    "relatives",
    "spelling_key",
]
