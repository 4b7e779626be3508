"""The Low Level Reader Protocol (EPCglobal LLRP 1.0.1 and 1.1), as far as an inventory needs it."""
