"""Messages, what was reported of them, and who opened and clicked: a person or a machine."""
