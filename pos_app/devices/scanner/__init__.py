"""Drivers of scanners that are not keyboards."""
