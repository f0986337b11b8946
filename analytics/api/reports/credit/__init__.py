"""Where events came from, and to which touches conversions are credited."""
