"""Campaigns: one of them, all side by side, and what became of their messages."""
