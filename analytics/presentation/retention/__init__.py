"""What is shown of who comes back."""
