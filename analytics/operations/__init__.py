"""Running an installation: scheduled jobs, health, and moving past one machine. docs/operations.md is the guide."""
