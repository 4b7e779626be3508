"""What a machine needs to join a store as one line of text, for a QR code and for the clipboard: HQ's address, its CA, a code."""

import msgspec

from retail_core.domain.errors import RuleViolationError

SCHEME = "omnitill:enrol;"
MAX_LINK_CHARS = 600


class EnrolmentLink(msgspec.Struct, frozen=True):
    """The code is a secret for ten minutes and good once; the fingerprint says which HQ may be told it."""

    hq_url: str
    ca_sha256: str
    code: str

    def text(self) -> str:
        return f"{SCHEME}{self.ca_sha256};{self.code};{self.hq_url}"


def read_link(text: str) -> EnrolmentLink:
    """Raises RuleViolationError `enrol.bad_link`."""
    line = text.strip()
    if not line.startswith(SCHEME) or len(line) > MAX_LINK_CHARS:
        raise RuleViolationError("enrol.bad_link")
    parts = line.removeprefix(SCHEME).split(";", 2)
    if len(parts) != 3:
        raise RuleViolationError("enrol.bad_link")
    ca_sha256, code, hq_url = parts
    return EnrolmentLink(hq_url, ca_sha256, code)
