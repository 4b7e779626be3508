"""`make demo`: HQ, a store of two tills and a day in it, from real baskets; see `__main__`."""
