"""The spreadsheet: gspread and the few requests it has no method for."""
