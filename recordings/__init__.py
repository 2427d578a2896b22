"""Consents to recording and the recordings made under them."""
