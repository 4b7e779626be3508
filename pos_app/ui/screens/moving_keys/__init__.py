"""Where one key of this till is moved: an act is chosen, and the new key pressed."""
