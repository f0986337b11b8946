"""What is shown of revenue, and of what people are worth."""
