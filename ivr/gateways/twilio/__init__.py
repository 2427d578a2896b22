"""The same call by Twilio: each turn is one TwiML document, asked for by a signed webhook.

What the carrier makes different, all of it (tests/twilio/test_differences.py shows each):

- What is keyed before a document is there is lost: nobody can key ahead from one menu to the next.
- `*` takes a caller out of a number only with the number's end: its last digit, #, or the inter-digit timeout.
- Who a withheld number belongs to is told as words or as the keys that spell them; it is nobody's here.
- Whether something was heard is not told. A recording notice that ends before it can have been heard is said again,
  by the carrier's own voice, which needs no sound of ours.
- In a queue and in a conversation the caller is in Asterisk, as everybody; what is said and asked afterwards comes by
  webhooks again.
- Without the account's PCI mode nobody is offered to log in by keys.
"""
