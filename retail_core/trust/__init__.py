"""Keys, signatures, sealed secrets, tokens, pickup passes and PINs. No files, no sockets; randomness is the library's."""
