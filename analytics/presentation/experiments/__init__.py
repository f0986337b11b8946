"""What is shown of A/B tests and holdouts."""
