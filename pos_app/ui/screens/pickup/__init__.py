"""The pickup counter: the board, picking by scan, handing over."""
