"""The store's agent: carries facts up and reference data down, so that the till beside it never waits for a network."""
