"""What a machine needs to join a store as one line of text, for a QR code and for the clipboard: HQ's address, its CA, a code."""

from urllib.parse import parse_qs, urlencode

import msgspec

from retail_core.domain.errors import RuleViolationError

SCHEME = "omnitill:enrol?"
MAX_LINK_CHARS = 600


class EnrolmentLink(msgspec.Struct, frozen=True):
    """The code is a secret for ten minutes and good once; the fingerprint says which HQ may be told it."""

    hq_url: str
    ca_sha256: str
    code: str

    def text(self) -> str:
        return SCHEME + urlencode({"hq": self.hq_url, "ca": self.ca_sha256, "code": self.code})


def read_link(text: str) -> EnrolmentLink:
    """Raises RuleViolationError `enrol.bad_link`."""
    line = text.strip()
    if not line.startswith(SCHEME) or len(line) > MAX_LINK_CHARS:
        raise RuleViolationError("enrol.bad_link")
    parts = parse_qs(line.removeprefix(SCHEME))
    try:
        return EnrolmentLink(parts["hq"][0], parts["ca"][0], parts["code"][0])
    except KeyError as missing:
        raise RuleViolationError("enrol.bad_link") from missing
