"""Devices that exist in memory only: for tests, and to try a screen without the device.

Each keeps the promises of its port and passes the same contract tests as a driver. None pretends to be a real device:
a till whose till.toml names no printer has no printer, not a fake one.
"""
