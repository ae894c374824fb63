"""Records made short."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from pipeline.linkage import Record


@pytest.fixture
def record() -> Callable[..., Record]:
    """Record("name", country, city, website, email); ids R1, R2, ... in order of making."""
    numbers = count(1)

    def make(
        organisation: str,
        country: str | None = None,
        city: str | None = None,
        website: str | None = None,
        email: str | None = None,
        *,
        record_id: str | None = None,
        oid: str | None = None,
        parent: str | None = None,
        also: tuple[str, ...] = (),
    ) -> Record:
        return Record(
            record_id=record_id or f"R{next(numbers)}",
            organisation=organisation,
            country=country,
            city=city,
            website=website,
            email=email,
            oid=oid,
            parent=parent,
            also_known_as=also,
        )

    return make
