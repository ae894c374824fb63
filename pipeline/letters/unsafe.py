"""The one refusal of this stage."""

from __future__ import annotations

from pipeline.errors import MatchmakerError


class MessageUnsafe(MatchmakerError):
    """A letter that must not leave: its bytes say something else than was approved. The caller holds it."""

    def __init__(self, message: str, *, hint: str = "Hold this letter and look at the answers it is made of.") -> None:
        super().__init__(message, hint=hint)
