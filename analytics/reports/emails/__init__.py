"""Whether emails arrive and are read, what harm they do, and how the list does that they go to."""
