"""The doors for clients of Segment's and PostHog's kind and for webhooks of providers: plain views without session."""
