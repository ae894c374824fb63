"""The spreadsheet as data: one module for each tab."""
