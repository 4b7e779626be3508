"""The catalogues: what every sentence is in each language the till speaks."""
