from __future__ import annotations

import pytest

from pipeline.model import Cell, Match, Party, SheetRow, Side
from pipeline.tabs.match_rows import match_of_row, organisations

ONE, TWO, STRANGE = "M-AAAAAAAAAA", "M-BBBBBBBBBB", "M-ZZZZZZZZZZ"


def match(identifier: str, *names: str) -> Match:
    parties = tuple(
        Party(side=side, entry=f"E-{name}", organisation_id="", organisation=name, email=f"{name}@x.example")
        for side, name in zip((Side.SENDING, Side.RECEIVING, Side.JOINING), names, strict=False)
    )
    return Match(id=identifier, parties=parties, why="", band="strong")


MATCHES = {ONE: match(ONE, "Gent", "Oslo"), TWO: match(TWO, "Gent", "Oslo", "Porto")}


def row(written: Cell, tag: str | None, *names: str) -> SheetRow:
    titles = ("Sending organisation", "Receiving organisation", "Joining organisation")
    return SheetRow(number=2, cells={"Match": written} | dict(zip(titles, names, strict=False)), tag=tag)


@pytest.mark.parametrize(
    ("written", "tag", "whose"),
    [
        (ONE, ONE, ONE),
        (f" {ONE} ", ONE, ONE),
        (ONE, None, ONE),
        (STRANGE, STRANGE, STRANGE),
        (STRANGE, None, STRANGE),
        (ONE, STRANGE, ONE),
        (None, None, None),
        ("done", STRANGE, None),
        ("done", None, None),
        (7.0, None, None),
        # The key cell was overwritten: the row says at its other end whose it is.
        ("", ONE, ONE),
        ("done", ONE, ONE),
        (STRANGE, ONE, ONE),
        (TWO, ONE, ONE),
    ],
)
def test_whose_row_it_is(written: Cell, tag: str | None, whose: str | None) -> None:
    assert match_of_row(row(written, tag, "Gent", "Oslo", ""), MATCHES) == whose


def test_a_status_from_another_row_is_told_by_the_names() -> None:
    assert match_of_row(row(TWO, ONE, "Gent", "Oslo", "Porto"), MATCHES) == TWO
    assert match_of_row(row(TWO, ONE, "Gent", "Bergen", "Porto"), MATCHES) == ONE
    assert match_of_row(row(TWO, ONE), MATCHES) == ONE


def test_names_that_fit_both_do_not_tell() -> None:
    twins = {ONE: MATCHES[ONE], TWO: match(TWO, "Gent", "Oslo")}
    assert match_of_row(row(TWO, ONE, "Gent", "Oslo", ""), twins) == ONE


def test_the_cells_that_name_the_sides() -> None:
    titles = ("Sending organisation", "Receiving organisation", "Joining organisation")
    assert organisations(MATCHES[ONE]) == dict(zip(titles, ("Gent", "Oslo", ""), strict=True))
    assert organisations(MATCHES[TWO]) == dict(zip(titles, ("Gent", "Oslo", "Porto"), strict=True))
