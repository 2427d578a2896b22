"""What is held on a person: found in every table and folder, exported, and erased for good."""
