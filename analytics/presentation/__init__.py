"""What is shown of reports and lists, as values: tiles, charts, tables, sentences. Without HTTP and without the ORM."""
