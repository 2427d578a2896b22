"""The installation folder, its secret keys and the database."""
