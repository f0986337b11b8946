"""A drill: what befalls a server, on a scratch copy, and what its users see of it."""

from analytics.operations.drill.incidents import Incident, incidents
from analytics.operations.drill.sights import Sight

__all__ = ["Incident", "Sight", "incidents"]
