"""Who may sign in at this till, who is here, and PINs that are locked."""
