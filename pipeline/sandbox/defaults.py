"""What every new spreadsheet looks like before anybody touched it.

The values are Google's, read off recorded answers; written here as the hex colours a person sees in the
theme editor, since the fractions in the API are only those bytes divided by 255 in single precision.
"""

from __future__ import annotations

import struct

from pipeline.sandbox.api_errors import Json

ROWS, COLUMNS = 1000, 26
"""Grid of a new sheet when nobody says otherwise."""

ROW_PIXELS, COLUMN_PIXELS = 21, 100
"""Height and width of an untouched row and column."""

_THEME = {
    "TEXT": "000000",
    "BACKGROUND": "FFFFFF",
    "ACCENT1": "4285F4",
    "ACCENT2": "EA4335",
    "ACCENT3": "FBBC04",
    "ACCENT4": "34A853",
    "ACCENT5": "FF6D01",
    "ACCENT6": "46BDC6",
    "LINK": "1155CC",
}


def single_precision(value: float) -> float:
    """The number a single-precision float would hold, with the digits Google prints."""
    return float(f"{struct.unpack('f', struct.pack('f', value))[0]:.8g}")


def eight_bit_color(color: Json) -> Json:
    """A colour as Google gives it back: fractions cut to bytes, zeros left out.

    0.5 comes back as 127/255 (recorded), so fractions are cut, not rounded; the small allowance keeps
    a fraction that already is a byte over 255 where it is.
    """
    kept: Json = {}
    for part in ("red", "green", "blue"):
        byte = int(float(color.get(part) or 0) * 255 + 1e-4)
        if byte:
            kept[part] = 1 if byte >= 255 else single_precision(byte / 255)
    if color.get("alpha") is not None:
        kept["alpha"] = color["alpha"]
    return kept


def _hex(code: str) -> Json:
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return eight_bit_color({"red": red, "green": green, "blue": blue})


DEFAULT_FORMAT: Json = {
    "backgroundColor": _hex("FFFFFF"),
    "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {
        "foregroundColor": {},
        "fontFamily": "arial,sans,sans-serif",
        "fontSize": 10,
        "bold": False,
        "italic": False,
        "strikethrough": False,
        "underline": False,
        "foregroundColorStyle": {"rgbColor": {}},
    },
    "backgroundColorStyle": {"rgbColor": _hex("FFFFFF")},
}
"""`properties.defaultFormat` of a new spreadsheet."""

SPREADSHEET_THEME: Json = {
    "primaryFontFamily": "Arial",
    "themeColors": [{"colorType": name, "color": {"rgbColor": _hex(code)}} for name, code in _THEME.items()],
}
"""`properties.spreadsheetTheme` of a new spreadsheet."""


def spreadsheet_properties(title: str, locale: str, time_zone: str) -> Json:
    """`properties` of a new spreadsheet."""
    return {
        "title": title,
        "locale": locale,
        "autoRecalc": "ON_CHANGE",
        "timeZone": time_zone,
        "defaultFormat": DEFAULT_FORMAT,
        "spreadsheetTheme": SPREADSHEET_THEME,
    }
