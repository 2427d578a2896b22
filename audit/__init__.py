"""The audit: who did what with people's data, in a log that can only be added to."""
