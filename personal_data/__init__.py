"""What is kept of people, of whatever kind and in whatever part: for how long, by whose decision, and its end."""
