"""Credentials: private files only, least scope, and no secret in any message."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pipeline.adapters.sheets.client import SCOPES
from pipeline.adapters.sheets.credentials import account_of, connect, load_credentials
from pipeline.config import SheetsSettings
from pipeline.errors import ConfigurationError

ACCOUNT = "matchmaker@project.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def key() -> dict[str, Any]:
    """A service account's key as Google hands it out, with a key nobody trusts."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "type": "service_account",
        "project_id": "project",
        "private_key_id": "0" * 40,
        "private_key": private.decode(),
        "client_email": ACCOUNT,
        "token_uri": "https://oauth2.googleapis.com/token",
    }


def kept(folder: Path, content: object, mode: int = 0o600) -> SheetsSettings:
    path = folder / "key.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    path.chmod(mode)
    return SheetsSettings(spreadsheet_id="x", credentials="key.json")


def test_a_service_account_asks_for_spreadsheets_and_nothing_else(tmp_path: Path, key: dict[str, Any]) -> None:
    credentials = load_credentials(kept(tmp_path, key), tmp_path)
    assert tuple(vars(credentials)["_scopes"]) == SCOPES == ("https://www.googleapis.com/auth/spreadsheets",)
    assert account_of(credentials) == ACCOUNT
    assert connect(kept(tmp_path, key), tmp_path).account == ACCOUNT


def test_workload_identity(tmp_path: Path) -> None:
    content = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {"file": str(tmp_path / "token")},
        "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
        f"{ACCOUNT}:generateAccessToken",
    }
    credentials = load_credentials(kept(tmp_path, content), tmp_path)
    assert account_of(credentials) == ACCOUNT
    assert tuple(vars(credentials)["_scopes"]) == SCOPES


def test_application_default_credentials(tmp_path: Path, key: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path, key)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    assert account_of(load_credentials(SheetsSettings(spreadsheet_id="x"))) == ACCOUNT


def test_no_credentials_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(ConfigurationError, match="No Google credentials"):
        load_credentials(SheetsSettings(spreadsheet_id="x"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_others_can_read_is_refused_by_name(tmp_path: Path, key: dict[str, Any], mode: int) -> None:
    with pytest.raises(ConfigurationError, match=r"key\.json can be read by others") as caught:
        load_credentials(kept(tmp_path, key, mode), tmp_path)
    assert "chmod 600" in caught.value.hint


@pytest.mark.parametrize("damage", ["cut short", "other file", "not text", "no key", "bad key", "missing"])
def test_a_damaged_key_is_named_and_never_quoted(tmp_path: Path, key: dict[str, Any], damage: str) -> None:
    secret = key["private_key"][200:240]
    text = json.dumps(key)
    settings = {
        "cut short": lambda: kept(tmp_path, text[: len(text) // 2]),
        "other file": lambda: kept(tmp_path, {"installed": {"client_secret": secret}}),
        "not text": lambda: kept(tmp_path, "\x00\x01"),
        "no key": lambda: kept(tmp_path, {name: value for name, value in key.items() if name != "private_key"}),
        "bad key": lambda: kept(tmp_path, key | {"private_key": f"-----BEGIN {secret}"}),
        "missing": lambda: SheetsSettings(spreadsheet_id="x", credentials="key.json"),
    }[damage]()
    with pytest.raises(ConfigurationError, match=r"key\.json") as caught:
        load_credentials(settings, tmp_path)
    assert caught.value.hint
    assert secret not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_sandbox_needs_no_credentials(tmp_path: Path) -> None:
    settings = SheetsSettings(spreadsheet_id="x", api_url="http://127.0.0.1:1", credentials="nowhere.json")
    assert connect(settings, tmp_path).account == ""
