"""Who can help whom? Eligibility, scoring, shortlist, groups."""
