// The Sheets API, as the program itself speaks it.
import { ask } from "/static/common.js";

// Failures that tests order for the program do not hit people.
const person = { "X-Sandbox-Person": "yes" };

const asJson = (method, body) => ({
  method,
  headers: { "Content-Type": "application/json", ...person },
  body: JSON.stringify(body),
});

export function columnLetters(index) {
  let letters = "";
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
  }
  return letters;
}

export const cellName = (row, column) => `${columnLetters(column)}${row + 1}`;

const rangeName = (title, cells) => `'${title.replaceAll("'", "''")}'${cells ? `!${cells}` : ""}`;

const cellFields = "userEnteredValue,effectiveValue,formattedValue,userEnteredFormat,dataValidation,note";
const tabFields =
  "sheets(properties,protectedRanges,conditionalFormats," +
  `data(rowMetadata,columnMetadata,rowData(values(${cellFields}))))`;

export class Spreadsheet {
  constructor(id) {
    this.path = `/v4/spreadsheets/${encodeURIComponent(id)}`;
  }

  get(query) {
    return ask(`${this.path}?${new URLSearchParams(query)}`, { headers: person });
  }

  /** The properties of all tabs people see. */
  async tabs() {
    const { sheets } = await this.get({ fields: "sheets.properties" });
    return sheets.map((sheet) => sheet.properties).filter((properties) => !properties.hidden);
  }

  /** One tab with everything in it. */
  async tab(title) {
    const { sheets } = await this.get({ includeGridData: true, ranges: rangeName(title), fields: tabFields });
    return sheets[0];
  }

  /** One row as it stands now, for telling whether it is still the row that was shown. */
  async row(title, row) {
    const ranges = rangeName(title, `${row + 1}:${row + 1}`);
    const { sheets } = await this.get({ includeGridData: true, ranges, fields: tabFields });
    return sheets[0].data?.[0]?.rowData?.[0]?.values ?? [];
  }

  /** One cell, stored as it is: true is a boolean, "=1+1" stays text. */
  put(title, row, column, value) {
    const range = encodeURIComponent(rangeName(title, cellName(row, column)));
    return ask(`${this.path}/values/${range}?valueInputOption=RAW`, asJson("PUT", { values: [[value]] }));
  }

  change(...requests) {
    return ask(`${this.path}:batchUpdate`, asJson("POST", { requests }));
  }
}
