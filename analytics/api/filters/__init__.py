"""Filters of lists: the same for the API and for the pages."""
