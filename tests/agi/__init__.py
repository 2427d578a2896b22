"""The gateway to Asterisk without Asterisk: scripted peers over real sockets."""
