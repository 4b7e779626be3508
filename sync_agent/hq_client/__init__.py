"""Speaking "tillsync/1" as a client: pinned TLS, tokens by assertion, push, pull, snapshots. HQ and agents answer alike."""
