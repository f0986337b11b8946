"""Those who signed up together, and who of them stays."""
