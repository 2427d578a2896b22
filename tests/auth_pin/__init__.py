"""Who may authenticate, and that nobody learns more than yes or no."""
