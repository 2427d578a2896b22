"""What a call leaves in the database, turn by turn, over SQLite and PostgreSQL."""
