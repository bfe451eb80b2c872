"""What the vault carries and what it earned by it."""
