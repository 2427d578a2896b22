"""The same call by Twilio: each turn is one TwiML document, asked for by a signed webhook."""
