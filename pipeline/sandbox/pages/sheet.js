// The spreadsheet page: tabs, what people do in the grid, and keeping up with what the program does.
import { about, element, keepFresh } from "/static/common.js";
import { Spreadsheet, cellName, columnLetters } from "/static/api.js";
import { Grid } from "/static/grid.js";
import { editableText, isCheckbox, isTicked, textOf } from "/static/look.js";
import { openMenu } from "/static/menu.js";

const place = (id) => document.getElementById(id);
const status = place("status");
let spreadsheet = null;
let tabs = [];
let current = null;
let lastSeen = "";
let pending = 0;

function say(text, state) {
  status.textContent = text;
  status.dataset.state = state;
}

const failed = (error) => say(error.message, "failed");

/** The whole content of a cell; beside a box also whose row it is, which a phone has no room to show. */
function contentOf(row, column) {
  const cell = grid.cellAt(row, column);
  if (!isCheckbox(cell)) return [editableText(cell)];
  const others = (current.data?.[0]?.rowData?.[row]?.values ?? []).filter((one) => one && !isCheckbox(one));
  const about = others.map(textOf).filter(Boolean).join(" · ");
  return [isTicked(cell) ? "Ticked " : "Not ticked ", element("span", { className: "aside" }, about.slice(0, 240))];
}

const grid = new Grid(place("grid"), {
  moved(row, column) {
    const isCell = row >= 0 && column >= 0;
    place("where").textContent = isCell ? cellName(row, column) : "";
    place("what").replaceChildren(...(isCell ? contentOf(row, column) : []));
  },
  edited: (row, column, value) => write(row, column, value),
  finished: () => refresh().catch(failed),
  mayEdit,
  menu: showMenu,
});

/** Asks once per protected range before the program's own cells are touched. */
const allowed = new Set();
async function mayEdit(row, column) {
  const protection = grid.protectionAt(row, column);
  if (!protection || allowed.has(protection.protectedRangeId)) return true;
  const dialog = place("protected");
  dialog.returnValue = "no";
  dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  grid.go(row, column);
  if (dialog.returnValue !== "yes") return false;
  allowed.add(protection.protectedRangeId);
  return true;
}

/** Whether the row still holds what was on the screen: a run may have moved it in the meantime. */
async function isStillThere(row) {
  const now = await spreadsheet.row(current.properties.title, row);
  const shown = current.data?.[0]?.rowData?.[row]?.values ?? [];
  const entered = (cells) => cells.map((cell) => JSON.stringify(cell?.userEnteredValue ?? null)).join().replace(/(,null)+$/, "");
  return entered(now) === entered(shown);
}

let queue = Promise.resolve();
function write(row, column, value) {
  const tab = current;
  pending += 1;
  say("Saving…", "saving");
  queue = queue.then(async () => {
    try {
      if (tab !== current && tab.properties.sheetId !== current.properties.sheetId) {
        throw new Error("Not saved: the tab was changed meanwhile.");
      }
      if (!(await isStillThere(row))) {
        throw new Error("Not saved: this row has just changed. Look again, then repeat it.");
      }
      await spreadsheet.put(tab.properties.title, row, column, value);
      await reload();
      say("Saved", "saved");
    } catch (error) {
      failed(error);
      await reload({ isForced: true }).catch(failed);
    } finally {
      pending -= 1;
    }
  });
  return queue;
}

async function change(...requests) {
  say("Saving…", "saving");
  pending += 1;
  try {
    await spreadsheet.change(...requests);
    await reload();
    say("Saved", "saved");
  } catch (error) {
    failed(error);
  } finally {
    pending -= 1;
  }
}

function showMenu(row, column, where) {
  const { sheetId, title, gridProperties } = current.properties;
  const sort = (sortOrder) => () =>
    change({
      sortRange: {
        range: {
          sheetId,
          startRowIndex: gridProperties.frozenRowCount ?? 0,
          endRowIndex: gridProperties.rowCount,
          startColumnIndex: 0,
          endColumnIndex: gridProperties.columnCount,
        },
        sortSpecs: [{ dimensionIndex: column, sortOrder }],
      },
    });
  const insert = (dimension, at) => () =>
    change({
      insertDimension: {
        range: { sheetId, dimension, startIndex: at, endIndex: at + 1 },
        inheritFromBefore: dimension === "ROWS" && at > (gridProperties.frozenRowCount ?? 0),
      },
    });
  const remove = (dimension, at) => () =>
    change({ deleteDimension: { range: { sheetId, dimension, startIndex: at, endIndex: at + 1 } } });
  const ofColumn = [
    [`Sort by column ${columnLetters(column)}, A to Z`, sort("ASCENDING")],
    [`Sort by column ${columnLetters(column)}, Z to A`, sort("DESCENDING")],
    null,
    ["Insert column left", insert("COLUMNS", column)],
    ["Insert column right", insert("COLUMNS", column + 1)],
    [`Delete column ${columnLetters(column)}`, remove("COLUMNS", column)],
  ];
  const ofRow = [
    ["Insert row above", insert("ROWS", row)],
    ["Insert row below", insert("ROWS", row + 1)],
    [`Delete row ${row + 1}`, remove("ROWS", row)],
  ];
  const items = [...(row >= 0 ? ofRow : []), ...(row >= 0 && column >= 0 ? [null] : []), ...(column >= 0 ? ofColumn : [])];
  openMenu(items, where, () => {
    if (current?.properties.title === title) grid.target(row, column)?.focus();
  });
}

function choose(title, { focus = false } = {}) {
  current = tabs.find((tab) => tab.properties.title === title) ?? tabs[0];
  if (!current) return;
  const chosen = current.properties.title;
  if (decodeURIComponent(location.hash.slice(1)) !== chosen) {
    history.replaceState(null, "", `#${encodeURIComponent(chosen)}`);
  }
  document.title = `${chosen} · Sandbox`;
  drawTabs();
  grid.show(current);
  if (focus) place("tabs").querySelector('[aria-selected="true"]').focus();
}

function drawTabs() {
  const hadFocus = place("tabs").contains(document.activeElement);
  place("tabs").replaceChildren(
    ...tabs.map((tab) => {
      const { title } = tab.properties;
      const isChosen = tab === current;
      const button = element(
        "button",
        {
          type: "button",
          role: "tab",
          tabIndex: isChosen ? 0 : -1,
          "aria-selected": String(isChosen),
          "aria-controls": "grid",
        },
        title,
      );
      button.addEventListener("click", () => choose(title, { focus: true }));
      return button;
    }),
  );
  const chosen = place("tabs").querySelector('[aria-selected="true"]');
  chosen?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (hadFocus) chosen?.focus();
}

place("tabs").addEventListener("keydown", (event) => {
  const at = tabs.indexOf(current);
  const goals = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 };
  if (!(event.key in goals)) return;
  event.preventDefault();
  choose(tabs[(goals[event.key] + tabs.length) % tabs.length].properties.title, { focus: true });
});

async function reload({ isForced = false } = {}) {
  const read = await spreadsheet.read();
  const seen = JSON.stringify(read.sheets);
  if (seen === lastSeen && !isForced) return;
  if (grid.isEditing) return;
  lastSeen = seen;
  tabs = (read.sheets ?? []).filter((tab) => !tab.properties.hidden);
  const wanted = current
    ? tabs.find((tab) => tab.properties.sheetId === current.properties.sheetId)?.properties.title
    : decodeURIComponent(location.hash.slice(1)) || "Review";
  choose(wanted);
}

async function refresh() {
  const said = await about();
  spreadsheet ??= new Spreadsheet(said.spreadsheet_id);
  if (pending || grid.isEditing) return;
  if (said.revision !== undefined && said.revision === refresh.revision) return;
  await reload();
  refresh.revision = said.revision;
}

window.addEventListener("hashchange", () => choose(decodeURIComponent(location.hash.slice(1))));
document.querySelector("[data-copy]").addEventListener("click", async (event) => {
  await navigator.clipboard.writeText(document.querySelector("[data-command]").textContent);
  event.target.textContent = "Copied";
});
document.addEventListener("pointerdown", (event) => {
  const help = document.querySelector(".help[open]");
  if (help && !help.contains(event.target)) help.open = false;
});
keepFresh(refresh, failed);
