"""From what is on record to figures: pure, and every definition stated where it is computed.

`records` are what is counted, `days` when, `measures` and `figures` how, `staffing` what consultants did meanwhile,
`report` the figures of each day and topic, `standing` the present moment.
"""
