"""Letters: an introduction, a question, a reminder or the digest -> envelope and exact bytes.

`compose` fills templates and makes letters, `view` prepares what templates may name, `mime` writes the
bytes, `verify` reads them back before anything leaves, `checking` tries templates on sample data.
"""

from __future__ import annotations

from pipeline.letters.compose import (
    DigestData,
    compose_digest,
    compose_introduction,
    compose_question,
    compose_reminder,
    compose_test,
)
from pipeline.letters.mime import ascii_address, needs_smtputf8
from pipeline.letters.verify import ReadBack, read_back

__all__ = [
    "DigestData",
    "ReadBack",
    "ascii_address",
    "compose_digest",
    "compose_introduction",
    "compose_question",
    "compose_reminder",
    "compose_test",
    "needs_smtputf8",
    "read_back",
]
