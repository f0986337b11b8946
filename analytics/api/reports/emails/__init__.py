"""Whether emails arrive and are read, and what harm they do."""
