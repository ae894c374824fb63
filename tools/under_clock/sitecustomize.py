"""Mends `time.sleep` under faketime: python processes of `make test-under-clock` read this before anything else.

libfaketime 0.9.10 moves the end of an absolute sleep by its own shift even where it leaves the monotonic clock alone,
and `time.sleep` of Python 3.11 and newer ends in "Invalid argument". Waiting for nothing takes as long and is let be.
"""

import select
import time


def sleep(seconds: float, /) -> None:
    """Pause for that long."""
    select.select([], [], [], seconds)


time.sleep = sleep  # type: ignore[assignment]
