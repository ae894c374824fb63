"""Places by any of their names: Gothenburg is Göteborg.

The table is compiled by `tools/build_places.py` from GeoNames (CC BY 4.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from pipeline.cleaning.data_files import data_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NOWHERE = -1
"""The row of a name that is no place we know."""


def name_hash(name: str) -> int:
    """The key of a folded name in the table: 64 bits of BLAKE2."""
    return int.from_bytes(blake2b(name.encode("ascii"), digest_size=8).digest(), "big")


def country_number(code: str | None) -> int:
    """Two letters as one number; 0 when unknown."""
    return ord(code[0]) * 256 + ord(code[1]) if code else 0


class Places(NamedTuple):
    """The table's columns; see `tools/build_places.py`."""

    name_hash: NDArray[np.uint64]
    name_place: NDArray[np.uint32]
    country: NDArray[np.uint16]
    latitude: NDArray[np.int16]
    longitude: NDArray[np.int16]


@cache
def places() -> Places:
    """The place table, read once."""
    import numpy as np

    with np.load(data_file("linkage", "places.npz")) as table:
        return Places(**{name: table[name] for name in Places._fields})


def find_place(name: str, country: int = 0) -> int:
    """The row of one name, folded and skeletonised: what `find_places` says, without arrays of one."""
    import numpy as np

    table = places()
    wanted = np.uint64(name_hash(name))
    position = int(table.name_hash.searchsorted(wanted))
    while position < len(table.name_hash) and table.name_hash[position] == wanted:
        place = int(table.name_place[position])
        if country in (0, table.country[place]):
            return place
        position += 1
    return NOWHERE


def find_places(names: Sequence[str], countries: Sequence[int]) -> NDArray[np.int32]:
    """The row of each name's largest bearer in the country given (any country when that is 0).

    `names` are folded and skeletonised; `countries` are country numbers. NOWHERE for no such place.
    """
    import numpy as np

    table = places()
    wanted = np.fromiter((name_hash(name) for name in names), dtype=np.uint64, count=len(names))
    country = np.asarray(countries, dtype=np.uint16)
    found = np.full(len(names), NOWHERE, dtype=np.int32)
    position = np.searchsorted(table.name_hash, wanted)
    open_rows = np.arange(len(names))
    for _ in range(40):  # the most bearers one name has in the table, at most
        inside = position[open_rows] < len(table.name_hash)
        open_rows = open_rows[inside]
        open_rows = open_rows[table.name_hash[position[open_rows]] == wanted[open_rows]]
        if not len(open_rows):
            break
        place = table.name_place[position[open_rows]]
        fits = (country[open_rows] == 0) | (table.country[place] == country[open_rows])
        found[open_rows[fits]] = place[fits]
        open_rows = open_rows[~fits]
        position[open_rows] += 1
    return found
