"""Simulated devices that speak the real protocols: a scanner on a pty, a receipt printer on TCP.

The till talks to them through its ordinary drivers. `python -m pos_app.devices.sim --help` runs them as a program.
"""
