"""What is shown of where people came from, and of what credits which touches with their conversions."""
