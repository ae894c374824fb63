"""The secretariat's papers."""
