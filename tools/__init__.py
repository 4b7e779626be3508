"""What builds, shows and measures the product; no program needs anything in here."""
