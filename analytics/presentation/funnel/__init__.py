"""What is shown of a funnel."""
