"""Names that say the same, whatever their spelling and language."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from pipeline.linkage import Directory, Meant, Record, alike_names, fits_its_domain, readings
from pipeline.model import Organisation

Make = Callable[..., Record]


@pytest.mark.parametrize(
    ("one", "other", "is_one_name"),
    [
        ("Göteborgs stad", "City of Gothenburg", True),
        ("Göteborgs stad", "GOTEBORGS STAD", True),
        ("Göteborgs stad", "Stad, Göteborgs", True),
        ("Göteborgs stad", "Gothenburg Municipality (Sweden)", True),
        ("Göteborgs stad", "University of Gothenburg", False),
        ("Göteborgs stad", "Education Department, City of Gothenburg", False),
        ("Göteborgs stad", "Borås Stad", False),
        ("Lysekil Vocational School", "Vocational School of Lysekil", True),
    ],
)
def test_names_that_share_a_reading_are_one(record: Make, one: str, other: str, *, is_one_name: bool) -> None:
    left, right = readings([record(one, "Sweden"), record(other, "Sweden")])
    assert bool(left & right) is is_one_name


def test_a_name_without_a_country_is_read_by_its_words(record: Make) -> None:
    left, right = readings([record("City of Gothenburg"), record("Göteborgs stad", "Sweden")])
    assert left & right == {"gothenburg municipality"}


def test_further_names_are_readings_too_and_a_name_that_says_nothing_is_its_words(record: Make) -> None:
    local, plain = readings([record("SOC", also=("Göteborgs stad",)), record("Sweden")])
    assert "gothenburg municipality" in local
    assert plain == {"sweden"}
    assert readings([]) == ()


@pytest.mark.parametrize(
    ("name", "city", "email", "fits"),
    [
        ("Göteborgs stad", None, "anna@goteborg.se", True),
        ("City of Gothenburg", "Göteborg", "anna@goteborg.se", True),
        ("Lysekil Vocational College", None, "office@edu.lysekil.example", True),
        ("Vlaamse Dienst voor Arbeidsbemiddeling", None, "jan@vda.example", True),
        ("Göteborgs stad", "Göteborg", "anna@exchange-bureau.example", False),
        ("Göteborgs stad", "Göteborg", "goteborg@gmail.com", False),
    ],
)
def test_whether_a_domain_sounds_like_the_name(
    record: Make, name: str, city: str | None, email: str, *, fits: bool
) -> None:
    assert fits_its_domain(record(name, "Sweden", city, email=email)) is fits


@pytest.mark.parametrize("mail", ["anna@lysekil.example", "anna@known.example", None])
def test_another_wording_is_found_whatever_the_addresses_say(record: Make, mail: str | None) -> None:
    known = [
        record("Lysekil Vocational College", "Sweden", "Lysekil", email=mail),
        record("Uddevalla Vocational College", "Sweden", "Uddevalla"),
    ]
    asking = record("Yrkesskolan i Lysekil", "Sweden", "Lysekil", email="lysekil@gmail.com")
    assert alike_names([asking], [*known, asking]) == {asking.record_id: frozenset({known[0].record_id})}
    assert alike_names([], known) == {}


# -- whom somebody means -------------------------------------------------------------------------------

KNOWN = (
    Organisation(
        id="O-GOTEBORG", name="Göteborgs stad", spellings=("Stadsledningskontoret",), country="SE", city="Göteborg"
    ),
    Organisation(id="O-VDAB", name="Vlaamse Dienst voor Arbeidsbemiddeling en Beroepsopleiding", country="BE"),
    Organisation(id="O-LYSEKIL", name="Lysekil Vocational College", country="SE"),
    Organisation(id="O-UGENT", name="Universiteit Gent", country="BE", city="Gent"),
    Organisation(id="O-GENT", name="Stad Gent", country="BE-VLG", city="Gent"),
    Organisation(id="O-IRELAND", name="Adult Education Centre", country="IE", city="Cork"),
    Organisation(id="O-SWEDEN", name="Adult Education Centre", country="SE", city="Umeå"),
    Organisation(id="O-SOC", name="Servei Públic d'Ocupació de Catalunya (SOC)", country="ES-CT"),
    Organisation(id="O-TOSCANA", name="Regione Toscana", country="IT"),
)


@pytest.fixture(scope="module")
def directory() -> Directory:
    """Nine organisations, to be looked up."""
    return Directory(KNOWN, {"Lysekil Vocational College": ["Gullmarsgymnasiet"]})


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Göteborgs Stad", "O-GOTEBORG"),
        ("  goteborgs   STAD ", "O-GOTEBORG"),
        ("City of Gothenburg", "O-GOTEBORG"),
        ("Göteborgs kommun", "O-GOTEBORG"),
        ("goteborg", "O-GOTEBORG"),
        ("Goeteborg", "O-GOTEBORG"),
        ("Gothenburg", "O-GOTEBORG"),
        ("Göteborgs stad (Sweden)", "O-GOTEBORG"),
        ("Göteborgs stad (Göteborg, Sweden)", "O-GOTEBORG"),
        ("Stadsledningskontoret", "O-GOTEBORG"),
        ("o-goteborg", "O-GOTEBORG"),
        ("VDAB", "O-VDAB"),
        ("UGent", "O-UGENT"),
        ("Ghent University", "O-UGENT"),
        ("City of Ghent", "O-GENT"),
        ("SOC", "O-SOC"),
        ("Lysekil", "O-LYSEKIL"),
        ("Gullmarsgymnasiet", "O-LYSEKIL"),
        ("Adult Education Centre (Ireland)", "O-IRELAND"),
        ("Adult Education Centre (Cork)", "O-IRELAND"),
        ("Adult Education Centre, Sweden", "O-SWEDEN"),
        ("Region of Tuscany", "O-TOSCANA"),
    ],
)
def test_one_organisation_is_understood_by_any_name_it_goes_by(directory: Directory, text: str, own: str) -> None:
    assert directory.meant(text) == Meant(found=(own,))


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("Adult Education Centre", ("O-IRELAND", "O-SWEDEN")),
        ("Gent", ("O-GENT", "O-UGENT")),
        ("Ghent (Belgium)", ("O-GENT", "O-UGENT")),
    ],
)
def test_where_two_could_be_meant_both_are_told(directory: Directory, text: str, choice: tuple[str, ...]) -> None:
    assert directory.meant(text) == Meant(found=choice)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("Lysekill", ("O-LYSEKIL",)),
        ("Vocational College", ("O-LYSEKIL",)),
        ("Göteborgs stad (Norway)", ("O-GOTEBORG",)),
        ("Xyzzy", ()),
        ("", ()),
    ],
)
def test_a_slip_a_kind_of_body_and_another_country_are_not_guessed_at(
    directory: Directory, text: str, nearest: tuple[str, ...]
) -> None:
    found = directory.meant(text)
    assert found.found == ()
    assert found.nearest[: len(nearest)] == nearest


CATALAN = (
    Organisation(
        id="O-MINISTRY", name="Catalonia's Regional Ministry of Education and VET", country="ES-CT",
        spellings=("Departament d'Educació i Formació Professional",), domains=("educacio.gencat.example",),
        parent_name="Generalitat de Catalunya",
    ),
    Organisation(id="O-LOIRE", name="Centre-Val de Loire Region - Service Orientation", country="FR"),
    Organisation(id="O-GENT", name="GO! Scholengroep Gent", country="BE", domains=("scholengroepgent.example",)),
    Organisation(id="O-TREBALL", name="Institut Escola del Treball", country="ES-CT", city="Barcelona"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("Generalitat de Catalunya", ("O-MINISTRY",)),
        ("Gencat", ("O-MINISTRY",)),
        ("Ministry of Education", ("O-MINISTRY",)),
        ("Escola del Trebal", ("O-TREBALL",)),
        ("University of Gent", ()),
        ("School of Music", ()),
        ("Region", ()),
        ("xtec", ()),
    ],
)
def test_only_whoever_may_be_meant_is_suggested(text: str, nearest: tuple[str, ...]) -> None:
    assert Directory(CATALAN).meant(text) == Meant(nearest=nearest)


def test_words_of_the_field_name_nobody_however_few_bear_them() -> None:
    def no_topics(words: Sequence[str]) -> tuple[str, ...]:
        return tuple(word for word in words if word not in {"neet", "skills"})

    known = (Organisation(id="O-N", name="NEET Skills Centre Gent"),)
    open_to_all, careful = Directory(known), Directory(known, names_of=no_topics)
    assert open_to_all.meant("NEET") == Meant(found=("O-N",))
    assert careful.meant("NEET") == careful.meant("skills") == Meant()
    assert careful.meant("NEET Gent") == careful.meant("neet skills centre gent") == Meant(found=("O-N",))


def test_where_nobody_is_known_nobody_is_meant() -> None:
    assert Directory(()).meant("Göteborgs stad") == Meant()
