"""The resources of a workspace over the API: its data, and what people set up in it."""
