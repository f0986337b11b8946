"""Questions that are kept, over the API: saved, on boards, in emails and alerts, behind share links."""
