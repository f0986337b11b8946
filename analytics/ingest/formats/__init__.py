"""From what clients send to calls: Segment's and PostHog's shapes, and events of the bulk API and of files."""
