"""The funnel, and what its answer has beside its steps."""
