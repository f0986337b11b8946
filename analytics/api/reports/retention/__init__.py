"""Who comes back."""
