"""Write config/matching/places.toml: what countries are called in the languages of the forms.

Country names come from the Unicode CLDR through Babel; the regions and short forms below are ours.
Run it again when a country or language is to be added:  .venv/bin/python tools/build_matching_places.py
"""

from __future__ import annotations

from pathlib import Path

from babel import Locale

COUNTRIES = [
    "AD",
    "AL",
    "AM",
    "AT",
    "AZ",
    "BA",
    "BE",
    "BG",
    "BY",
    "CH",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FO",
    "FR",
    "GB",
    "GE",
    "GR",
    "HR",
    "HU",
    "IE",
    "IS",
    "IT",
    "LI",
    "LT",
    "LU",
    "LV",
    "MA",
    "MC",
    "MD",
    "ME",
    "MK",
    "MT",
    "NL",
    "NO",
    "PL",
    "PT",
    "RO",
    "RS",
    "SE",
    "SI",
    "SK",
    "SM",
    "TN",
    "TR",
    "UA",
    "XK",
]
LANGUAGES = ["en", "fr", "es", "ca", "de", "nl", "sv", "nb", "da", "it", "pt", "fi", "pl", "lt", "hr", "sl", "eu", "gl"]
TARGET = Path(__file__).resolve().parent.parent / "config" / "matching" / "places.toml"

EXTRA = {
    "NL": ["Holland", "the Netherlands"],
    "GB": ["UK", "Great Britain", "England", "Scotland", "Wales"],
    "CZ": ["Czech Republic"],
    "TR": ["Turkey"],
    "MK": ["Macedonia"],
    "IE": ["Republic of Ireland"],
}
REGIONS = {
    "ES-CT": ["Catalonia", "Catalunya", "Cataluña", "Catalogne", "Katalonien", "Catalogna", "Catalonië", "Katalonia"],
    "BE-VLG": ["Flanders", "Vlaanderen", "Flandre", "Flandres", "Flandern", "Flandes", "Fiandre", "Flemish Region"],
}
WITHIN = {"ES": ["ES", "ES-CT"], "BE": ["BE", "BE-VLG"]}


def main() -> None:
    """Write the file, one country a line, names in order of language and without repetition."""
    lines = [
        "# What places are called. Made by tools/build_matching_places.py; country names from the Unicode CLDR.",
        "# Two regions count apart from their country.",
        "",
        "[places]",
    ]
    for code in COUNTRIES:
        names = [str(Locale.parse(language).territories.get(code, "")) for language in LANGUAGES]
        lines.append(f"{code} = {_list([*names, *EXTRA.get(code, [])])}")
    lines += [f'"{code}" = {_list(names)}' for code, names in REGIONS.items()]
    lines += ["", "# Who says the country means its regions too.", "[within]"]
    lines += [f"{code} = {_list(parts)}" for code, parts in WITHIN.items()]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _list(values: list[str]) -> str:
    unique = dict.fromkeys(value for value in values if value)
    return "[" + ", ".join(f'"{value}"' for value in unique) + "]"


if __name__ == "__main__":
    main()
