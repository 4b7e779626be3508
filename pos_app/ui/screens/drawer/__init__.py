"""The cash box: opened, moved, counted, closed."""
