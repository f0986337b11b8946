"""The reports, a module for each question: a function of a source and a question, which returns a frozen value."""
