"""Events that came after the first chain was pinned, by area: one golden file each, written by `tests.golden.make`.

A kind that is new gets its samples here (or a new area), every field filled at least once; the files that are there are
never written again.
"""

from collections.abc import Mapping
from types import MappingProxyType

from retail_core.domain.customers import Purpose
from retail_core.domain.events import CustomerConsented, CustomerCreated, Event
from retail_core.domain.ids import CustomerId
from retail_core.wire.envelope import commitment
from tests.golden.samples import PERSON

LATER: Mapping[str, tuple[Event, ...]] = MappingProxyType(
    {
        "customers": (
            CustomerCreated(CustomerId("c-1"), commitment(PERSON)),
            CustomerConsented(CustomerId("c-1"), Purpose.LOYALTY, given=True, text_version="loyalty/1"),
            CustomerConsented(CustomerId("c-1"), Purpose.MARKETING, given=False, text_version="marketing/2"),
        ),
    }
)
