"""Adapters that carry a call over a telephony system or a terminal."""
