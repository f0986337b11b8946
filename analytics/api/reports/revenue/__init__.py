"""Orders and what they are worth, and what people are worth by their age and by how they buy."""
