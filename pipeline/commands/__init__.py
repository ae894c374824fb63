"""What each command does and prints. The work itself is done elsewhere."""
