"""Campaigns: one of them, what people made of it, what it brings, and all side by side."""
