// How a cell looks: the formats and conditional formats of the API as styles.

/** A colour of the API as CSS; missing parts are 0, as in Google's answers. */
export function colour(style, plain) {
  const rgb = style?.rgbColor ?? plain;
  if (!rgb) return "";
  const part = (value) => Math.round((value ?? 0) * 255);
  return `rgb(${part(rgb.red)} ${part(rgb.green)} ${part(rgb.blue)})`;
}

export const valueOf = (cell) => cell?.effectiveValue ?? cell?.userEnteredValue ?? {};

/** The text a person sees in a cell. */
export function textOf(cell) {
  if (!cell) return "";
  if (cell.formattedValue !== undefined) return cell.formattedValue;
  const value = valueOf(cell);
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.numberValue !== undefined) return String(value.numberValue);
  if (value.boolValue !== undefined) return value.boolValue ? "TRUE" : "FALSE";
  return value.formulaValue ?? "";
}

/** The text a person edits: a formula as written, everything else as seen. */
export const editableText = (cell) => cell?.userEnteredValue?.formulaValue ?? textOf(cell);

export const isCheckbox = (cell) => cell?.dataValidation?.condition?.type === "BOOLEAN";

export const isTicked = (cell) => valueOf(cell).boolValue === true;

export function covers(range, row, column) {
  return (
    row >= (range.startRowIndex ?? 0) &&
    row < (range.endRowIndex ?? Infinity) &&
    column >= (range.startColumnIndex ?? 0) &&
    column < (range.endColumnIndex ?? Infinity)
  );
}

const lower = (text) => String(text).toLowerCase();

const conditions = {
  TEXT_STARTS_WITH: (text, [wanted]) => lower(text).startsWith(lower(wanted)),
  TEXT_ENDS_WITH: (text, [wanted]) => lower(text).endsWith(lower(wanted)),
  TEXT_CONTAINS: (text, [wanted]) => lower(text).includes(lower(wanted)),
  TEXT_NOT_CONTAINS: (text, [wanted]) => !lower(text).includes(lower(wanted)),
  TEXT_EQ: (text, [wanted]) => lower(text) === lower(wanted),
  BLANK: (text) => text === "",
  NOT_BLANK: (text) => text !== "",
  NUMBER_GREATER: (text, [wanted]) => text !== "" && Number(text) > Number(wanted),
  NUMBER_LESS: (text, [wanted]) => text !== "" && Number(text) < Number(wanted),
};

// The few shapes of formula that are written by programs like ours; others colour nothing.
const formula = /^=\s*(?:(LEFT)\(\s*)?\$?([A-Z]+)\$?(\d+)(?:\s*,\s*(\d+)\s*\))?\s*(?:=\s*(TRUE|FALSE|"(?:[^"]|"")*"))?$/i;

function columnIndex(letters) {
  return [...letters.toUpperCase()].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function customFormula(text, range, row, cellAt) {
  const parts = formula.exec(text);
  if (!parts) return false;
  const [, left, letters, number, length, wanted] = parts;
  const seen = textOf(cellAt(row - (range.startRowIndex ?? 0) + Number(number) - 1, columnIndex(letters)));
  const compared = left ? seen.slice(0, Number(length ?? 1)) : seen;
  return lower(compared) === lower((wanted ?? "TRUE").replace(/^"|"$/g, "").replaceAll('""', '"'));
}

function conditionalFormats(sheet, row, column, cellAt) {
  const matching = [];
  for (const rule of sheet.conditionalFormats ?? []) {
    const range = (rule.ranges ?? []).find((one) => covers(one, row, column));
    const condition = rule.booleanRule?.condition;
    if (!range || !condition) continue;
    const values = (condition.values ?? []).map((value) => value.userEnteredValue ?? "");
    const holds =
      condition.type === "CUSTOM_FORMULA"
        ? customFormula(values[0] ?? "", range, row, cellAt)
        : conditions[condition.type]?.(textOf(cellAt(row, column)), values);
    if (holds) matching.push(rule.booleanRule.format ?? {});
  }
  return matching;
}

const horizontal = { LEFT: "left", CENTER: "center", RIGHT: "right" };
const vertical = { TOP: "top", MIDDLE: "middle", BOTTOM: "bottom" };

/** Puts the cell's own and conditional formats on an element, through the CSSOM (the CSP allows no style text). */
export function dress(target, sheet, row, column, cellAt) {
  const cell = cellAt(row, column);
  const own = cell?.userEnteredFormat ?? {};
  const formats = [...conditionalFormats(sheet, row, column, cellAt), own];
  const first = (pick) => formats.map(pick).find((value) => value !== undefined && value !== "");
  const background = first((format) => colour(format.backgroundColorStyle, format.backgroundColor));
  const ink = first((format) => colour(format.textFormat?.foregroundColorStyle, format.textFormat?.foregroundColor));
  if (background) target.style.backgroundColor = background;
  if (ink) target.style.color = ink;
  if (first((format) => format.textFormat?.bold)) target.style.fontWeight = "650";
  if (first((format) => format.textFormat?.italic)) target.style.fontStyle = "italic";
  if (first((format) => format.textFormat?.strikethrough)) target.style.textDecoration = "line-through";
  const isNumber = valueOf(cell).numberValue !== undefined;
  target.style.textAlign = horizontal[own.horizontalAlignment] ?? (isNumber ? "right" : "");
  target.style.verticalAlign = vertical[own.verticalAlignment] ?? "";
  if (own.wrapStrategy === "WRAP") target.classList.add("wraps");
}
