"""The settings page: what is chosen for this till, and the rules head office has set for the store."""
