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

const rangeName = (title, cells) => encodeURIComponent(`'${title.replaceAll("'", "''")}'!${cells}`);

const cellFields = "userEnteredValue,effectiveValue,formattedValue,userEnteredFormat,dataValidation,note";
const fields = encodeURIComponent(
  "sheets(properties,protectedRanges,conditionalFormats," +
    `data(rowMetadata,columnMetadata,rowData(values(${cellFields}))))`,
);

export class Spreadsheet {
  constructor(id) {
    this.path = `/v4/spreadsheets/${encodeURIComponent(id)}`;
  }

  read() {
    return ask(`${this.path}?includeGridData=true&fields=${fields}`, { headers: person });
  }

  /** One row as it stands now, for telling whether it is still the row that was shown. */
  async row(title, row) {
    const range = rangeName(title, `${row + 1}:${row + 1}`);
    const answer = await ask(`${this.path}?includeGridData=true&ranges=${range}`, { headers: person });
    return answer.sheets?.[0]?.data?.[0]?.rowData?.[0]?.values ?? [];
  }

  /** One cell, stored as it is: true is a boolean, "=1+1" stays text. */
  put(title, row, column, value) {
    const range = rangeName(title, cellName(row, column));
    return ask(`${this.path}/values/${range}?valueInputOption=RAW`, asJson("PUT", { values: [[value]] }));
  }

  change(...requests) {
    return ask(`${this.path}:batchUpdate`, asJson("POST", { requests }));
  }
}
