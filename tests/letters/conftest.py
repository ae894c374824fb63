"""Sample matches, the desk letters are written at, and golden files (`--update-golden` rewrites them)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import MailSettings
from pipeline.letters.compose import Composer
from pipeline.letters.points import what_fits, what_is_open
from pipeline.letters.templating import Templates, load_templates
from pipeline.model import Match, Party, Side

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "letters"


def pytest_addoption(parser: pytest.Parser) -> None:
    try:
        parser.addoption("--update-golden", action="store_true", help="rewrite the golden files instead of comparing")
    except ValueError:  # another conftest offers the same flag
        return


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the golden file of that name, or rewrite it with --update-golden."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if request.config.getoption("--update-golden", default=False):
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"{name} is missing: run pytest tests/messages --update-golden and look at it"
        assert text == file.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def templates() -> Templates:
    return load_templates(ROOT / "templates")


def message_id(letter: str) -> str:
    return f"<{letter.replace(':', '.')}@matchmaker.example>"


@dataclass(frozen=True)
class Desk:
    """The composer of letters, with changes to the mail settings."""

    templates: Templates

    def __call__(self, **mail: Any) -> Composer:
        settings = {
            "sender": "Mobility Matchmaking <secretariat@matchmaker.example>",
            "digest_to": "secretariat@matchmaker.example",
            "privacy_url": "https://matchmaker.example/privacy",
            **mail,
        }
        return Composer(
            mail=MailSettings(**settings),
            templates=self.templates,
            message_id=message_id,
            now=datetime(2025, 3, 3, 9, 30, tzinfo=UTC),
        )


@pytest.fixture
def desk(templates: Templates) -> Desk:
    return Desk(templates)


@pytest.fixture
def sending() -> Party:
    return Party(
        side=Side.SENDING,
        entry="E-1",
        organisation_id="O-vestland",
        organisation="Vestland County Council",
        email="Ingrid.Bargard@vestland.example",
        contact_name="Ingrid Hillestad Bårgard",
        contact_role="Advisor, Section for Quality in Education",
        country="Norway",
        region="Vestland",
        city="Bergen",
        website="https://www.vestland.example/education?x=1",
        topics=("Inclusive employment", "Re-engaging people outside education and work"),
        formats=("Job shadowing",),
        languages=("English", "Norwegian"),
        seeks=(
            "We are developing an initiative with NAV and heard at a network meeting about the Multicompetent "
            "Team in Borås.\n\nWe would like to see motivational interviews and ACT guidance at work."
        ),
        date_from=date(2025, 4, 28),
        date_to=date(2025, 6, 13),
        days=1.5,
        group_size=4,
    )


@pytest.fixture
def receiving() -> Party:
    return Party(
        side=Side.RECEIVING,
        entry="E-2",
        organisation_id="O-boras",
        organisation="Working Life Department, Borås Stad",
        email="nicholas.waller@borås.example",
        contact_name="Nicholas Waller",
        contact_role="International Coordinator",
        country="SE",
        region="Västra Götaland",
        city="Borås",
        website="boras.example",
        topics=("Inclusive employment", "Gender equality"),
        formats=("Job shadowing", "Study visit"),
        languages=("English", "Swedish"),
        offers="A multicompetent team supports those furthest from the labour market, with all agencies at one table.",
        date_to=date(2025, 5, 30),
        group_size=10,
    )


@pytest.fixture
def joining() -> Party:
    return Party(
        side=Side.JOINING,
        entry="E-3",
        organisation_id="O-treball",
        organisation="Institut Escola del Treball",
        email="albert@escoladeltreball.example",
        contact_name="Albert Peiró Mateu",
        contact_role="Head of Studies",
        country="ES-CT",
        region="Catalonia",
        city="Barcelona",
        topics=("Gender equality",),
        formats=("Study visit",),
        languages=("Catalan", "English"),
        offers="We can host or take part: gender inclusion in trades where few women learn.",
    )


@pytest.fixture
def pair(sending: Party, receiving: Party) -> Match:
    return Match(
        id="M-4f2a90c1",
        parties=(sending, receiving),
        why="Both: job shadowing.",
        band="likely",
        fits=what_fits((sending, receiving)),
        unclear=what_is_open((sending, receiving)),
    )


@pytest.fixture
def three(pair: Match, joining: Party) -> Match:
    parties = (*pair.parties, joining)
    return replace(pair, id="M-77d0e3b2", parties=parties, fits=what_fits(parties), unclear=what_is_open(parties))
