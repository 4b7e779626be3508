"""What bytes of others may be that are no JSON of ours."""

import msgspec

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Raised while decoding: broken or of another shape, in no known letters, or nested beyond all measure."""
