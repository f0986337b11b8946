"""The reports over the API, a module or a folder each, and what their answers have in common."""
