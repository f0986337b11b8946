"""Files of items: read in blocks, shown before they are imported, and imported from where they were stopped."""
