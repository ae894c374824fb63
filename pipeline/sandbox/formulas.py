"""Working out simple formulas: arithmetic, comparison, text, references, and the functions people use.

Far from all of Google's functions; one that is not here gives `#NAME?`, as an unknown one does there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Protocol

from pipeline.sandbox.a1 import Bounds, column_letters, parse_bounds
from pipeline.sandbox.values import CellError, Shown, tidy

Grid = list[list[Shown]]
"""The values of a range, row by row."""

Operand = Shown | Grid


class References(Protocol):
    """Looks up the cells a formula names."""

    def cells(self, title: str | None, bounds: Bounds) -> Grid | CellError:
        """The values of a range on a sheet; None as title means the formula's own sheet."""
        ...

    def today(self) -> float:
        """Now as a serial number in the spreadsheet's time zone."""
        ...


_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
    |(?P<text>"(?:[^"]|"")*")
    |(?P<reference>(?:(?:'(?:[^']|'')+'|[A-Za-z_]\w*)!)?
        (?:\$?[A-Za-z]{1,3}\$?\d+(?::\$?[A-Za-z]{1,3}(?:\$?\d+)?)?
        |\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}|\$?\d+:\$?\d+)(?![\w(]))
    |(?P<name>[A-Za-z_][\w.]*)
    |(?P<operator><>|<=|>=|[-+*/^&=<>%(),;{}]))""",
    re.VERBOSE,
)
_PRECEDENCE = {"=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 5}
_PARSE_ERROR = CellError("#ERROR!", "Formula parse error.")
_VALUE_ERROR = CellError("#VALUE!", "A value of the wrong type was used.")
_DIVISION = CellError("#DIV/0!", "Function DIVIDE parameter 2 cannot be zero.")


class _FormulaError(Exception):
    def __init__(self, error: CellError) -> None:
        super().__init__(error.shown)
        self.error = error


def evaluate(formula: str, references: References) -> Shown:
    """What the formula comes to; never raises, errors are values."""
    try:
        result = _Parser(formula[1:], references).whole()
        if isinstance(result, list):
            result = result[0][0] if result and result[0] else None
    except _FormulaError as error:
        return error.error
    except (ArithmeticError, ValueError):
        return CellError("#NUM!", "The result is not a number.")
    if isinstance(result, float):
        return tidy(result) if math.isfinite(result) else CellError("#NUM!", "The result is too large.")
    return 0 if result is None else result


class _Parser:
    """Reads and works out in one pass (precedence climbing)."""

    def __init__(self, text: str, references: References) -> None:
        self.references = references
        self.tokens: list[tuple[str, str]] = []
        place, text = 0, text.rstrip()
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                raise _FormulaError(_PARSE_ERROR)
            kind = match.lastgroup or ""
            self.tokens.append((kind, match.group(kind)))
            place = match.end()
        self.place = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", "")

    def take(self, expected: str = "") -> tuple[str, str]:
        token = self.peek()
        if token[0] == "end" or (expected and token[1] != expected):
            raise _FormulaError(_PARSE_ERROR)
        self.place += 1
        return token

    def whole(self) -> Operand:
        result = self.expression(0)
        if self.peek()[0] != "end":
            raise _FormulaError(_PARSE_ERROR)
        return result

    def expression(self, floor: int) -> Operand:
        left = self.unary()
        while True:
            kind, text = self.peek()
            if kind != "operator" or _PRECEDENCE.get(text, 0) <= floor:
                return left
            self.take()
            left = _operate(text, _single(left), _single(self.expression(_PRECEDENCE[text])))

    def unary(self) -> Operand:
        kind, text = self.peek()
        if kind == "operator" and text in "+-":
            self.take()
            value = self.unary()
            return -_number(_single(value)) if text == "-" else value
        value = self.atom()
        while self.peek() == ("operator", "%"):
            self.take()
            value = _number(_single(value)) / 100
        return value

    def atom(self) -> Operand:
        kind, text = self.take()
        if kind == "number":
            return tidy(float(text))
        if kind == "text":
            return text[1:-1].replace('""', '"')
        if kind == "reference":
            return self.reference(text)
        if kind == "name":
            return self.call(text.upper())
        if text == "(":
            value = self.expression(0)
            self.take(")")
            return value
        raise _FormulaError(_PARSE_ERROR)

    def reference(self, text: str) -> Operand:
        title, mark, rest = text.rpartition("!")
        bounds = parse_bounds(rest)
        if bounds is None:
            raise _FormulaError(_PARSE_ERROR)
        grid = self.references.cells(title.strip("'").replace("''", "'") if mark else None, bounds)
        if isinstance(grid, CellError):
            raise _FormulaError(grid)
        return grid if ":" in rest else grid[0][0]

    def call(self, name: str) -> Operand:
        if name in ("TRUE", "FALSE") and self.peek()[1] != "(":
            return name == "TRUE"
        if self.peek()[1] != "(":
            raise _FormulaError(CellError("#NAME?", f"Unknown range name: '{name}'."))
        self.take("(")
        arguments: list[Operand] = []
        while self.peek()[1] != ")":
            arguments.append(self.argument())
            if self.peek()[1] in (",", ";"):
                self.take()
            elif self.peek()[1] != ")":
                raise _FormulaError(_PARSE_ERROR)
        self.take(")")
        if name in ("TODAY", "NOW"):
            now = self.references.today()
            return int(now) if name == "TODAY" else now
        function = FUNCTIONS.get(name)
        if function is None:
            raise _FormulaError(CellError("#NAME?", f"Unknown function: '{name}'."))
        return _call(function, name, arguments)

    def argument(self) -> Operand:
        try:
            return self.expression(0)
        except _FormulaError as error:
            if error.error is _PARSE_ERROR:
                raise
            return error.error


def _call(function: Callable[..., Shown], name: str, arguments: list[Operand]) -> Shown:
    if name not in ("IFERROR", "ISERROR"):
        for value in _flat(arguments):
            if isinstance(value, CellError) and name != "IF":
                raise _FormulaError(value)
    try:
        return function(*arguments)
    except TypeError as error:
        raise _FormulaError(CellError("#N/A", f"Wrong number of arguments to {name}.")) from error


def _single(value: Operand) -> Shown:
    if isinstance(value, list):
        value = value[0][0] if value and value[0] else None
    if isinstance(value, CellError):
        raise _FormulaError(value)
    return value


def _number(value: Operand) -> float:
    value = _single(value)
    if value is None or value == "":
        return 0
    if isinstance(value, int | float):
        return value
    try:
        return tidy(float(str(value)))
    except ValueError:
        raise _FormulaError(_VALUE_ERROR) from None


def _text(value: Operand) -> str:
    value = _single(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return "" if value is None else str(value)


def _rank(value: Shown) -> tuple[int, float, str]:
    if isinstance(value, bool):
        return 2, float(value), ""
    if isinstance(value, int | float):
        return 0, value, ""
    return 1, 0, str(value or "").casefold()


def _divide(left: float, right: float) -> float:
    if right == 0:
        raise _FormulaError(_DIVISION)
    return left / right


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divide,
    "^": lambda left, right: float(left**right),
}
_COMPARISON: dict[str, Callable[[tuple[int, float, str], tuple[int, float, str]], bool]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


def _operate(operator: str, left: Shown, right: Shown) -> Shown:
    if operator == "&":
        return _text(left) + _text(right)
    if operator in _COMPARISON:
        return _COMPARISON[operator](_rank(left), _rank(right))
    return _ARITHMETIC[operator](_number(left), _number(right))


def _flat(arguments: list[Operand] | tuple[Operand, ...]) -> Iterator[Shown]:
    for argument in arguments:
        if isinstance(argument, list):
            for row in argument:
                yield from row
        else:
            yield argument


def _numbers(arguments: tuple[Operand, ...]) -> list[float]:
    """Numbers among the arguments; inside ranges text and booleans do not count."""
    found: list[float] = []
    for argument in arguments:
        if isinstance(argument, list):
            found += [v for v in _flat((argument,)) if isinstance(v, int | float) and not isinstance(v, bool)]
        else:
            found.append(_number(argument))
    return found


def _average(*arguments: Operand) -> float:
    numbers = _numbers(arguments)
    return _divide(sum(numbers), len(numbers))


def _if(condition: Operand, then: Operand = True, otherwise: Operand = False) -> Shown:  # noqa: FBT002
    return _single(then) if _truth(condition) else _single(otherwise)


def _truth(value: Operand) -> bool:
    single = _single(value)
    if isinstance(single, str) and single.upper() in ("TRUE", "FALSE"):
        return single.upper() == "TRUE"
    return bool(_number(single))


def _if_error(value: Operand, otherwise: Operand = None) -> Shown:
    first = value[0][0] if isinstance(value, list) else value
    return _single(otherwise) if isinstance(first, CellError) else first


def _round(value: Operand, places: Operand = 0) -> float:
    scale = 10.0 ** int(_number(places))
    number = _number(value) * scale
    return (int(abs(number) + 0.5) * (1 if number >= 0 else -1)) / scale


def _count_if(values: Operand, criterion: Operand) -> int:
    wanted = _single(criterion)
    return sum(1 for value in _flat((values,)) if value is not None and _rank(value) == _rank(wanted))


FUNCTIONS: dict[str, Callable[..., Shown]] = {
    "SUM": lambda *a: sum(_numbers(a)),
    "AVERAGE": _average,
    "COUNT": lambda *a: sum(isinstance(v, int | float) and not isinstance(v, bool) for v in _flat(a)),
    "COUNTA": lambda *a: sum(v is not None for v in _flat(a)),
    "COUNTIF": _count_if,
    "MIN": lambda *a: min(_numbers(a), default=0),
    "MAX": lambda *a: max(_numbers(a), default=0),
    "ABS": lambda value: abs(_number(value)),
    "ROUND": _round,
    "IF": _if,
    "IFERROR": _if_error,
    "ISERROR": lambda value: isinstance(value, CellError),
    "ISBLANK": lambda value: _single(value) is None,
    "AND": lambda *a: all(_truth(v) for v in _flat(a)),
    "OR": lambda *a: any(_truth(v) for v in _flat(a)),
    "NOT": lambda value: not _truth(value),
    "CONCATENATE": lambda *a: "".join(_text(v) for v in _flat(a)),
    "CONCAT": lambda left, right: _text(left) + _text(right),
    "LEN": lambda value: len(_text(value)),
    "UPPER": lambda value: _text(value).upper(),
    "LOWER": lambda value: _text(value).lower(),
    "TRIM": lambda value: " ".join(_text(value).split()),
    "HYPERLINK": lambda link, label=None: _text(link if label is None else label),
    "TRUE": lambda: True,
    "FALSE": lambda: False,
}
"""The functions that are answered."""


_SHIFTABLE = re.compile(
    r'"(?:[^"]|"")*"|(?:(?P<title>\'(?:[^\']|\'\')+\'|[A-Za-z_]\w*)!)?'
    r"(?<![\w$])(?P<column>\$?[A-Za-z]{1,3})(?P<row>\$?\d+)(?![\w(!])"
)


def shift_references(
    formula: str, moved: Callable[[int, int], tuple[int, int] | None], *, own_sheet: bool, title: str
) -> str:
    """The formula after rows or columns of the sheet `title` moved.

    `moved` maps (row, column) to where the cell is now, or None if it was deleted (`#REF!`). References
    without a title belong to the formula's sheet, which is `title` when `own_sheet`.
    """

    def replace(match: re.Match[str]) -> str:
        if match["column"] is None:
            return match.group()
        named = match["title"]
        here = own_sheet if named is None else named.strip("'").replace("''", "'") == title
        bounds = parse_bounds(match["column"] + match["row"])
        if not here or bounds is None or bounds.top is None or bounds.left is None:
            return match.group()
        place = moved(bounds.top, bounds.left)
        prefix = f"{named}!" if named else ""
        if place is None:
            return prefix + "#REF!"
        column_mark = "$" if match["column"].startswith("$") else ""
        row_mark = "$" if match["row"].startswith("$") else ""
        return f"{prefix}{column_mark}{column_letters(place[1])}{row_mark}{place[0] + 1}"

    return _SHIFTABLE.sub(replace, formula)
