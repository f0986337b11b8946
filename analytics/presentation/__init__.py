"""What is shown of reports, as values: tiles, charts, tables, sentences. Pure, without HTTP and without the ORM."""
