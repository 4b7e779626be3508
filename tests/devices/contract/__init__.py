"""What every device of a kind promises; drivers and fakes pass the same tests."""
