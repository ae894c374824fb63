"""Compile `config/linkage/countries.tsv`: every country's name in the languages of Europe -> ISO code.

Source: Unicode CLDR through Babel (Unicode licence). Regions that count apart (`ES-CT`, `BE-VLG`) and
sub-national names that people type into a country box come from `config/linkage/regions.tsv`, kept by hand.
Run again when Babel brings a new CLDR: `python tools/build_countries.py`.
"""

from __future__ import annotations

from pathlib import Path

from babel import Locale

from pipeline.cleaning.folding import fold

LANGUAGES = """
    en fr de es it pt nl pl ro cs sk hu sl hr sr bs mk sq bg el tr ru uk be lt lv et fi sv da nb nn is ga cy gd mt
    ca eu gl oc br lb rm fy fo se ka hy az ar eo la sr_Latn yi he
""".split()  # noqa: SIM905 - a word list reads better than sixty quoted words
TARGET = Path(__file__).parent.parent / "config" / "linkage" / "countries.tsv"
OTHER_NAMES = {
    "UK": "GB", "U.K.": "GB", "Great Britain": "GB", "Britain": "GB", "EL": "GR", "Hellas": "GR",
    "Holland": "NL", "The Netherlands": "NL", "Czech Republic": "CZ", "Czechia": "CZ", "Turkey": "TR", "Turkiye": "TR",
    "Macedonia": "MK", "Republic of Moldova": "MD", "Republica Moldova": "MD", "Russian Federation": "RU",
    "Republic of Ireland": "IE", "Eire": "IE", "United States of America": "US", "USA": "US", "U.S.A.": "US",
    "Kosova": "XK", "Kosovo": "XK", "Kosove": "XK", "Schweiz Suisse Svizzera": "CH", "Slovak Republic": "SK",
    "Bosnia": "BA", "Deutschland BRD": "DE", "Luxemburg": "LU", "Swiss Confederation": "CH", "Letzebuerg": "LU",
}  # fmt: skip
"""Everyday names CLDR does not list."""
ALPHA3 = {
    "AUT": "AT", "BEL": "BE", "BGR": "BG", "HRV": "HR", "CYP": "CY", "CZE": "CZ", "DNK": "DK", "EST": "EE", "FIN": "FI",
    "FRA": "FR", "DEU": "DE", "GRC": "GR", "HUN": "HU", "IRL": "IE", "ITA": "IT", "LVA": "LV", "LTU": "LT", "LUX": "LU",
    "MLT": "MT", "NLD": "NL", "POL": "PL", "PRT": "PT", "ROU": "RO", "SVK": "SK", "SVN": "SI", "ESP": "ES", "SWE": "SE",
    "ISL": "IS", "LIE": "LI", "NOR": "NO", "CHE": "CH", "GBR": "GB", "TUR": "TR", "MKD": "MK", "SRB": "RS", "MNE": "ME",
    "BIH": "BA", "ALB": "AL", "XKX": "XK", "UKR": "UA", "MDA": "MD", "GEO": "GE", "ARM": "AM", "AZE": "AZ", "BLR": "BY",
    "RUS": "RU", "ISR": "IL", "AND": "AD", "SMR": "SM", "MCO": "MC", "VAT": "VA", "FRO": "FO", "GRL": "GL",
}  # fmt: skip


def main() -> None:
    """Write the table, one `folded name<TAB>code` a line, sorted."""
    names: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in {"EU", "UN", "EZ", "ZZ", "QO", "XA", "XB"}:
                names.setdefault(fold(str(name)), str(code))
                names.setdefault(code.lower(), str(code))
    for table in (ALPHA3, OTHER_NAMES):
        names.update({fold(name): code for name, code in table.items()})
    lines = [f"{name}\t{code}" for name, code in sorted(names.items()) if name]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} names")


if __name__ == "__main__":
    main()
