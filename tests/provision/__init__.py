"""How programs are fetched, verified, unpacked and repaired."""
