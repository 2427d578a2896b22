"""Spoken choices: a recogniser behind Asterisk's speech interface, in a process of its own."""
