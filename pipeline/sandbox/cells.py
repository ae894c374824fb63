"""CellData: cells as requests describe them and as answers show them."""

from __future__ import annotations

import copy
from typing import Any

from pipeline.sandbox.api_errors import Json, invalid, unknown_name
from pipeline.sandbox.defaults import DEFAULT_FORMAT, eight_bit_color
from pipeline.sandbox.grid import BLANK, Cell, Sheet, Spreadsheet
from pipeline.sandbox.masks import Mask, apply_mask, below, merge_masked, wants
from pipeline.sandbox.values import CellError, Formula, Shown, Value, checked_text, show, tidy

_EXTRA = ("textFormatRuns", "chipRuns", "pivotTable", "hyperlink")
_COLORS = {
    "backgroundColor": "backgroundColorStyle",
    "foregroundColor": "foregroundColorStyle",
    "color": "colorStyle",
}
_KNOWN = {"userEnteredValue", "userEnteredFormat", "note", "dataValidation", *_EXTRA}
_READ_ONLY = {"effectiveValue", "effectiveFormat", "formattedValue"}


def entered_value(extended: Json | None) -> Value:
    """An ExtendedValue as a cell stores it. A string that begins with `=` stays text (live-probed).

    Raises ApiError 400 for unknown kinds and for text too long for a cell.
    """
    if not extended:
        return None
    kinds = [name for name, value in extended.items() if value is not None]
    if len(kinds) > 1:
        raise invalid("Only one kind of value may be set in an ExtendedValue.")
    if not kinds:
        return None
    kind, value = kinds[0], extended[kinds[0]]
    if kind == "stringValue":
        return checked_text(str(value))
    if kind == "numberValue":
        return tidy(value)
    if kind == "boolValue":
        return bool(value)
    if kind == "formulaValue":
        text = str(value)
        return Formula(text if text.startswith("=") else f"={text}")
    raise unknown_name(kind, "cell.user_entered_value")


def shown_value(value: Shown) -> Json | None:
    """A value as ExtendedValue."""
    if value is None:
        return None
    if isinstance(value, CellError):
        return {"errorValue": {"type": value.kind, "message": value.message}}
    if isinstance(value, Formula):
        return {"formulaValue": str(value)}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"numberValue": value}


def normal_colors(value: Any) -> Any:
    """A format or rule with its colours as Google gives them back.

    Cuts colours to bytes and fills each `...Color` and `...ColorStyle` from the other (recorded).
    """
    if isinstance(value, list):
        return [normal_colors(item) for item in value]
    if not isinstance(value, dict):
        return value
    result: Json = {}
    for name, item in value.items():
        is_color = isinstance(item, dict) and (name in _COLORS or name in ("tabColor", "rgbColor"))
        result[name] = eight_bit_color(item) if is_color else normal_colors(item)
    for plain, style in _COLORS.items():
        if plain in result and style not in value and isinstance(result[plain], dict):
            result[style] = {"rgbColor": result[plain]}
        elif style in result and "rgbColor" in (result[style] or {}):
            result[plain] = result[style]["rgbColor"]
    return result


def _with_style_twins(mask: Mask | None) -> Mask | None:
    """A mask that names a colour names both spellings of it."""
    if mask is None:
        return None
    widened: Mask = {name: _with_style_twins(sub) for name, sub in mask.items()}
    for plain, style in _COLORS.items():
        if plain in mask or style in mask:
            widened[plain] = widened[style] = None
    return widened


def patched(cell: Cell, data: Json, mask: Mask | None) -> Cell:
    """The cell after a request wrote the fields of `mask` from `data`; a field left out is cleared."""
    for name in data:
        if name not in _KNOWN and name not in _READ_ONLY:
            raise unknown_name(name, "rows.values")
    value, style, note, validation, extra = cell
    if wants(mask, "userEnteredValue"):
        value = entered_value(data.get("userEnteredValue"))
    if wants(mask, "userEnteredFormat"):
        wanted = _with_style_twins(below(mask, "userEnteredFormat"))
        new_style = normal_colors(data.get("userEnteredFormat"))
        style = merge_masked(style, new_style, wanted) or None
    if wants(mask, "note"):
        note = data.get("note") or None
    if wants(mask, "dataValidation"):
        validation = merge_masked(validation, data.get("dataValidation"), below(mask, "dataValidation")) or None
    rare = {name: data.get(name) for name in _EXTRA if wants(mask, name)}
    if rare and (extra or any(rare.values())):
        extra = {k: v for k, v in ((extra or {}) | rare).items() if v} or None
    return Cell(value, style, note, validation, extra)


def number_format(cell: Cell) -> Json | None:
    """The cell's number format, if it has one."""
    return cell.style.get("numberFormat") if cell.style else None


def effective_format(cell: Cell) -> Json:
    """The format the cell is shown in: the default with its own on top."""
    if not cell.style:
        return DEFAULT_FORMAT
    return _laid_over(DEFAULT_FORMAT, cell.style)


def _laid_over(base: Json, top: Json) -> Json:
    merged = copy.copy(base)
    for name, value in top.items():
        nested = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = _laid_over(merged[name], value) if nested and name not in _COLORS else value
    return merged


def cell_data(book: Spreadsheet, sheet: Sheet, row: int, column: int, cell: Cell, mask: Mask | None) -> Json:
    """The cell as CellData, only the fields the mask asks for."""
    if cell is BLANK:
        return {}
    shown: Json = {}
    if cell.value is not None:
        result = book.shown(sheet, row, column, cell)
        entered = shown_value(cell.value)
        if wants(mask, "userEnteredValue"):
            shown["userEnteredValue"] = entered
        if wants(mask, "effectiveValue"):
            shown["effectiveValue"] = entered if result is cell.value else shown_value(result)
        if wants(mask, "formattedValue"):
            shown["formattedValue"] = show(result, number_format(cell), book.rules)
    _attachments(shown, cell, mask)
    if mask is not None and any(sub is not None for sub in mask.values()):
        return dict(apply_mask(shown, mask))
    return shown


def _attachments(shown: Json, cell: Cell, mask: Mask | None) -> None:
    if cell.style and wants(mask, "userEnteredFormat"):
        shown["userEnteredFormat"] = cell.style
    if wants(mask, "effectiveFormat"):
        shown["effectiveFormat"] = effective_format(cell)
    if cell.note and wants(mask, "note"):
        shown["note"] = cell.note
    if cell.validation and wants(mask, "dataValidation"):
        shown["dataValidation"] = cell.validation
    if cell.extra:
        shown |= {name: value for name, value in cell.extra.items() if wants(mask, name)}
