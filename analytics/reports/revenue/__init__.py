"""Orders and what they are worth, and what people are worth by them."""
