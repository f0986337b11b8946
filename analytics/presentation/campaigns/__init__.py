"""What is shown of campaigns: of one, and of all beside each other."""
