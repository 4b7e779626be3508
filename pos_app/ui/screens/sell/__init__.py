"""The sale: entry line, lines, totals, quick keys, search."""
