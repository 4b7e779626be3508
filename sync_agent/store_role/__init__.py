"""What one machine does for its whole store: take in the others' journals, carry them to HQ, decide on offered orders."""
