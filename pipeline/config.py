"""Configuration: one TOML file, checked in full, with every problem named by its path.

Unknown keys are refused, since most are typing errors. Relative paths are relative to the file. Any
value can be overridden by the environment as `MATCHMAKER_<SECTION>__<KEY>`; secrets are referred to
by file or environment variable and never stored here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from email.utils import getaddresses, parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipeline.errors import ConfigurationError

ENVIRONMENT_PREFIX = "MATCHMAKER_"
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

Count = Annotated[int, Field(ge=0)]


def is_loopback(url: str) -> bool:
    """Whether the URL (or bare host) points to this machine."""
    host = urlsplit(url if "://" in url else f"//{url}").hostname or ""
    return host in LOOPBACK_HOSTS


class Section(BaseModel):
    """A section of the file: frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SheetsSettings(Section):
    """Which spreadsheet, which tabs, and how to reach Google."""

    spreadsheet_id: str = Field(default="", description="Id of the spreadsheet with the review tab.")
    responses_spreadsheet_id: str = Field(default="", description="Empty: the same spreadsheet.")
    responses_tab: str = Field(default="Form responses 1", description="Tab the form writes to.")
    review_tab: str = Field(default="Review", description="Tab the secretariat decides in.")
    api_url: str = Field(default="", description="Empty: Google. A loopback URL: the sandbox.")
    credentials: str = Field(default="", description="Path of a key file; empty: application default credentials.")
    connect_seconds: Annotated[float, Field(gt=0, le=120)] = Field(default=10, description="Connect limit.")
    read_seconds: Annotated[float, Field(gt=0, le=300)] = Field(default=60, description="Answer limit.")
    retry_seconds: Annotated[float, Field(ge=0, le=600)] = Field(
        default=150, description="How long safe requests are repeated when Google says it is busy."
    )

    @field_validator("api_url")
    @classmethod
    def _sandbox_only(cls, value: str) -> str:
        if value and not is_loopback(value):
            raise ValueError("only a loopback address (the sandbox) may stand here; leave it empty for Google")
        return value.rstrip("/")


class LedgerSettings(Section):
    """Where the program keeps what was decided and sent."""

    url: str = Field(default="sqlite:///state/ledger.db", description="SQLAlchemy URL of the ledger.")
    secret_file: Path = Field(
        default=Path("state/secret"), description="Keys Message-IDs and the erasure list; made on first use."
    )


class MailSettings(Section):
    """How letters leave."""

    enabled: bool = Field(default=False, description="False: nothing is sent, approved letters wait.")
    host: str = Field(default="localhost", description="Mail server.")
    port: Annotated[int, Field(gt=0, lt=65536)] = Field(default=587, description="Its port.")
    security: Literal["tls", "starttls", "none"] = Field(default="starttls", description="none: loopback only.")
    username: str = Field(default="", description="Empty: no login.")
    password_file: Path | None = Field(default=None, description="File with the password, private to the user.")
    password_env: str = Field(default="", description="Name of the environment variable with the password.")
    oauth: bool = Field(
        default=False, description="True: the password reference holds Google credentials; log in by XOAUTH2."
    )
    sender: str = Field(
        default="Mobility Matchmaking <secretariat@matchmaker.example>", description="From of every letter."
    )
    organisation: str = Field(default="EARLALL", description="The name that stands in letters for the network.")
    privacy_url: str = Field(default="", description="Link to the privacy notice, shown in letters.")
    journal: str = Field(default="", description="A copy goes here as a further envelope recipient.")
    rehearsal_to: str = Field(
        default="",
        description="Every letter goes here instead, marked as a rehearsal; nothing counts as sent.",
    )
    digest_to: str = Field(default="", description="The secretariat's weekly digest; empty: none.")
    max_per_run: Count = Field(default=20, description="Letters a run; the others wait for the next one.")
    max_per_day: Count = Field(default=100, description="Letters a day.")
    max_open_per_organisation: Annotated[int, Field(ge=1)] = Field(
        default=3, description="Introductions of one organisation within `follow_up.quiet_days`."
    )
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = Field(
        default=60, description="Limit for each reply of the mail server but the last."
    )
    final_reply_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=600, description="Limit for the reply to the final dot (RFC 5321, 4.5.3.2.6: ten minutes)."
    )

    @field_validator("sender", "journal", "rehearsal_to", "digest_to")
    @classmethod
    def _one_address(cls, value: str) -> str:
        if not value:
            return value
        if any(ord(character) < 32 or ord(character) == 127 for character in value):
            raise ValueError("must be one line: control characters are not allowed")
        found = [address for _, address in getaddresses([value])]
        if len(found) != 1 or found[0].count("@") != 1 or not all(found[0].split("@")):
            raise ValueError("must be one e-mail address")
        return value

    @model_validator(mode="after")
    def _secure(self) -> MailSettings:
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError('security = "none" is for a mail server on this machine only; use "starttls"')
        if self.enabled and not self.sender:
            raise ValueError("sender is needed before letters can leave")
        if self.password_file and self.password_env:
            raise ValueError("give password_file or password_env, not both")
        return self

    @property
    def sender_address(self) -> str:
        """The bare address of `sender`."""
        return parseaddr(self.sender)[1]


class ImapSettings(Section):
    """The mailbox in which evidence (Sent, journal) and bounces are looked for. Empty host: none."""

    host: str = Field(default="", description="IMAP server; empty: no look-ups.")
    port: Annotated[int, Field(gt=0, lt=65536)] = Field(default=993, description="Its port.")
    security: Literal["tls", "starttls", "none"] = Field(default="tls", description="none: loopback only.")
    username: str = Field(default="", description="Login.")
    password_file: Path | None = Field(default=None, description="File with the password.")
    password_env: str = Field(default="", description="Environment variable with the password.")
    oauth: bool = Field(default=False, description="Log in by XOAUTH2.")
    sent_folders: tuple[str, ...] = Field(
        default=("Sent", "[Gmail]/Sent Mail"), description="Where copies of sent letters are kept."
    )
    journal_folders: tuple[str, ...] = Field(default=(), description="Where journal copies arrive.")
    bounce_folders: tuple[str, ...] = Field(default=("INBOX",), description="Where bounces arrive.")
    complete: bool = Field(
        default=False,
        description="True: every sent letter surely shows up there, so two negative searches prove it was not.",
    )
    grace_minutes: Annotated[int, Field(ge=0)] = Field(default=60, description="How long evidence may take to show up.")
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = Field(default=30, description="Reply limit.")

    @model_validator(mode="after")
    def _secure(self) -> ImapSettings:
        if self.host and self.security == "none" and not is_loopback(self.host):
            raise ValueError('security = "none" is for a server on this machine only; use "tls"')
        return self


class MatchingOptions(Section):
    """How many proposals, and how long things last."""

    proposals_per_request: Annotated[int, Field(ge=1, le=20)] = Field(
        default=3, description="Open proposals for one request at a time."
    )
    open_proposals: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=300, description="Open proposals in the review tab; the best go first, the others wait."
    )
    round_months: Annotated[int, Field(ge=1)] = Field(
        default=12, description="The same organisations are introduced at most once in this time."
    )
    entry_months: Annotated[int, Field(ge=1)] = Field(
        default=18, description="An entry expires this long after it was last confirmed."
    )
    past_exchanges: Path | None = Field(
        default=None, description="CSV of exchanges before the tool: sending, receiving, joining, ended."
    )
    aliases: Path | None = Field(
        default=None, description="TOML of spellings known to be one organisation; empty: the shipped file."
    )


class FollowUpSettings(Section):
    """What happens after an introduction."""

    reminder_weeks: Count = Field(
        default=4, description="Remind both sides if no exchange is noted after this; 0: never."
    )
    waiting_weeks: Annotated[int, Field(ge=1)] = Field(
        default=8, description="After this time without a partner the tick `Tell them` in `Entries` sends its letter."
    )
    waiting_again_weeks: Annotated[int, Field(ge=1)] = Field(
        default=26, description="The least time between two such letters about one answer."
    )
    digest_days: Annotated[int, Field(ge=1)] = Field(default=7, description="At most one digest in this time.")
    quiet_days: Annotated[int, Field(ge=1)] = Field(
        default=90, description="The span in which an organisation's introductions are counted."
    )


class RetentionSettings(Section):
    """How long personal data is kept (months or days), applied by `purge`."""

    responses_months: Annotated[int, Field(ge=1)] = Field(default=24, description="Entries, after last change.")
    proposals_days: Annotated[int, Field(ge=1)] = Field(default=90, description="Refused proposals.")
    letters_days: Annotated[int, Field(ge=1)] = Field(default=30, description="Letter texts, after sending.")
    sent_months: Annotated[int, Field(ge=1)] = Field(default=36, description="Who was introduced to whom.")


class RunSettings(Section):
    """The run as a whole."""

    lock_file: Path = Field(default=Path("state/lock"), description="Held while a run works.")
    ping_url: str = Field(default="", description="Monitoring URL; /start, /fail are appended. Empty: none.")
    max_rows: Annotated[int, Field(ge=1)] = Field(default=100_000, description="Responses read in one run.")
    max_seconds: Annotated[int, Field(ge=10)] = Field(default=1500, description="A run sends nothing after this.")
    vanished_share: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.5, description="Brake: this share of known answers has vanished since the last run."
    )
    reports: Path = Field(default=Path("state/reports"), description="Where `report` writes.")
    indicators: Path | None = Field(
        default=None,
        description="TOML of indicators, milestones and the register kept by hand; empty: the shipped file.",
    )


class FormSettings(Section):
    """The forms' data."""

    folder: Path = Field(
        default=Path("forms"), description="Your own forms, NAME.toml each; what is not there is taken as shipped."
    )
    columns: dict[str, str] = Field(
        default_factory=dict, description="Key -> header, where your form's titles differ (`matchmaker map`)."
    )

    @model_validator(mode="before")
    @classmethod
    def _one_form(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and "file" in value:
            raise ValueError(
                "file has become folder: put a form of your own into it as matchmaking.toml (docs/form.md says what "
                "changed in the file), or delete the line to use the forms that come with the program"
            )
        return value


class LetterSettings(Section):
    """What letters are made of."""

    templates: Path = Field(default=Path("../templates"), description="Folder of the templates.")
    language: str = Field(default="en", pattern=r"^[a-z]{2}$", description="Language when none is shared.")


class Settings(Section):
    """Everything the program can be told, checked as a whole."""

    sheets: SheetsSettings = SheetsSettings()
    ledger: LedgerSettings = LedgerSettings()
    mail: MailSettings = MailSettings()
    imap: ImapSettings = ImapSettings()
    matching: MatchingOptions = MatchingOptions()
    follow_up: FollowUpSettings = FollowUpSettings()
    retention: RetentionSettings = RetentionSettings()
    run: RunSettings = RunSettings()
    form: FormSettings = FormSettings()
    letters: LetterSettings = LetterSettings()
    base: Path = Field(default=Path("config"), exclude=True)

    def path(self, value: Path) -> Path:
        """That path, seen from the configuration file's folder."""
        return value if value.is_absolute() else (self.base / value).resolve()

    @property
    def ledger_url(self) -> str:
        """The ledger's URL, a relative SQLite path seen from the configuration file's folder."""
        prefix = "sqlite:///"
        if not self.ledger.url.startswith(prefix) or self.ledger.url in {prefix, "sqlite:///:memory:"}:
            return self.ledger.url
        return prefix + str(self.path(Path(self.ledger.url.removeprefix(prefix))))


def load_settings(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check the file, then the environment over it.

    Raises ConfigurationError naming every problem by its path.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no configuration at {path}.",
            hint="Give one with --config FILE, or copy config/pipeline.toml from the project.",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}.", hint="Mend that line.") from None
    except RecursionError:
        raise ConfigurationError(f"{path} is nested too deeply to be read.", hint="Mend that file.") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.", hint="Check its permissions.") from None
    _override(data, os.environ if environment is None else environment)
    if "base" in data:
        raise ConfigurationError("base: is not a setting.", hint=f"Remove it from {path}.")
    try:
        return Settings.model_validate({**data, "base": path.resolve().parent})
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc']) or 'file'}: {_in_words(problem['type'], problem['msg'])}"
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise ConfigurationError(f"{path}: {problems}.", hint="Mend these settings, then: matchmaker check") from None


def _in_words(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "is not a setting (a typing error?)"
    return message.removeprefix("Value error, ")


def _override(data: dict[str, Any], environment: Mapping[str, str]) -> None:
    for name, text in environment.items():
        if not name.startswith(ENVIRONMENT_PREFIX) or "__" not in name:
            continue
        section, _, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
        target = data.setdefault(section, {})
        if isinstance(target, dict):
            target[key] = _value(text, current=Settings.model_fields.get(section), key=key)


def _value(text: str, *, current: Any, key: str) -> Any:
    """A list where the setting is a list (comma separated); pydantic turns the rest into its type."""
    section = getattr(current, "annotation", None)
    wanted = section.model_fields.get(key) if isinstance(section, type) and issubclass(section, BaseModel) else None
    if wanted is not None and "tuple" in str(wanted.annotation):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text
