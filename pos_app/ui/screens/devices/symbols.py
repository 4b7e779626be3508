"""The two test labels as patterns: a QR code for imagers, a Code 128 for scanners of bar codes."""

from functools import cache

from pos_app.devices.barcode.commission import LONG, SHORT


@cache
def long_label() -> tuple[str, ...]:
    """Rows of 0 and 1, without a quiet zone."""
    import segno  # kept out of the start of a till

    return tuple("".join(str(int(module)) for module in line) for line in segno.make(LONG, error="m").matrix)


@cache
def short_label() -> str:
    """Modules of 0 and 1, without a quiet zone."""
    from barcode.codex import Code128

    return str(Code128(SHORT).build()[0])
