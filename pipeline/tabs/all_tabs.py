"""All tabs of the program, in the order in which `init` makes them."""

from __future__ import annotations

from pipeline.tabs import (
    by_hand,
    entries,
    exchanges,
    forms,
    indicators,
    nearly,
    organisations,
    problems,
    review,
    same_organisation,
    unmet_demand,
)
from pipeline.tabs.tab import Tab

TABS: tuple[Tab, ...] = (
    review.TAB,
    same_organisation.TAB,
    by_hand.TAB,
    problems.TAB,
    entries.TAB,
    organisations.TAB,
    nearly.TAB,
    unmet_demand.TAB,
    exchanges.TAB,
    indicators.TAB,
    forms.TAB,
)

BY_NAME = {tab.name: tab for tab in TABS}
"""Name -> tab. The responses are not among them: that tab is the form's."""
