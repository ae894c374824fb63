"""Organisations told apart, as the secretariat would see it."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest

from pipeline.linkage import Linkage, PairState, Record, link

Make = Callable[..., Record]


def cluster_of(linkage: Linkage, record: Record) -> tuple[str, ...]:
    return next(cluster for cluster in linkage.clusters if record.record_id in cluster)


def together(linkage: Linkage, *records: Record) -> bool:
    return len({cluster_of(linkage, record) for record in records}) == 1


def open_question(linkage: Linkage, one: Record, other: Record) -> bool:
    """Whether the clusters of the two are put before a person."""
    left, right = cluster_of(linkage, one), cluster_of(linkage, other)
    return any(
        (pair.left in left and pair.right in right) or (pair.left in right and pair.right in left)
        for pair in linkage.pairs
        if pair.verdict is PairState.REVIEW
    )


def town(record: Make) -> list[Record]:
    return [
        record("Borås Stad", "Sweden", "Borås", "https://www.boras.se"),
        record("Municipality of Borås", "Sverige", "Boras"),
        record("City of Borås", "SE", "Borås", "boras.se"),
        record("BORÅS KOMMUN", "Sweden", "Borås"),
    ]


def test_one_municipality_in_several_languages_is_one(record: Make) -> None:
    records = town(record)
    assert together(link(records), *records)


def test_a_department_is_not_its_municipality_nor_its_sibling(record: Make) -> None:
    municipality = town(record)
    department = [
        record("Working Life Department, City of Borås", "Sweden", "Borås", "boras.se"),
        record("Working Life Department of the Municipality of Borås", "Sweden", "Borås"),
    ]
    sibling = record("Education Department, City of Borås", "Sweden", "Borås", "boras.se")
    region = record("Region Västra Götaland", "Sweden", "Vänersborg", "vgregion.se")
    found = link([*municipality, *department, sibling, region])
    assert together(found, *department)
    for other in (department[0], sibling, region):
        assert not together(found, municipality[0], other)
    assert not together(found, department[0], sibling)
    assert not open_question(found, municipality[0], department[0]), "a rule a person could state needs no question"
    apart = next(cluster for cluster in found.balanced if sibling.record_id in cluster)
    assert apart == (sibling.record_id,)


def test_departments_with_different_work_in_two_languages_are_asked_about_not_joined(record: Make) -> None:
    english = record("Education Department, Municipality of Hohndorf", "Germany", "Hohndorf", "hohndorf.de")
    german = record("Jugendamt Stadt Hohndorf", "Deutschland", "Hohndorf", "www.hohndorf.de", "info@hohndorf.de")
    found = link([english, german])
    assert not together(found, english, german)
    assert open_question(found, english, german)
    weight = {reason.sentence: reason.weight for pair in found.pairs for reason in pair.reasons}
    assert weight["They name departments with different work"] < 0


def test_a_shared_domain_is_no_proof(record: Make) -> None:
    one = record("Institut Obert de Catalunya", "Spain", "Barcelona", "https://ioc.gencat.cat", "a@gencat.cat")
    other = record("Servei Meteorològic de Catalunya", "Spain", "Barcelona", "meteo.gencat.cat", "b@gencat.cat")
    assert not together(link([one, other]), one, other)


def test_schools_of_one_name_in_two_towns_are_two(record: Make) -> None:
    one = record("Lycée Jean Moulin", "France", "Béziers", "https://lycee-jeanmoulin-beziers.fr")
    other = record("Lycée Jean Moulin", "France", "Draguignan", "https://lyceejeanmoulin-draguignan.fr")
    assert not together(link([one, other]), one, other)


def test_two_oids_are_never_joined_not_even_through_a_third(record: Make) -> None:
    one = record("Universität Bremen", "Germany", "Bremen", "uni-bremen.de", oid="E10000001")
    other = record("University of Bremen", "Germany", "Bremen", "uni-bremen.de", oid="E10000002")
    bridge = record("Uni Bremen", "Germany", "Bremen", "uni-bremen.de")
    found = link([one, bridge, other])
    assert not together(found, one, other)
    assert not any({pair.left, pair.right} == {one.record_id, other.record_id} for pair in found.pairs)


def test_a_local_name_beside_the_english_one_is_used(record: Make) -> None:
    both = record("Vestland County Council", "Norway", "Bergen", also=("Vestland fylkeskommune",))
    local = record("Vestland fylkeskommune", "Norge", "Bergen")
    assert together(link([both, local]), both, local)


def test_the_municipality_as_local_name_of_a_department_does_not_join_them(record: Make) -> None:
    municipality = record("Borås Stad", "Sweden", "Borås", "boras.se")
    department = record("Working Life Department, City of Borås", "Sweden", "Borås", "boras.se", also=("Borås Stad",))
    assert not together(link([municipality, department]), municipality, department)


def test_aliases_of_the_secretariat_count(record: Make) -> None:
    one, other = (
        record("Kompetensnavet", "Sweden", "Borås"),
        record("Working Life Department, City of Borås", "Sweden", "Borås"),
    )
    found = link([one, other], aliases={"Working Life Department, City of Borås": ["Kompetensnavet"]})
    assert together(found, one, other)


def test_clusters_are_the_components_of_the_link_rows(record: Make) -> None:
    records = [
        *town(record),
        record("Göteborgs Stad", "Sweden", "Göteborg"),
        record("City of Gothenburg", "Sweden", "Gothenburg"),
    ]
    found = link(records)
    reached = {record.record_id: {record.record_id} for record in records}
    for pair in found.pairs:
        if pair.verdict is PairState.LINK:
            joined = reached[pair.left] | reached[pair.right]
            for member in joined:
                reached[member] = joined
    assert {frozenset(members) for members in reached.values()} == {frozenset(cluster) for cluster in found.clusters}
    for partition in (found.clusters, found.balanced):
        assert sorted(member for cluster in partition for member in cluster) == sorted(r.record_id for r in records)


def test_every_pair_says_why_in_words(record: Make) -> None:
    found = link(town(record))
    assert found.pairs
    for pair in found.pairs:
        assert pair.reasons
        for reason in pair.reasons:
            assert reason.sentence[:1].isupper() or reason.sentence[:1] == "“"
            assert "@" not in reason.sentence, "place numbers are for the program, not for people"
    sentences = {reason.sentence for pair in found.pairs for reason in pair.reasons}
    assert "Both websites are boras.se, but a shared website is no proof" in sentences


def test_the_order_of_the_rows_decides_nothing(record: Make) -> None:
    records = [
        *town(record),
        record("Working Life Department, City of Borås", "Sweden", "Borås", "boras.se"),
        record("NAV", "Norway", "Oslo", "nav.no"),
        record("Norwegian Labour and Welfare Administration (NAV)", "Norway", "Oslo", "www.nav.no"),
    ]
    expected = {frozenset(cluster) for cluster in link(records).clusters}
    shuffled: Sequence[Record] = random.Random(7).sample(records, len(records))
    assert {frozenset(cluster) for cluster in link(shuffled).clusters} == expected


@pytest.mark.parametrize("count", [0, 1])
def test_lists_without_pairs(record: Make, count: int) -> None:
    found = link([record("Borås Stad") for _ in range(count)])
    assert len(found.clusters) == count
    assert not found.pairs


@pytest.mark.parametrize("name", ["", "???", "   ", "\u202e\u0000", "'; DROP TABLE", "=1+1", "名古屋大学", "a" * 5000])
def test_no_name_is_too_odd(record: Make, name: str) -> None:
    found = link([record(name, name, name, name, name), record(name), record("Borås Stad", "Sweden")])
    assert len([member for cluster in found.clusters for member in cluster]) == 3


def test_thirty_rows_load_no_heavy_library() -> None:
    program = (
        "import sys\n"
        "from pipeline.linkage import Record, link\n"
        "link([Record(record_id=str(n), organisation=f'City {n}', country='SE') for n in range(30)])\n"
        "print([name for name in ('duckdb', 'sklearn', 'pandas', 'scipy', 'babel', 'openpyxl') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_question_names_the_others_whose_answer_may_settle_it(record: Make) -> None:
    records = [
        record("Institut de Logística de Barcelona", "Spain", "Barcelona"),
        record("Institut de Logística de Barcelona (VET Center)", "Catalonia", "Barcelona"),
        record("AGBAR (private water company)", "Catalonia", "Barcelona"),
        record("Institut ISMB", "Catalonia", "Barcelona"),
        record("ISMB", "Spain", "Barcelona"),
    ]
    told = {pair.rivals for pair in link(records).pairs if pair.verdict is PairState.REVIEW}
    questions = {(pair.left, pair.right) for pair in link(records).pairs if pair.verdict is PairState.REVIEW}
    named = {rival for rivals in told for rival in rivals}
    assert named
    assert named <= questions
    assert all(pair.rivals == () for pair in link(records).pairs if pair.verdict is PairState.LINK)
