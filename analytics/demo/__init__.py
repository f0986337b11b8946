"""A made-up coffee shop, for whoever wants to see the product with data in it."""

from analytics.demo.history import DemoData
from analytics.demo.shop import DemoItem

__all__ = ["DemoData", "DemoItem"]
