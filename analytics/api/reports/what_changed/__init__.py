"""What changed, and what the change is made of."""
