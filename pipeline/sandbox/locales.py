"""How a spreadsheet's locale shows and reads numbers, dates and truth.

Google formats by the locale of the spreadsheet, not of the caller. Patterns and words are those of the
spreadsheet editor for the languages our members use; an unknown locale falls back to its language, then
to American English.
"""

from __future__ import annotations

from typing import NamedTuple


class LocaleRules(NamedTuple):
    """Separators, the order of a typed date, the pattern of a shown date, and the words for truth."""

    decimal: str = "."
    thousands: str = ","
    order: str = "mdy"
    date_pattern: str = "M/d/yyyy"
    true: str = "TRUE"
    false: str = "FALSE"


_ENGLISH = LocaleRules()
_BRITISH = LocaleRules(order="dmy", date_pattern="dd/MM/yyyy")
_NO_BREAK = "\u202f"

_RULES: dict[str, LocaleRules] = {
    "en": _ENGLISH,
    "en_GB": _BRITISH,
    "en_IE": _BRITISH,
    "en_AU": _BRITISH,
    "fr": LocaleRules(",", _NO_BREAK, "dmy", "dd/MM/yyyy", "VRAI", "FAUX"),
    "de": LocaleRules(",", ".", "dmy", "dd.MM.yyyy", "WAHR", "FALSCH"),
    "es": LocaleRules(",", ".", "dmy", "d/M/yyyy", "VERDADERO", "FALSO"),
    "ca": LocaleRules(",", ".", "dmy", "d/M/yyyy", "CERT", "FALS"),
    "it": LocaleRules(",", ".", "dmy", "dd/MM/yyyy", "VERO", "FALSO"),
    "pt": LocaleRules(",", ".", "dmy", "dd/MM/yyyy", "VERDADEIRO", "FALSO"),
    "nl": LocaleRules(",", ".", "dmy", "d-M-yyyy", "WAAR", "ONWAAR"),
    "sv": LocaleRules(",", "\u00a0", "ymd", "yyyy-MM-dd", "SANT", "FALSKT"),
    "da": LocaleRules(",", ".", "dmy", "dd.MM.yyyy", "SAND", "FALSK"),
    "no": LocaleRules(",", "\u00a0", "dmy", "dd.MM.yyyy", "SANN", "USANN"),
    "fi": LocaleRules(",", "\u00a0", "dmy", "d.M.yyyy", "TOSI", "EPÄTOSI"),
    "pl": LocaleRules(",", "\u00a0", "dmy", "dd.MM.yyyy", "PRAWDA", "FAŁSZ"),
}


def rules_for(locale: str) -> LocaleRules:
    """The rules of `fr_FR`, or of `fr`, or American English."""
    language = locale.partition("_")[0]
    return _RULES.get(locale) or _RULES.get({"nb": "no", "nn": "no"}.get(language, language)) or _ENGLISH
