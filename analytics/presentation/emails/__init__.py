"""What is shown of whether emails arrive and are read, and of what harm they do."""
