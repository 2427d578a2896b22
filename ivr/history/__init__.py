"""What is on record of a span of time, for `routing.reporting` to count. Calls placed in a terminal are left out."""
