"""What a secretariat would notice in the proposals."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from pipeline.matching import MatchingResult, MatchingSettings, explain, feasible, propose
from pipeline.model import Candidate, Entry, Role

MakeEntry = Callable[..., Entry]


def first(proposals: MatchingResult, sending: str) -> Candidate | None:
    return next((c for c in proposals.candidates if c.sending == sending and c.rank == 1 and c.joining is None), None)


def test_each_request_gets_its_evident_host_across_languages(pool: list[Entry]) -> None:
    proposals = propose(pool)
    prison, cook = first(proposals, "GUEST-PRISON"), first(proposals, "GUEST-COOK")
    assert prison is not None
    assert prison.receiving == "HOST-PRISON"
    assert cook is not None
    assert cook.receiving == "HOST-COOK"


def test_a_project_named_in_the_text_leads_to_its_host(pool: list[Entry]) -> None:
    asked = first(propose(pool), "GUEST-ASKS")
    assert asked is not None
    assert asked.receiving == "HOST-WORK"
    assert asked.reasons[0].feature == "named"
    assert "asked for them by name" in asked.reasons[0].sentence


def test_parties_that_are_given_are_judged_as_what_is_proposed_is(pool: list[Entry]) -> None:
    proposed = propose(pool, settings=MatchingSettings(least_score=0)).candidates
    given = [(one.sending, one.receiving, *((one.joining,) if one.joining else ())) for one in proposed]
    assert {len(ids) for ids in given} == {2, 3}
    judged = propose(pool, given=given).given
    for ids, candidate in zip(given, proposed, strict=True):
        assert replace(judged[ids], score=candidate.score, rank=candidate.rank) == candidate
        assert judged[ids].score == pytest.approx(candidate.score, abs=2e-4)


def test_parties_that_are_given_are_judged_whatever_the_rules_say(pool: list[Entry]) -> None:
    ids = ("GUEST-COOK", "HOST-PRISON")
    barred = {frozenset({"O-GUEST-COOK", "O-HOST-PRISON"})}
    found = propose(pool, given=[ids, ids], barred=barred)
    assert list(found.given) == [ids]
    assert (found.given[ids].sending, found.given[ids].receiving, found.given[ids].joining) == (*ids, None)
    assert found.candidates == propose(pool, barred=barred).candidates
    assert propose(pool).given == {}
    with pytest.raises(KeyError):
        propose(pool, given=[("GUEST-COOK", "nobody")])


def test_three_who_want_the_same_are_proposed_together_once(pool: list[Entry]) -> None:
    groups = [c for c in propose(pool, settings=MatchingSettings(least_score=0)).candidates if c.joining]
    three = [c for c in groups if c.receiving == "HOST-PRISON"]
    assert [(c.sending, c.joining) for c in three] in (
        [("GUEST-PRISON", "JOIN-PRISON")],
        [("JOIN-PRISON", "GUEST-PRISON")],
    )
    assert "joining" in {reason.feature for reason in three[0].reasons}


def test_a_group_too_large_for_the_host_is_not_proposed(pool: list[Entry]) -> None:
    small = [replace(e, capacity=5) if e.id == "HOST-PRISON" else e for e in pool]
    settings = MatchingSettings(least_score=0)
    assert not [c for c in propose(small, settings=settings).candidates if c.joining and c.receiving == "HOST-PRISON"]


def test_the_order_of_answers_changes_nothing(pool: list[Entry]) -> None:
    shuffled = list(pool)
    random.Random(7).shuffle(shuffled)
    assert propose(shuffled) == propose(pool)


def test_a_barred_pair_is_never_proposed_and_the_rest_stays(pool: list[Entry]) -> None:
    barred = {frozenset({"O-GUEST-PRISON", "O-HOST-PRISON"})}
    everything = MatchingSettings(least_score=0)
    for candidate in propose(pool, barred=barred, settings=everything).candidates:
        assert {candidate.sending, candidate.receiving} != {"GUEST-PRISON", "HOST-PRISON"}
        assert {candidate.joining, candidate.receiving} != {"GUEST-PRISON", "HOST-PRISON"}


def test_two_guests_who_met_this_round_are_not_put_into_one_group(pool: list[Entry]) -> None:
    barred = {frozenset({"O-GUEST-PRISON", "O-JOIN-PRISON"})}
    candidates = propose(pool, barred=barred, settings=MatchingSettings(least_score=0)).candidates
    assert not [c for c in candidates if c.joining and {c.sending, c.joining} == {"GUEST-PRISON", "JOIN-PRISON"}]


@pytest.mark.parametrize(
    "unwanted", ["Lakeside Penitentiary School", "LAKESIDE penitentiary", "Lakside Penitentiary School"]
)
def test_an_organisation_to_avoid_is_never_proposed_either_way(pool: list[Entry], unwanted: str) -> None:
    avoiding = [replace(e, avoid=(unwanted,)) if e.id == "GUEST-PRISON" else e for e in pool]
    for candidate in propose(avoiding, settings=MatchingSettings(least_score=0)).candidates:
        parties = {candidate.sending, candidate.receiving, candidate.joining}
        assert not {"GUEST-PRISON", "HOST-PRISON"} <= parties


def test_two_organisations_are_proposed_to_one_another_once(entry: MakeEntry) -> None:
    text = "Apprentices in small companies, shared by several employers."
    both = {"topics": ("vet",), "formats": ("project_partnership", "job_shadowing"), "text": text}
    pool = [entry("A", country="NO", **both), entry("B", country="FI", **both)]
    pairs = [c for c in propose(pool).candidates if c.joining is None]
    assert len(pairs) == 1


def test_no_host_is_the_primary_of_more_requests_than_it_has_visits(entry: MakeEntry) -> None:
    about = {"topics": ("vet",), "target_groups": ("pupils",), "text": "Apprentices in small companies."}
    hosts = [
        entry("H1", country="FI", role=Role.HOST, max_visits=1, **about),
        entry("H2", country="SE", role=Role.HOST, max_visits=1, **about),
    ]
    guests = [entry(f"G{n}", country="NO", role=Role.SEND, **about) for n in range(4)]
    primaries = [c.receiving for c in propose([*hosts, *guests]).candidates if c.rank == 1 and not c.joining]
    assert sorted(primaries) == ["H1", "H2"]


def test_nearly_names_the_one_rule_that_was_broken(pool: list[Entry]) -> None:
    late = [
        replace(e, date_from=date(2032, 1, 1), date_to=date(2032, 2, 1)) if e.id == "HOST-PRISON" else e for e in pool
    ]
    misses = [m for m in propose(late).nearly if m.sending == "GUEST-PRISON"]
    assert [(m.receiving, m.rule) for m in misses] == [("HOST-PRISON", "dates")]
    assert "1 January 2032" in misses[0].sentence


def test_what_nobody_offers_and_whom_nobody_knows_is_told(entry: MakeEntry) -> None:
    pool = [
        entry("A", country="NO", role=Role.SEND, topics=("culture",), preferred_places=("PT",), languages=("en",)),
        entry("B", country="FI", role=Role.HOST, topics=("green",), languages=("fi",)),
        entry("C", country="SE", role=Role.SEND, named_partner="Atelier Quillebeuf", languages=("en",)),
    ]
    proposals = propose(pool)
    told = {(str(u.kind), u.what): u for u in proposals.unmet}
    assert told["topic", "culture"].asked_by == ("A",)
    assert told["place", "Portugal"].asked_by == ("A",)
    assert ("host", "B Organisation") in told
    assert [(i.asked_by, i.name) for i in proposals.invitations] == [("C", "Atelier Quillebeuf")]


def test_a_partner_asked_for_by_name_whom_a_rule_excludes_is_told(pool: list[Entry]) -> None:
    no_common_language = [replace(e, languages=("sv",)) if e.id == "HOST-WORK" else e for e in pool]
    unmet = [u for u in propose(no_common_language).unmet if u.kind == "organisation"]
    assert unmet[0].asked_by == ("GUEST-ASKS",)
    assert "No common language" in unmet[0].note


def test_what_was_not_stated_is_listed_and_nothing_else(pool: list[Entry]) -> None:
    cook = first(propose(pool), "GUEST-COOK")
    assert cook is not None
    assert cook.unstated == (
        "When Liceo del Mare can receive guests: not filled in.",
        "When Hotel School Alpha would travel: not filled in.",
    )


def test_empty_pool_and_lonely_entry(entry: MakeEntry) -> None:
    assert propose([]) == MatchingResult()
    assert propose([entry("A")]).candidates == ()


def test_past_cooperation_raises_the_score_and_is_said(pool: list[Entry]) -> None:
    before, after = (
        first(propose(pool, past=past), "GUEST-PRISON")
        for past in ((), {frozenset({"O-GUEST-PRISON", "O-HOST-PRISON"})})
    )
    assert before is not None
    assert after is not None
    assert after.score > before.score
    assert "They have worked together before." in [r.sentence for r in after.reasons]


def test_feasible_says_what_is_in_the_way_of_two_and_of_three(pool: list[Entry]) -> None:
    by_id = {e.id: e for e in pool}
    guest, host, third = by_id["GUEST-PRISON"], by_id["HOST-PRISON"], by_id["JOIN-PRISON"]
    assert feasible(guest, host) is None
    assert feasible(guest, host, third) is None
    assert "are over" in (feasible(guest, host, today=date(2033, 1, 1)) or "")
    assert "no visit left" in (feasible(guest, replace(host, committed_visits=2), third) or "")
    assert "at most 5" in (feasible(guest, replace(host, capacity=5), third) or "")


def test_explain_lists_every_feature_with_a_number(pool: list[Entry]) -> None:
    rows = explain(pool, "GUEST-PRISON", "HOST-PRISON")
    assert {"topics", "words", "people", "named", "met_before"} <= {row.name for row in rows}
    assert [abs(row.weight) for row in rows] == sorted((abs(row.weight) for row in rows), reverse=True)
    with pytest.raises(KeyError):
        explain(pool, "GUEST-PRISON", "NOBODY")


def test_hostile_text_is_only_text(pool: list[Entry]) -> None:
    nasty = '=HYPERLINK("http://evil.example")\x00\x1b[31m <script>alert(1)</script> {{ 7*7 }} ' + "ab " * 50_000
    broken = [replace(e, text=nasty, title="(" * 5000, named_partner="*" * 500) for e in pool]
    for candidate in propose(broken, settings=MatchingSettings(least_score=0)).candidates:
        for reason in candidate.reasons:
            assert len(reason.sentence) < 1500
            assert reason.sentence.isprintable()


def test_a_small_run_loads_no_heavy_library() -> None:
    code = (
        "import sys; from pipeline.matching import propose; from pipeline.model import Entry, Role\n"
        "propose([Entry(id=str(n), organisation=f'Org {n}', country=c, formats=('study_visit',), text='prison school')"
        " for n, c in enumerate(('NO', 'FI', 'SE'))])\n"
        "print([m for m in ('scipy', 'sklearn', 'pandas', 'duckdb') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_one_seeks_and_what_one_offers_are_told_apart(entry: MakeEntry) -> None:
    fillers = [
        entry(f"F{n}", country="FR", role=Role.HOST, formats=("study_visit",), text=text)
        for n, text in enumerate(("museum festivals", "solar roofs", "dairy farms", "robots in class"))
    ]
    both = entry(
        "BOTH", country="NO", seeks="How inmates learn a trade in prison.", offers="Placements for cooks and waiters."
    )
    hosts = [
        entry("PRISON", country="FI", role=Role.HOST, text="Our prison school: inmates learn a trade."),
        entry("COOKS", country="SE", role=Role.HOST, text="Our restaurant takes cooks and waiters."),
    ]
    guest = entry("HUNGRY", country="DK", role=Role.SEND, text="Our cooks and waiters need placements.")
    settings = MatchingSettings(least_score=0)
    proposals = propose([*fillers, both, *hosts, guest], settings=settings)
    scores = {(c.sending, c.receiving): c.score for c in proposals.candidates}
    assert scores["BOTH", "PRISON"] > scores["BOTH", "COOKS"]
    assert scores["HUNGRY", "BOTH"] > scores.get(("BOTH", "COOKS"), 0)
