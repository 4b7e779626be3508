r"""The separator of element strings (GS, 0x1D), by whatever a scanner sends in its place.

None of the built-in stand-ins can stand in a field: GS1's character set has no `{ } [ ] ^ ~ \` (General Specifications,
section 7.11), and nobody prints `<GS>` as part of a lot.
"""

import re

GS = "\x1d"
SHOWN = "{GS}"  # how it is written where people read it; reads back as a separator
_STAND_IN = re.compile(r"\{GS\}|<GS>|\[GS\]|\{FNC1\}|<0x1D>|\^\]|\\x1d|\\u001d|~|\u241d", re.IGNORECASE)
_MARKED = re.compile(r"\(([0-9]{2,4})\)")


def plain_elements(text: str, learned: tuple[str, ...] = ()) -> str:
    r"""The element string as it stands in the symbol: real separators, no brackets around its identifiers.

    >>> plain_elements("~0109521234543213{GS}10A"), plain_elements("(10)A (21)7")
    ('\x1d0109521234543213\x1d10A', '10A\x1d217')
    """
    for stand_in in learned:
        if stand_in:
            text = text.replace(stand_in, GS)
    text = _STAND_IN.sub(GS, text)
    if not text.startswith("("):
        return text
    before, *parts = _MARKED.split(text)
    return text if before else GS.join(ai + value.strip() for ai, value in zip(parts[::2], parts[1::2], strict=True))
