"""What people keep in a workspace, as tables, words and emails."""
