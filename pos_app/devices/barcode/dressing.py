"""What a scanner was set up to put around a label, and what it sends for the separator: taken off in one place."""

from dataclasses import dataclass

from pos_app.devices.barcode.separators import GS


@dataclass(frozen=True, slots=True)
class Dressing:
    """As learned from a test scan (`commission`). `gs`: what comes in place of the separator, empty when GS itself."""

    prefix: str = ""
    suffix: str = ""
    gs: str = ""

    def label(self, text: str) -> str:
        r"""The label alone.

        >>> Dressing("*", "#", "{F8}").label("*0109521234543213{F8}10A#")
        '0109521234543213\x1d10A'
        """
        text = text.removeprefix(self.prefix).removesuffix(self.suffix)
        return text.replace(self.gs, GS) if self.gs else text


PLAIN = Dressing()
