"""One run at a time on this machine.

The kernel holds the lock and lets go of it when the process ends, however it ends; so there is no stale lock, no
age after which a lock is broken, and a process id used again means nothing.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pipeline.errors import ConfigurationError, TryLater

MAX_NOTE = 200


@contextmanager
def run_lock(path: Path, now: datetime) -> Iterator[None]:
    """Hold the lock while the block runs.

    Raises TryLater at once when another process holds it (naming its id and start), ConfigurationError when the
    file cannot be made. Must lie on a local disk, as must the ledger.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(
            f"The lock {path} cannot be made: {error.strerror}.", hint="Check run.lock_file and its folder."
        ) from None
    try:
        _take(handle, path)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()} since {now.isoformat(timespec='seconds')}\n".encode(), 0)
        yield
    finally:
        # The file stays: removing it would let two processes lock two files of one name.
        os.close(handle)


def _take(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        note = os.pread(handle, MAX_NOTE, 0).decode("utf-8", "replace").strip()
        holder = note if note.isprintable() and note else "another process"
        raise TryLater(
            f"Another run is at work: {holder} holds {path}.", hint="Wait until it is done; nothing was changed."
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"The lock {path} cannot be taken: {error.strerror}.", hint="Put run.lock_file on a local disk."
        ) from None
