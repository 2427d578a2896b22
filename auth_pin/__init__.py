"""Profiles, PINs and authentication levels."""
