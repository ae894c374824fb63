"""The database behind the ledger: opened, checked, brought up to date; its transactions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

from pipeline.adapters.ledger import schema, sqlite
from pipeline.adapters.ledger.codec import CodecError
from pipeline.adapters.ledger.words import one_line
from pipeline.adapters.secrets import address_hasher, keyed_hash
from pipeline.errors import ConfigurationError, LedgerDamaged


def key_check(secret: bytes) -> str:
    """What the ledger keeps to notice that it is opened with another secret than the one it was made with."""
    return keyed_hash(secret, "ledger", "key check")


def parse_url(url: str) -> URL:
    """A SQLAlchemy URL. Raises ConfigurationError, without repeating it: it may hold a password."""
    try:
        return make_url(url)
    except ArgumentError:
        raise ConfigurationError(
            "ledger.url is not a database URL.", hint='Write it as "sqlite:///state/ledger.db".'
        ) from None


class Store:
    """A database with transactions whose failures are told in words, and the secret that belongs to it."""

    def __init__(self, engine: Engine, secret: bytes, *, place: str) -> None:
        self._engine = engine
        self._secret = secret
        self.place = place
        self.hashed = address_hasher(secret)

    def keyed(self, text: str) -> str:
        """A hash of the text that nobody without the secret can make or check."""
        return keyed_hash(self._secret, "kept", text)

    def fits_secret(self, check: str) -> bool:
        """Whether that `key_check` belongs to this ledger's secret."""
        return check == key_check(self._secret)

    def __repr__(self) -> str:
        return f"Ledger({self.place!r})"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that changes something, durable at the end or undone."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise sqlite.in_words(error, self.place) from error
        except CodecError as error:
            raise self._damaged(error) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent look."""
        try:
            with self._engine.connect().execution_options(**{sqlite.READS: True}) as connection, connection.begin():
                yield connection
        except DBAPIError as error:
            raise sqlite.in_words(error, self.place) from error
        except (CodecError, ValueError) as error:
            raise self._damaged(error) from error

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def _damaged(self, error: Exception) -> LedgerDamaged:
        return LedgerDamaged(
            f"The ledger at {self.place} is damaged ({one_line(str(error), 160)}).", hint=schema.WAY_BACK
        )


def open_database(
    url: str, secret: bytes, *, read_only: bool, migrations: Sequence[schema.Migration]
) -> tuple[Engine, str]:
    """An engine on a ledger that is whole and of this version, and where it is, in words.

    Raises LedgerDamaged, ConfigurationError or TryLater.
    """
    parsed = parse_url(url)
    newest = schema.newest_version(migrations)
    check = key_check(secret)
    path = Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None
    if path is not None and str(path) != ":memory:":
        if path.exists() or path.is_symlink():
            sqlite.check_file(path, read_only=read_only)
        elif read_only:
            parsed, path = make_url("sqlite://"), None
        else:
            sqlite.create_file(path, lambda connection: schema.create(connection, check, newest))
    place = parsed.render_as_string(hide_password=True) if path is None else str(path)
    engine = _engine(parsed, read_only=read_only and path is not None)
    _prepare(Store(engine, secret, place=place), path, check, migrations, read_only=read_only)
    return engine, place


def _engine(url: URL, *, read_only: bool) -> Engine:
    if url.get_backend_name() == "sqlite":
        return sqlite.engine_for(url, read_only=read_only)
    try:
        return create_engine(url)
    except (NoSuchModuleError, ImportError, ArgumentError):
        raise ConfigurationError(
            f"ledger.url names a database this installation cannot speak to ({url.get_backend_name()}).",
            hint="Install its driver, or use SQLite.",
        ) from None


def _prepare(
    ledger: Store, path: Path | None, check: str, migrations: Sequence[schema.Migration], *, read_only: bool
) -> None:
    newest = schema.newest_version(migrations)
    with ledger.reading() as connection:
        version = schema.version_of(connection, ledger.place, newest)
    if version is None:
        if path is not None:
            raise LedgerDamaged(f"{path} holds no ledger.", hint=schema.WAY_BACK)
        with ledger.writing() as connection:
            schema.create(connection, check, newest)
        version = newest
    if version < newest:
        if read_only:
            raise ConfigurationError(
                f"The ledger at {ledger.place} is of an older version.",
                hint="The next `matchmaker run` brings it up to date; or use the older program.",
            )
        if path is not None:
            sqlite.copy_file(path, version)
        with ledger.writing() as connection:
            schema.migrate(connection, ledger.place, version, migrations)
    with ledger.reading() as connection:
        kept = connection.scalar(select(schema.meta.c.value).where(schema.meta.c.key == "key_check"))
    if kept != check and not (read_only and path is None):
        raise ConfigurationError(
            f"ledger.secret_file is not the one the ledger at {ledger.place} was made with.",
            hint="Restore the secret from the backup of the state folder: without it erased people would come back.",
        )
