"""How a metric changed from one period to another, and what the change is made of."""
