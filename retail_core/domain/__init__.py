"""Pure shop rules: no SQL, no sockets, no files, no clock, no random numbers."""
