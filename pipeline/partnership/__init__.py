"""What the partnership counts about itself."""
