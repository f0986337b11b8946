"""A made-up coffee shop, for whoever wants to see the product with data in it."""

from analytics.demo.history import DemoData
from analytics.demo.parts import DemoPart, demo_parts
from analytics.demo.progress import DemoProgress, demo_progress, forget_demo_progress, note_demo_progress
from analytics.demo.shop import DemoItem

__all__ = [
    "DemoData",
    "DemoItem",
    "DemoPart",
    "DemoProgress",
    "demo_parts",
    "demo_progress",
    "forget_demo_progress",
    "note_demo_progress",
]
