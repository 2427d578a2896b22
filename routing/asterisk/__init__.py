"""Rendering of the Asterisk configuration."""
