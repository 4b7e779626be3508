"""Bounds of what the API takes in: every text and number has one, and the API's description shows it."""

from typing import Annotated

from msgspec import Meta

Id = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z][0-9A-Za-z._/@-]*$")]
Name = Annotated[str, Meta(min_length=1, max_length=120)]
ShortText = Annotated[str, Meta(max_length=60)]
LongText = Annotated[str, Meta(max_length=400)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
Milli = Annotated[int, Meta(ge=1, le=999_999_000)]
Minor = Annotated[int, Meta(ge=0, le=1_000_000_000_000)]
TimeMs = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Ppm = Annotated[int, Meta(ge=0, le=1_000_000)]
Small = Annotated[int, Meta(ge=0, le=1_000_000)]
