"""What is shown of who is active."""
