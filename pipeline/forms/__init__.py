"""Any form as data: its questions, how its answers are read, the script that makes it."""
