"""Files written whole or not at all, readable by their owner."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import ConfigurationError


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write every file of the mapping into the folder, replacing what is there.

    Names are the program's own and never come from data. Raises ConfigurationError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, text in files.items():
            beside = folder / f".{name}.new"
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(folder / name)
    except OSError as error:
        raise ConfigurationError(
            f"{folder} cannot be written: {error.strerror}.", hint="Check run.reports, its permissions and the disk."
        ) from None
