"""The gateway to Asterisk: FastAGI, the protocol that `AGI(agi://...)` of its dialplan speaks over TCP."""
