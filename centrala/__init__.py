"""The command line `centrala` and its settings."""
