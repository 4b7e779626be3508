"""Facts about the devices at the counter."""
