"""How days and times are written where no template says it."""
