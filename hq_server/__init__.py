"""HQ, the order manager: central stock, promises, orders, master data, pages and APIs. `app` is where it starts."""
