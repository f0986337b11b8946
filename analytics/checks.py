"""System checks for the rules that let the big tables be distributed by workspace (docs/decisions/0002)."""
