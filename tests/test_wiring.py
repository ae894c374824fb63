"""Which adapters a command speaks to: what is opened, what is only looked at, and the file of known spellings."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.errors import ConfigurationError
from pipeline.wiring import load_aliases, now, open_ledger_only


def settings(folder: Path, **sections: object) -> Settings:
    return Settings.model_validate({**sections, "base": folder})


def test_the_moment_is_in_utc() -> None:
    assert now().tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "aliases"),
    [
        ("", {}),
        ("[aliases]\n", {}),
        ('[aliases]\n"Borås Stad" = ["City of Borås", "Boras"]\n', {"Borås Stad": ["City of Borås", "Boras"]}),
    ],
)
def test_known_spellings(tmp_path: Path, text: str, aliases: dict[str, list[str]]) -> None:
    (tmp_path / "names.toml").write_text(text, encoding="utf-8")
    assert load_aliases(settings(tmp_path, matching={"aliases": "names.toml"})) == aliases


@pytest.mark.parametrize(
    "text",
    ["aliases = 3", '[aliases]\n"Borås" = "City"', '[aliases]\n"Borås" = [1]', "[aliases", "\udcff"],
)
def test_a_file_that_cannot_be_used_is_named_with_a_remedy(tmp_path: Path, text: str) -> None:
    (tmp_path / "names.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigurationError, match="names") as raised:
        load_aliases(settings(tmp_path, matching={"aliases": "names.toml"}))
    assert raised.value.hint


def test_no_file_is_no_alias_and_the_shipped_one_can_be_read(tmp_path: Path) -> None:
    assert load_aliases(settings(tmp_path, matching={"aliases": "missing.toml"})) == {}
    assert isinstance(load_aliases(settings(tmp_path)), dict)


def test_the_ledger_by_itself_makes_its_secret_and_remembers(tmp_path: Path) -> None:
    chosen = settings(tmp_path, ledger={"url": "sqlite:///ledger.db", "secret_file": "secret"})
    with open_ledger_only(chosen) as ledger:
        number = ledger.start_run(now())
    assert number == 1
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
    with open_ledger_only(chosen, read_only=True) as ledger:
        assert ledger.load(now()).matches == {}


def test_looking_makes_no_secret(tmp_path: Path) -> None:
    chosen = settings(tmp_path, ledger={"url": "sqlite:///ledger.db", "secret_file": "secret"})
    with open_ledger_only(chosen, read_only=True) as ledger:
        assert ledger.load(now()).entries == ()
    assert list(tmp_path.iterdir()) == []
