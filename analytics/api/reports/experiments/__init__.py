"""A/B tests and holdouts."""
