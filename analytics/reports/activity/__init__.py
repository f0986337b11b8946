"""Who is active, when, and how often."""
