"""A local stand-in for the outside: the Sheets API, a mail server, and pages to look at both."""
