"""Small parts that several screens share. They know the theme and the words, never a service."""
