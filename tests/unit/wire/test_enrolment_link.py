"""The line of a QR code that brings a machine to its store."""

import pytest

from retail_core.domain.errors import RuleViolationError
from retail_core.wire.enrolment import EnrolmentLink, read_link

LINK = EnrolmentLink("https://hq.example:8443", "ab" * 32, "7QK2-M9XDABCD")


def test_what_is_shown_is_what_is_read() -> None:
    assert read_link(f"  {LINK.text()}\n") == LINK


@pytest.mark.parametrize(
    "text", ["", "https://hq.example", "omnitill:enrol;a;b", LINK.text() + "x" * 600], ids=lambda text: text[:30]
)
def test_anything_else_is_no_link(text: str) -> None:
    with pytest.raises(RuleViolationError, match=r"enrol\.bad_link"):
        read_link(text)
