"""Django's backend for PostgreSQL, which also tells the database for which workspace each statement is."""
