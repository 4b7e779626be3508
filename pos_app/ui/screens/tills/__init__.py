"""The tills of the store: who answers, and keeping one out of the store's network."""
