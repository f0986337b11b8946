"""How many people go through a sequence of steps, by which rules, and how long they take."""
