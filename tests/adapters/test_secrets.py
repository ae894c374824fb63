"""Secrets are read from private places only, made once, and never shown."""

from __future__ import annotations

import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from pipeline.adapters.secrets import (
    address_hasher,
    google_token,
    ledger_secret,
    message_id_maker,
    password,
)
from pipeline.errors import ConfigurationError

GOLDEN = Path(__file__).parents[1] / "golden"
CANARY = "canary-5f3a"


def _file(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_password_comes_from_a_private_file_without_its_line_end(tmp_path: Path) -> None:
    secret = password(_file(tmp_path / "p", f" {CANARY} é\r\n".encode()), "", "test")
    assert secret is not None
    assert secret.get_secret_value() == f" {CANARY} é"
    assert CANARY not in repr(secret) + str(secret)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_others_can_read_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigurationError, match="chmod 600") as caught:
        password(_file(tmp_path / "p", CANARY.encode(), mode), "", "test")
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe" + CANARY.encode(), b"x" * 100_000])
def test_an_unusable_password_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ConfigurationError) as caught:
        password(_file(tmp_path / "p", content), "", "test")
    assert CANARY not in str(caught.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(ConfigurationError):
            password(path, "", "test")


def test_a_password_comes_from_the_environment() -> None:
    secret = password(None, "SECRET", "test", {"SECRET": CANARY})
    assert secret is not None
    assert secret.get_secret_value() == CANARY
    assert password(None, "", "test", {}) is None
    with pytest.raises(ConfigurationError, match="SECRET"):
        password(None, "SECRET", "test", {})


def test_the_ledger_secret_is_made_once_and_privately(tmp_path: Path) -> None:
    path = tmp_path / "state" / "secret"
    old = os.umask(0)
    try:
        with ThreadPoolExecutor(8) as pool:
            keys = set(pool.map(lambda _: ledger_secret(path), range(16)))
    finally:
        os.umask(old)
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_looking_makes_no_secret(tmp_path: Path) -> None:
    ledger_secret(tmp_path / "state" / "secret", create=False)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("content", [b"", b"short", b"zz" * 32, b"\xff" * 64])
def test_a_damaged_ledger_secret_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    path = _file(tmp_path / "secret", content)
    with pytest.raises(ConfigurationError, match="damaged"):
        ledger_secret(path)
    assert path.read_bytes() == content


def test_message_ids_are_the_same_each_time_well_formed_and_keyed() -> None:
    make = message_id_maker(b"k" * 32, "Secretariat@Ops.Exämple")
    identifier = make("introduction:M-1")
    assert identifier == message_id_maker(b"k" * 32, "other@ops.exämple")("introduction:M-1")
    assert re.fullmatch(r"<intro\.[0-9a-f]{32}@ops\.xn--exmple-cua>", identifier)
    assert identifier != make("introduction:M-2")
    assert identifier != message_id_maker(b"j" * 32, "secretariat@ops.exämple")("introduction:M-1")
    with pytest.raises(ConfigurationError):
        message_id_maker(b"k" * 32, "nobody")


def test_one_address_in_all_its_spellings_is_one_person() -> None:
    hashed = address_hasher(b"k" * 32)
    assert (
        len({hashed(each) for each in ("Ana@Bücher.example", " ana@BÜCHER.example ", "ana@xn--bcher-kva.example")}) == 1
    )
    assert hashed("ana@b.example") != hashed("bo@b.example")


def test_who_was_erased_by_an_earlier_version_stays_erased() -> None:
    """The golden ledger's secret and the hash of Ana.Horvat@straße.example in it."""
    secret = bytes.fromhex((GOLDEN / "ledger-1.secret").read_text().strip())
    (kept,) = re.findall(r'INTO "erased" VALUES\(\'([0-9a-f]{64})', (GOLDEN / "ledger-1.sql").read_text())
    for written in ("Ana.Horvat@straße.example", "ana.horvat@xn--strae-oqa.example", "ANA.HORVAT@STRAẞE.example"):
        assert address_hasher(secret)(written) == kept
    assert address_hasher(secret)("ana.horvat@strasse.example") != kept, "another domain since IDNA 2008"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"type": "service_account"}', '{"client_id": "x"}', CANARY])
def test_unusable_google_credentials_are_refused_in_words(text: str) -> None:
    with pytest.raises(ConfigurationError, match="Google") as caught:
        google_token(SecretStr(text), "me@example.org", "test")
    assert CANARY not in str(caught.value)
