"""menus.yaml: its schema, its checks, and the loading that turns it into a Flow."""
