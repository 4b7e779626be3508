"""Devices of this till: how they are, what to do about it, and setting them up."""
