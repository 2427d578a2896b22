"""`make bench`: what a call costs, how quick it is and how many there can be, beside Asterisk's own dialplan."""
