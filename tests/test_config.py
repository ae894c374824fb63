"""Settings: every problem at once, each by its path; secrets only by reference; sandbox addresses only on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import Settings, load_settings
from pipeline.errors import ConfigurationError

ROOT = Path(__file__).parents[1]


def written(folder: Path, text: str) -> Path:
    path = folder / "pipeline.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_sample_file_is_valid_and_sends_nothing() -> None:
    settings = load_settings(ROOT / "config" / "pipeline.toml", {})
    assert settings.mail.enabled is False
    assert settings.ledger_url == f"sqlite:///{ROOT / 'state' / 'ledger.db'}"


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, '[mail]\nmax_per_run = -1\nport = 0\nsnder = "x"\n[nonsense]\na = 1\n')
    with pytest.raises(ConfigurationError) as caught:
        load_settings(path, {})
    for part in ("mail.max_per_run", "mail.port", "mail.snder: is not a setting", "nonsense: is not a setting"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[mail]\nsender = "Sec <s@x.example>\\r\\nBcc: e@x.example"\n', "mail.sender: must be one line"),
        ('[mail]\nsender = "a@x.example, b@x.example"\n', "mail.sender: must be one e-mail address"),
        ('[mail]\nsecurity = "none"\nhost = "mail.x.example"\n', "for a mail server on this machine only"),
        ('[mail]\npassword_file = "a"\npassword_env = "B"\n', "not both"),
        ('[sheets]\napi_url = "http://attacker.example"\n', "sheets.api_url: only a loopback address"),
        ('[imap]\nhost = "mail.x.example"\nsecurity = "none"\n', "on this machine only"),
        ("[mail\n", "not valid TOML"),
        ('base = "x"\n', "base: is not a setting"),
    ],
)
def test_what_cannot_be_right_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(written(tmp_path, text), {})
    assert words in str(caught.value)


def test_the_environment_overrides_and_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    settings = load_settings(
        written(tmp_path, '[run]\nlock_file = "here/lock"\n'),
        {"MATCHMAKER_MAIL__MAX_PER_DAY": "7", "MATCHMAKER_IMAP__SENT_FOLDERS": "Sent, Gesendet", "PATH": "x"},
    )
    assert settings.mail.max_per_day == 7
    assert settings.imap.sent_folders == ("Sent", "Gesendet")
    assert settings.path(settings.run.lock_file) == tmp_path / "here" / "lock"


def test_every_setting_is_described() -> None:
    for section in Settings.model_fields.values():
        for name, field in getattr(section.annotation, "model_fields", {}).items():
            assert field.description, name
