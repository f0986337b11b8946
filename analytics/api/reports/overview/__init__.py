"""The days in figures."""
