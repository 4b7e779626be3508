"""A scanner's own time-out for the same code, set over its line where its maker has a command for that. Pure.

Honeywell (and Metrologic) scanners on USB-CDC or a serial line take menu commands: SYN M CR, tag and subtag, the value,
and "." to keep it. DLYRRD is the reread delay in milliseconds. They answer with ACK, ENQ (no such command) or NAK (no
such value). Source: "Serial Programming Commands" of Honeywell's user guides.
"""

SAME_CODE_MS = 300
HONEYWELL = 0x0C2E
SET, REFUSED = "good.same_code_set", "scanner.same_code_refused"
ACK, ENQ, NAK = 0x06, 0x05, 0x15


def command_for(usb_vid: int) -> bytes:
    """What to send to a scanner of this maker; empty when none is known."""
    return b"\x16M\rDLYRRD%d." % SAME_CODE_MS if usb_vid == HONEYWELL else b""


def outcome(answer: bytes) -> str:
    """The code of what the scanner said; empty while it has said nothing."""
    if ACK in answer:
        return SET
    return REFUSED if ENQ in answer or NAK in answer else ""
