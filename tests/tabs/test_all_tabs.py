from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pipeline.tabs import all_tabs
from pipeline.tabs.tab import Author, Body, Tab

PIPELINE = Path(all_tabs.__file__).parents[1]


def test_the_tabs_and_their_order() -> None:
    assert [tab.name for tab in all_tabs.TABS] == [
        "Review",
        "Same organisation?",
        "By hand",
        "Problems",
        "Entries",
        "Organisations",
        "Nearly",
        "Unmet demand",
        "Exchanges",
        "Indicators",
        "Forms",
    ]
    assert [*all_tabs.BY_NAME] == [tab.name for tab in all_tabs.TABS]


def test_every_module_of_a_tab_is_among_all_tabs() -> None:
    modules = {path.stem for path in (PIPELINE / "tabs").glob("*.py")} - {"__init__", "all_tabs", "match_rows", "tab"}
    assert len(modules) == len(all_tabs.TABS)


@pytest.mark.parametrize("tab", all_tabs.TABS, ids=lambda tab: tab.name)
def test_a_tab_can_be_kept_as_it_says(tab: Tab) -> None:
    assert len(set(tab.titles)) == len(tab.titles)
    if tab.body is Body.ROWS:
        assert tab.titles[0] == tab.status
        assert tab.key in tab.titles
        assert set(tab.kept) <= {column.title for column in tab.columns if column.author is Author.PROGRAM}
        assert not {tab.status, tab.key} & set(tab.kept)
    else:
        assert tab.key is None
    for column in tab.columns:
        assert not column.suggestions or column.suggestions in all_tabs.BY_NAME


def test_no_title_is_written_twice() -> None:
    """One-word titles are words of other things too, and are left to the reader."""
    titles = {title for tab in all_tabs.TABS for title in tab.titles if " " in title}
    written: dict[str, list[str]] = {}
    for path in sorted(PIPELINE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and node.value in titles:
                written.setdefault(str(node.value), []).append(f"{path.relative_to(PIPELINE)}:{node.lineno}")
    assert {title: places for title, places in written.items() if len(places) != 1} == {}
    assert written.keys() == titles
