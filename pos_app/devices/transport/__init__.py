"""How bytes get to a device and back: serial ports, sockets, USB. Bytes only; protocols are elsewhere."""
