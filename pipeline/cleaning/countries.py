"""The country behind what somebody typed, in any language of Europe; two regions count apart."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from pipeline.cleaning.data_files import data_file
from pipeline.cleaning.folding import fold

_BRACKETS = re.compile(r"[(\[{]([^)\]}]*)[)\]}]?")


@cache
def country_names() -> dict[str, str]:
    """Folded name -> code, from `config/linkage/countries.tsv` (CLDR) and `regions.tsv` (by hand)."""
    names: dict[str, str] = {}
    for file in ("countries.tsv", "regions.tsv"):
        for line in data_file("linkage", file).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                name, code = line.split("\t")
                names[fold(name)] = code
    return names


def _nearest_country(folded: str) -> str | None:
    """The country one slip of the finger away ("Gemrany"), if exactly one code is nearest."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    if len(folded) < 5:
        return None
    allowed = 2 if len(folded) >= 8 else 1
    names = country_names()
    found = process.extract(folded, names.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=None)
    close = [(distance, names[name]) for name, distance, _ in found if len(name) > 3]
    nearest = {code for distance, code in close if distance == min(close)[0]}
    return nearest.pop() if len(nearest) == 1 else None


@lru_cache(maxsize=20_000)
def country_code(text: str | None) -> str | None:
    """The country behind what somebody typed, in any language of Europe; None when it says nothing we know.

    ISO 3166-1 alpha-2, or `ES-CT` / `BE-VLG` for the two regions that count apart ("Spain (Catalonia)").
    A slip of the finger is forgiven; a code ("SE", "SWE") is read as one.
    """
    folded = fold(text)
    if not text or not folded:
        return None
    names = country_names()
    if folded in names:
        return names[folded]
    inside = [names[part] for part in (fold(found) for found in _BRACKETS.findall(text)) if part in names]
    outside = names.get(fold(_BRACKETS.sub(" ", text)))
    specific = next((code for code in (outside, *inside) if code and "-" in code), None)
    if specific or outside or inside:
        return specific or outside or inside[0]
    parts = [names[part] for part in (fold(piece) for piece in re.split(r"[,;/|–-]", text)) if part in names]
    if parts:
        return next((code for code in parts if "-" in code), parts[-1])
    return _nearest_country(folded)


def country_only(code: str | None) -> str | None:
    """The state of a country code: `ES` for `ES-CT`."""
    return code.split("-", 1)[0] if code else None
