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
let chosen = null;
let current = null;
let lastSeen = "";
let pending = 0;
let readings = 0;

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

/** What is entered in a row, for comparing; empty cells at its end make no difference. */
function entered(cells) {
  const texts = cells.map((cell) => JSON.stringify(cell?.userEnteredValue ?? null));
  return texts.slice(0, texts.findLastIndex((text) => text !== "null") + 1).join();
}

/** Shows at once what was entered. Returns what the row held before, as the person saw it. */
function enter(row, column, value) {
  current.data ??= [{}];
  const rows = (current.data[0].rowData ??= []);
  const cells = ((rows[row] ??= {}).values ??= []);
  const before = entered(Array.from(cells));
  const kind = { boolean: "boolValue", number: "numberValue", string: "stringValue" }[typeof value];
  const content = value === "" ? undefined : { [kind]: value };
  cells[column] = {
    ...cells[column],
    userEnteredValue: content,
    effectiveValue: content,
    formattedValue: typeof value === "boolean" ? String(value).toUpperCase() : String(value),
  };
  grid.redraw(row, column);
  return before;
}

// One write after the other. A run may move rows in the meantime, so each row is compared with what the
// person saw when acting, and nothing is read anew for the page before all of it is done.
let queue = Promise.resolve();
function write(row, column, value) {
  const { title } = current.properties;
  const before = enter(row, column, value);
  pending += 1;
  say("Saving…", "saving");
  queue = queue.then(async () => {
    let problem = null;
    try {
      if (entered(await spreadsheet.row(title, row)) !== before) {
        throw new Error("Not saved: this row has just changed. Look again, then repeat it.");
      }
      await spreadsheet.put(title, row, column, value);
    } catch (error) {
      problem = error;
    }
    pending -= 1;
    if (pending === 0) await reload({ isForced: true }).catch((error) => (problem ??= error));
    if (problem) failed(problem);
    else if (pending === 0 && status.dataset.state === "saving") say("Saved", "saved");
  });
}

async function change(...requests) {
  say("Saving…", "saving");
  pending += 1;
  let problem = null;
  try {
    await queue;
    await spreadsheet.change(...requests);
  } catch (error) {
    problem = error;
  }
  pending -= 1;
  await reload({ isForced: true }).catch((error) => (problem ??= error));
  if (problem) failed(problem);
  else say("Saved", "saved");
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

/** Goes to a tab, or to the first one if there is none of that name. */
async function choose(title, { focus = false } = {}) {
  const goal = tabs.find((tab) => tab.title === title) ?? tabs[0];
  if (!goal) return;
  chosen = goal.sheetId;
  drawTabs();
  if (focus) place("tabs").querySelector('[aria-selected="true"]').focus();
  await reload({ isForced: true }).catch(failed);
}

function drawTabs() {
  const hadFocus = place("tabs").contains(document.activeElement);
  place("tabs").replaceChildren(
    ...tabs.map(({ title, sheetId }) => {
      const isChosen = sheetId === chosen;
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
  const selected = place("tabs").querySelector('[aria-selected="true"]');
  selected?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (hadFocus) selected?.focus();
}

place("tabs").addEventListener("keydown", (event) => {
  const at = tabs.findIndex((tab) => tab.sheetId === chosen);
  const goals = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 };
  if (!(event.key in goals)) return;
  event.preventDefault();
  choose(tabs[(goals[event.key] + tabs.length) % tabs.length].title, { focus: true });
});

const nameInAddress = () => decodeURIComponent(location.hash.slice(1));

/** Reads the chosen tab anew and shows it, unless it is as it was, or somebody is writing in it. */
async function reload({ isForced = false } = {}) {
  readings += 1;
  const mine = readings;
  const all = await spreadsheet.tabs();
  const goal =
    all.find((tab) => tab.sheetId === chosen) ?? all.find((tab) => tab.title === (nameInAddress() || "Review")) ?? all[0];
  const read = await spreadsheet.tab(goal.title);
  const seen = JSON.stringify([all, read]);
  // What was entered since then is not in what was read; the last write reads anew.
  if (mine !== readings || pending || grid.isEditing || (seen === lastSeen && !isForced)) return;
  lastSeen = seen;
  tabs = all;
  current = read;
  chosen = goal.sheetId;
  if (nameInAddress() !== goal.title) history.replaceState(null, "", `#${encodeURIComponent(goal.title)}`);
  document.title = `${goal.title} · Sandbox`;
  drawTabs();
  grid.show(current);
}

async function refresh() {
  const said = await about();
  spreadsheet ??= new Spreadsheet(said.spreadsheet_id);
  if (pending || grid.isEditing) return;
  if (said.revision !== undefined && said.revision === refresh.revision) return;
  await reload();
  refresh.revision = said.revision;
}

window.addEventListener("hashchange", () => choose(nameInAddress()));
document.querySelector("[data-copy]").addEventListener("click", async (event) => {
  await navigator.clipboard.writeText(document.querySelector("[data-command]").textContent);
  event.target.textContent = "Copied";
});
document.addEventListener("pointerdown", (event) => {
  const help = document.querySelector(".help[open]");
  if (help && !help.contains(event.target)) help.open = false;
});
keepFresh(refresh, failed);
