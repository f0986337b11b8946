"""How conversions are credited to the touches before them: paths, models of credit, exact shares. Pure."""
