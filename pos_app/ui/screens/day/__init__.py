"""X, Z and day reports on the screen, with the sales by hour."""
