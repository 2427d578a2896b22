"""The connection to Asterisk's manager, against peers that say what they are told to."""
