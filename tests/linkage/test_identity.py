"""Ids that last while organisations grow, merge and split."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.linkage import Change, Linkage, Record, assign_identities, spelling_key

Make = Callable[..., Record]


def clusters(*groups: tuple[Record, ...]) -> Linkage:
    ids = tuple(tuple(record.record_id for record in group) for group in groups)
    return Linkage(clusters=ids, balanced=ids)


def test_ids_look_as_promised_and_stay(record: Make) -> None:
    one, other = record("Borås Stad", "Sweden"), record("NAV", "Norway")
    first = assign_identities(clusters((one,), (other,)), [one, other], {})
    assert all(own.startswith("O-") and len(own) == 10 for own in first.organisation_of.values())
    assert [event.change for event in first.events] == [Change.NEW, Change.NEW]
    again = assign_identities(clusters((other,), (one,)), [other, one], first.memory)
    assert again.organisation_of == first.organisation_of
    assert again.events == ()


def test_it_grows(record: Make) -> None:
    one, other = record("Borås Stad", "Sweden"), record("City of Borås", "Sweden")
    first = assign_identities(clusters((one,)), [one], {})
    grown = assign_identities(clusters((one, other)), [one, other], first.memory)
    assert set(grown.organisation_of.values()) == set(first.organisation_of.values())
    assert [event.change for event in grown.events] == [Change.GROWN]
    assert "City of Borås" in grown.events[0].sentence


def test_on_a_merge_the_larger_keeps_its_id_and_the_other_points_to_it(record: Make) -> None:
    one, two, three = record("Borås Stad"), record("City of Borås"), record("Boråsföretaget")
    first = assign_identities(clusters((three,), (one, two)), [one, two, three], {})
    merged = assign_identities(clusters((one, two, three)), [one, two, three], first.memory)
    kept, gone = first.organisation_of[one.record_id], first.organisation_of[three.record_id]
    assert set(merged.organisation_of.values()) == {kept}
    assert merged.redirects == {gone: kept}
    assert merged.memory[spelling_key(three)] == kept
    assert [(event.change, event.others) for event in merged.events] == [(Change.MERGED, (gone,))]


def test_of_two_equally_large_the_longer_known_stays(record: Make) -> None:
    old, new = record("Zeta"), record("Alpha")
    memory = assign_identities(clusters((old,)), [old], {}).memory
    memory = assign_identities(clusters((old,), (new,)), [old, new], memory).memory
    merged = assign_identities(clusters((old, new)), [old, new], memory)
    assert set(merged.organisation_of.values()) == {memory[spelling_key(old)]}


def test_on_a_split_the_larger_part_keeps_the_id(record: Make) -> None:
    one, two, three = record("Borås Stad"), record("City of Borås"), record("Boråsföretaget")
    whole = assign_identities(clusters((one, two, three)), [one, two, three], {})
    split = assign_identities(clusters((three,), (one, two)), [one, two, three], whole.memory)
    old = whole.organisation_of[one.record_id]
    assert split.organisation_of[one.record_id] == split.organisation_of[two.record_id] == old
    assert split.organisation_of[three.record_id] != old
    assert [(event.change, event.others) for event in split.events] == [(Change.SPLIT, (old,))]
    assert split.redirects == {}


def test_what_is_absent_for_a_while_is_remembered(record: Make) -> None:
    one, other = record("Borås Stad"), record("NAV")
    first = assign_identities(clusters((one,), (other,)), [one, other], {})
    without = assign_identities(clusters((other,)), [other], first.memory)
    back = assign_identities(clusters((one,), (other,)), [one, other], without.memory)
    assert back.organisation_of == first.organisation_of
