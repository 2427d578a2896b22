"""The commands of `centrala`, one file each."""
