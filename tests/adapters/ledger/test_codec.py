"""Whatever is put into a document comes back the same."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adapters.ledger.codec import CodecError, from_json, to_json
from pipeline.model import Decision, Envelope, Judgement, KnownEntry, Match, Party, SheetRow, Side
from pipeline.ports import RunRecord

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TEXTS = st.text(st.characters(codec="utf-8"))
KINDS = [Match, Party, Decision, Judgement, KnownEntry, Envelope, RunRecord]


def _values(kind: type) -> st.SearchStrategy[object]:
    with_moments = {datetime: MOMENTS, str: TEXTS, float: st.floats(allow_nan=False, allow_infinity=False)}
    for each, strategy in with_moments.items():
        st.register_type_strategy(each, strategy)
    return st.from_type(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_comes_back_the_same(kind: type) -> None:
    @settings(max_examples=60)
    @given(_values(kind))
    def holds(value: object) -> None:
        text = to_json(value)
        assert "\n" not in text
        assert from_json(text, kind) == value

    holds()


def test_sets_maps_and_cells_come_back() -> None:
    row = SheetRow(number=3, cells={"a": 1.5, "b": None, "c": True, "d": "x"}, formulas=frozenset({"b", "a"}))
    assert from_json(to_json(row), SheetRow) == row


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"match":1}',
        '{"match":"M","approved":"yes"}',
        '{"match":"M","approved":1}',
        '{"match":"M","unknown":1}',
        '{"approved":true}',
    ],
)
def test_what_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(CodecError):
        from_json(text, Decision)


def test_a_missing_field_takes_its_default() -> None:
    assert from_json('{"match":"M"}', Decision) == Decision(match="M")
    party = Party(side=Side.SENDING, entry="E", organisation_id="", organisation="x", email="y")
    assert from_json(to_json(party).replace(',"ask_first":false', ""), Party) == party


@pytest.mark.parametrize("value", [math.nan, math.inf, object(), {"a": date(2026, 1, 1), "b": object()}])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(CodecError):
        to_json(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decision(match="M", message="=1+1 héllo"), '"message":"=1+1 héllo"'),
        (RunRecord(started=datetime(2026, 3, 1, 9, 30, tzinfo=UTC)), '"started":"2026-03-01T09:30:00+00:00"'),
        (Party(side=Side.SENDING, entry="E", organisation_id="", organisation="x", email="y", days=3), '"days":3'),
        ({"when": date(2026, 3, 1), "bytes": b"\x00\xff"}, '{"when":"2026-03-01","bytes":"AP8="}'),
        ({"set": frozenset({"b", "a"}), "tuple": ("x", None, True)}, '{"set":["a","b"],"tuple":["x",null,true]}'),
    ],
)
def test_documents_are_written_as_they_always_were(value: object, text: str) -> None:
    assert text in to_json(value)


@pytest.mark.parametrize(
    "change",
    [
        {"side": "SENDING"},
        {"days": "3"},
        {"days": True},
        {"group_size": 1.5},
        {"group_size": "4"},
        {"ask_first": 0},
        {"topics": "a"},
        {"topics": ["a", 1]},
        {"date_from": 20260101},
        {"date_from": "2026-02-30"},
        {"date_from": "1 March 2026"},
        {"city": []},
        {"unheard_of": None},
    ],
)
def test_a_value_of_another_type_is_refused_without_repeating_it(change: dict[str, object]) -> None:
    party = {"side": "sending", "entry": "E", "organisation_id": "", "organisation": "x", "email": "ana@a.example"}
    assert from_json(json.dumps(party | {"days": 3}), Party).days == 3.0
    with pytest.raises(CodecError) as caught:
        from_json(json.dumps({**party, **change, "email": 12345}), Party)
    assert "12345" not in str(caught.value)
    with pytest.raises(CodecError, match=f"^Party {next(iter(change))}"):
        from_json(json.dumps(party | change), Party)
