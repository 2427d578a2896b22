"""A demonstration call: a SIP phone, an Asterisk process, and the story they play."""
