"""Help: every key of the screen in front and those that work everywhere; what is chosen is done."""
