"""The rows behind numbers below each other, a module a list."""
