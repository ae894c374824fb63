"""Which records are one organisation?

`link` decides, `spelling_key` is what answers are remembered under, `assign_identities` gives ids that last,
`organisations` and `relatives` say who belongs to whom. `docs/linkage.md` explains how it decides.
"""

from pipeline.linkage.engine import link
from pipeline.linkage.hierarchy import organisations, relatives
from pipeline.linkage.identity import Change, IdentityEvent, IdentityPlan, assign_identities
from pipeline.linkage.judgement import pair_key, spelling_key
from pipeline.linkage.lookup import Directory, Meant, alike_names, fits_its_domain, readings, telling_parts
from pipeline.linkage.questions import in_turn
from pipeline.linkage.records import Linkage, PairState, PairVerdict, Record

__all__ = [
    "Change",
    "Directory",
    "IdentityEvent",
    "IdentityPlan",
    "Linkage",
    "Meant",
    "PairState",
    "PairVerdict",
    "Record",
    "alike_names",
    "assign_identities",
    "fits_its_domain",
    "in_turn",
    "link",
    "organisations",
    "pair_key",
    "readings",
    "relatives",
    "spelling_key",
    "telling_parts",
]
