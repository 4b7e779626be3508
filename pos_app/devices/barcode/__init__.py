"""Bar-code matters without I/O: what keys a scanner pressed, and what a label's AIM id says."""
