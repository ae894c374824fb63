"""A day, a time, a time zone and a seed, other ones for every commit: what `.ci/run` runs the tests under once more.

    python tools/clock_of_commit.py [COMMIT]

prints `CLOCK='2028-02-11 23:48' ZONE=Pacific/Auckland SEED=1234`, ready to stand behind `make test-under-clock`.
The same commit always gives the same line, so that what failed can be repeated.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

ZONES = ("UTC", "Europe/Brussels", "Pacific/Auckland", "America/New_York", "Asia/Kolkata", "Pacific/Honolulu")
"""Ours first; then far to the east and to the west, with and without summer time, and one half an hour off."""
YEARS = 3


def clock_of(commit: str, day: datetime) -> str:
    """The words for make, from a commit's hash (hexadecimal): an instant in the `YEARS` years after the day."""
    number = int(commit, 16)
    number, minute = divmod(number, YEARS * 365 * 24 * 60)
    number, zone = divmod(number, len(ZONES))
    when = (day.astimezone(UTC) + timedelta(minutes=minute)).astimezone(ZoneInfo(ZONES[zone]))
    return f"CLOCK='{when:%Y-%m-%d %H:%M}' ZONE={ZONES[zone]} SEED={number % 2**32}"


def main() -> None:
    """Print the words for a commit, by default the one that is checked out."""
    commit = sys.argv[1] if len(sys.argv) > 1 else "HEAD"
    command = ["git", "show", "--no-patch", "--format=%H %ct", commit]
    found, seconds = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    print(clock_of(found, datetime.fromtimestamp(int(seconds), UTC)))


if __name__ == "__main__":
    main()
