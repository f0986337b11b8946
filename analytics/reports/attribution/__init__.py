"""Where people came from, and which of it their conversions are credited to."""
