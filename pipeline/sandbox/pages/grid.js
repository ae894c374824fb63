// The grid of one tab: drawing it, moving in it, ticking and editing. What to do about it is the page's business.
import { element } from "/static/common.js";
import { cellName, columnLetters } from "/static/api.js";
import { covers, dress, editableText, isCheckbox, isTicked, textOf, valueOf } from "/static/look.js";

const ROWS_AT_ONCE = 300;
const SPARE_ROWS = 12;
const SPARE_COLUMNS = 1;
const LONGEST_SHOWN = 1500;

/** A column may hold boxes down to the end of the tab: what people read ends before them. */
const isFilled = (cell) => cell && (isCheckbox(cell) ? isTicked(cell) : textOf(cell) !== "");

export class Grid {
  /** `events`: moved(cell), edited(row, column, value), menu(row, column, place), mayEdit(row, column) -> Promise */
  constructor(place, events) {
    this.place = place;
    this.events = events;
    this.at = { row: 0, column: 0 };
    this.shownRows = ROWS_AT_ONCE;
    this.editor = null;
    place.addEventListener("keydown", (event) => this.onKey(event));
    place.addEventListener("focusin", (event) => this.onFocus(event));
    place.addEventListener("dblclick", (event) => this.onDoubleClick(event));
    place.addEventListener("contextmenu", (event) => this.onContextMenu(event));
    place.addEventListener("change", (event) => this.onTick(event));
    place.addEventListener("click", (event) => this.onClick(event));
    place.addEventListener("copy", (event) => this.onCopy(event));
    place.addEventListener("paste", (event) => this.onPaste(event));
  }

  get isEditing() {
    return this.editor !== null;
  }

  cellAt = (row, column) => this.sheet?.data?.[0]?.rowData?.[row]?.values?.[column];

  protectionAt(row, column) {
    return (this.sheet.protectedRanges ?? []).find((one) => {
      const inside = !one.range || covers(one.range, row, column);
      return inside && !(one.unprotectedRanges ?? []).some((free) => covers(free, row, column));
    });
  }

  /** Draws a tab anew, keeping the place one was at when it is the same tab. */
  show(sheet) {
    const isSameTab = this.sheet?.properties.sheetId === sheet.properties.sheetId;
    const hadFocus = this.place.contains(document.activeElement);
    const { scrollTop, scrollLeft } = this.place;
    this.sheet = sheet;
    const grid = sheet.properties.gridProperties ?? {};
    const data = sheet.data?.[0] ?? {};
    const rows = data.rowData ?? [];
    const lastColumn = rows.reduce((last, row) => Math.max(last, (row.values ?? []).findLastIndex(isFilled)), -1);
    const lastRow = rows.findLastIndex((row) => (row.values ?? []).some(isFilled));
    this.frozenRows = grid.frozenRowCount ?? 0;
    this.rowCount = Math.min(grid.rowCount ?? 0, Math.max(lastRow + 1 + SPARE_ROWS, 24));
    this.columnCount = Math.min(grid.columnCount ?? 0, Math.max(lastColumn + 1 + SPARE_COLUMNS, 8));
    if (!isSameTab) {
      this.at = { row: Math.min(this.frozenRows, this.rowCount - 1), column: 0 };
      this.shownRows = ROWS_AT_ONCE;
    }
    this.at.row = Math.min(this.at.row, this.rowCount - 1);
    this.at.column = Math.min(this.at.column, this.columnCount - 1);
    this.draw(data);
    this.place.scrollTop = isSameTab ? scrollTop : 0;
    this.place.scrollLeft = isSameTab ? scrollLeft : 0;
    this.mark(this.at.row, this.at.column);
    if (hadFocus) this.target(this.at.row, this.at.column)?.focus({ preventScroll: true });
  }

  draw(data) {
    const table = element("table", {
      role: "grid",
      "aria-label": this.sheet.properties.title,
      "aria-rowcount": String(this.rowCount + 1),
      "aria-colcount": String(this.columnCount + 1),
    });
    const widths = element("colgroup", {}, element("col", { className: "numbers" }));
    let total = 46;
    for (let column = 0; column < this.columnCount; column += 1) {
      const col = element("col");
      const width = data.columnMetadata?.[column]?.pixelSize ?? 100;
      const isHidden = data.columnMetadata?.[column]?.hiddenByUser;
      col.style.width = `${isHidden ? 0 : width}px`;
      total += isHidden ? 0 : width;
      widths.append(col);
    }
    table.style.width = `${total}px`;
    const drawn = Math.min(this.rowCount, this.shownRows);
    const head = element("thead", {}, this.lettersRow());
    const body = element("tbody");
    for (let row = 0; row < drawn; row += 1) {
      const meta = data.rowMetadata?.[row] ?? {};
      if (meta.hiddenByUser || meta.hiddenByFilter) continue;
      (row < this.frozenRows ? head : body).append(this.drawRow(row));
    }
    table.append(widths, head, body);
    this.table = table;
    const parts = [table];
    if (drawn < this.rowCount) {
      const more = element("button", { type: "button", className: "more" }, `Show more rows (${this.rowCount - drawn})`);
      more.addEventListener("click", () => {
        this.shownRows += ROWS_AT_ONCE;
        this.show(this.sheet);
      });
      parts.push(more);
    }
    this.place.replaceChildren(...parts);
  }

  lettersRow() {
    const row = element("tr", { className: "letters", "aria-rowindex": "1" }, element("th", { className: "corner" }));
    for (let column = 0; column < this.columnCount; column += 1) {
      const letters = columnLetters(column);
      const button = element(
        "button",
        { type: "button", tabIndex: -1, "aria-haspopup": "menu", "aria-label": `Column ${letters}: menu` },
        letters,
      );
      row.append(this.place_(element("th", { scope: "col", role: "columnheader" }, button), -1, column));
    }
    return row;
  }

  drawRow(row) {
    const line = element("tr", { "aria-rowindex": String(row + 2) });
    if (row < this.frozenRows) line.className = "frozen";
    const button = element(
      "button",
      { type: "button", tabIndex: -1, "aria-haspopup": "menu", "aria-label": `Row ${row + 1}: menu` },
      String(row + 1),
    );
    line.append(this.place_(element("th", { scope: "row", role: "rowheader" }, button), row, -1));
    for (let column = 0; column < this.columnCount; column += 1) line.append(this.drawCell(row, column));
    if (!(this.sheet.data?.[0]?.rowData?.[row]?.values ?? []).some(isFilled)) line.classList.add("empty");
    return line;
  }

  drawCell(row, column) {
    const cell = this.cellAt(row, column);
    const drawn = this.place_(element("td", { role: "gridcell", tabIndex: -1 }), row, column);
    if (cell?.note) drawn.title = cell.note;
    if (this.sheet.protectedRanges?.length && this.protectionAt(row, column)) drawn.classList.add("guarded");
    const text = textOf(cell);
    const holdsTick = isCheckbox(cell) && (text === "" || valueOf(cell).boolValue !== undefined);
    if (holdsTick) {
      drawn.classList.add("tick");
      drawn.removeAttribute("tabindex");
      const title = this.frozenRows ? textOf(this.cellAt(this.frozenRows - 1, column)) : "";
      drawn.append(
        element("input", {
          type: "checkbox",
          tabIndex: -1,
          checked: isTicked(cell),
          "aria-label": `${title || columnLetters(column)}, row ${row + 1}`,
        }),
      );
    } else if (text !== "") {
      const shown = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
      drawn.append(element("div", {}, shown));
    }
    dress(drawn, this.sheet, row, column, this.cellAt);
    return drawn;
  }

  place_(drawn, row, column) {
    drawn.dataset.row = row;
    drawn.dataset.column = column;
    drawn.setAttribute("aria-colindex", String(column + 2));
    return drawn;
  }

  /** Draws one cell anew, where it is and with the focus it had. */
  redraw(row, column) {
    const old = this.element(row, column);
    if (!old) return;
    const hadFocus = old.contains(document.activeElement);
    old.replaceWith(this.drawCell(row, column));
    if (row === this.at.row && column === this.at.column) this.mark(row, column);
    if (hadFocus) this.target(row, column)?.focus({ preventScroll: true });
  }

  /** The element of a place; -1 is the letters' row and the numbers' column. */
  element(row, column) {
    return this.table?.querySelector(`[data-row="${row}"][data-column="${column}"]`);
  }

  /** What takes the focus there: the box or button inside, else the cell itself. */
  target(row, column) {
    const cell = this.element(row, column);
    return cell?.querySelector("input, button") ?? cell;
  }

  mark(row, column) {
    for (const old of this.table.querySelectorAll(".current")) old.classList.remove("current");
    for (const old of this.table.querySelectorAll('[tabindex="0"]')) old.tabIndex = -1;
    this.at = { row, column };
    const target = this.target(row, column);
    if (target) target.tabIndex = 0;
    this.element(row, column)?.classList.add("current");
    this.element(-1, column)?.classList.add("current");
    this.element(row, -1)?.classList.add("current");
    this.events.moved(row, column);
  }

  move(rows, columns) {
    let { row, column } = this.at;
    do {
      row += rows;
      column += columns;
      if (row < -1 || column < -1 || row >= this.rowCount || column >= this.columnCount) return false;
      if (row === -1 && column === -1) return false;
    } while (!this.element(row, column) && (rows || columns));
    return this.go(row, column);
  }

  go(row, column) {
    const target = this.target(row, column);
    if (!target) return false;
    this.mark(row, column);
    target.focus({ preventScroll: true });
    this.reveal(this.element(row, column));
    return true;
  }

  /** Scrolls so that the cell is clear of the frozen rows and the row numbers. */
  reveal(cell) {
    if (cell.closest("thead") === null) {
      const top = cell.offsetTop - this.table.tHead.offsetHeight;
      if (top < this.place.scrollTop) this.place.scrollTop = top;
      const bottom = cell.offsetTop + Math.min(cell.offsetHeight, 200);
      if (bottom > this.place.scrollTop + this.place.clientHeight) {
        this.place.scrollTop = bottom - this.place.clientHeight;
      }
    }
    if (Number(cell.dataset.column) < 0) return;
    const left = cell.offsetLeft - 46;
    if (left < this.place.scrollLeft) this.place.scrollLeft = left;
    const right = cell.offsetLeft + cell.offsetWidth;
    if (right > this.place.scrollLeft + this.place.clientWidth) {
      this.place.scrollLeft = Math.min(left, right - this.place.clientWidth);
    }
  }

  placeOf(node) {
    const cell = node.closest?.("[data-row]");
    return cell ? { row: Number(cell.dataset.row), column: Number(cell.dataset.column), cell } : null;
  }

  onFocus(event) {
    const place = this.placeOf(event.target);
    if (!place || this.isEditing) return;
    if (place.row !== this.at.row || place.column !== this.at.column) this.mark(place.row, place.column);
  }

  onClick(event) {
    const place = this.placeOf(event.target);
    if (!place || this.isEditing) return;
    if (place.row === -1 || place.column === -1) this.openMenuAt(place.row, place.column);
    else if (event.target.tagName !== "INPUT") this.go(place.row, place.column);
  }

  onDoubleClick(event) {
    const place = this.placeOf(event.target);
    if (place && place.row >= 0 && place.column >= 0 && event.target.tagName !== "INPUT") this.edit();
  }

  onContextMenu(event) {
    const place = this.placeOf(event.target);
    if (!place || this.isEditing) return;
    event.preventDefault();
    this.go(place.row, place.column);
    this.events.menu(place.row, place.column, { x: event.clientX, y: event.clientY });
  }

  openMenuAt(row, column) {
    const box = this.element(row, column).getBoundingClientRect();
    this.events.menu(row, column, { x: box.left, y: box.bottom });
  }

  async onTick(event) {
    const place = this.placeOf(event.target);
    if (!place || event.target.type !== "checkbox") return;
    const isWanted = event.target.checked;
    if (!(await this.events.mayEdit(place.row, place.column))) {
      event.target.checked = !isWanted;
      return;
    }
    this.events.edited(place.row, place.column, isWanted);
  }

  onCopy(event) {
    if (this.isEditing || String(window.getSelection()) !== "") return;
    event.clipboardData.setData("text/plain", textOf(this.cellAt(this.at.row, this.at.column)));
    event.preventDefault();
  }

  async onPaste(event) {
    const { row, column } = this.at;
    if (this.isEditing || row < 0 || column < 0) return;
    event.preventDefault();
    const text = event.clipboardData.getData("text/plain");
    if (await this.events.mayEdit(row, column)) this.events.edited(row, column, text);
  }

  onKey(event) {
    if (this.isEditing || !this.placeOf(event.target)) return;
    const { row, column } = this.at;
    const isCell = row >= 0 && column >= 0;
    const arrows = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
    if (event.key in arrows && !hasModifier) this.move(...arrows[event.key]);
    else if (event.key === "Home") this.go(event.ctrlKey ? this.frozenRows : row, 0);
    else if (event.key === "End") this.go(row, this.columnCount - 1);
    else if (event.key === "PageDown") this.go(Math.min(row + 15, this.rowCount - 1), column);
    else if (event.key === "PageUp") this.go(Math.max(row - 15, 0), column);
    else if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) this.openMenuAt(row, column);
    else if (!isCell || hasModifier) return;
    else if (event.key === "Tab") {
      // past the row's end the focus leaves the grid, so that nobody is trapped in it
      if (!this.move(0, event.shiftKey ? -1 : 1)) return;
    } else if (event.key === "Enter" && isCheckbox(this.cellAt(row, column))) event.target.click();
    else if (event.key === "Enter" || event.key === "F2") this.edit();
    else if (event.key === "Delete" || event.key === "Backspace") this.clear(row, column);
    else if (event.key === " " && event.target.tagName === "INPUT") return;
    else if (event.key.length === 1) this.edit(event.key);
    else return;
    event.preventDefault();
  }

  async clear(row, column) {
    const cell = this.cellAt(row, column);
    if (editableText(cell) === "" || !(await this.events.mayEdit(row, column))) return;
    this.events.edited(row, column, isCheckbox(cell) ? false : "");
  }

  /** Opens the editor on the current cell; what is typed first replaces what is there. */
  async edit(typed) {
    const { row, column } = this.at;
    const cell = this.cellAt(row, column);
    if (this.isEditing || row < 0 || column < 0) return;
    if (isCheckbox(cell) && valueOf(cell).stringValue === undefined) return;
    if (!(await this.events.mayEdit(row, column)) || this.isEditing) return;
    const drawn = this.element(row, column);
    const before = editableText(cell);
    const editor = element("textarea", {
      className: "editor",
      value: typed ?? before,
      rows: 1,
      "aria-label": `Cell ${cellName(row, column)}`,
    });
    this.editor = editor;
    drawn.append(editor);
    const grow = () => {
      editor.style.height = "auto";
      editor.style.height = `${Math.min(editor.scrollHeight + 4, 320)}px`;
    };
    const finish = (isKept, rows = 0, columns = 0) => {
      if (this.editor !== editor) return;
      this.editor = null;
      const text = editor.value;
      editor.remove();
      this.go(row, column);
      if (isKept && text !== before) this.events.edited(row, column, asValue(text, cell));
      if (rows || columns) this.move(rows, columns);
      this.events.finished();
    };
    editor.addEventListener("input", grow);
    editor.addEventListener("blur", () => finish(true));
    editor.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") finish(false);
      else if (event.key === "Enter" && (event.altKey || event.ctrlKey || event.shiftKey)) {
        editor.setRangeText("\n", editor.selectionStart, editor.selectionEnd, "end");
        grow();
      } else if (event.key === "Enter") finish(true, 1, 0);
      else if (event.key === "Tab") finish(true, 0, event.shiftKey ? -1 : 1);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    editor.focus();
    editor.setSelectionRange(editor.value.length, editor.value.length);
    grow();
  }
}

/** A number stays a number when it is mended; everything else is kept as the text it is. */
function asValue(text, cell) {
  const wasNumber = cell?.userEnteredValue?.numberValue !== undefined;
  return wasNumber && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
