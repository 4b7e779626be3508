"""HTTP: the sync protocol, the REST API, the pages, and the server that runs them."""
