"""GS1 Digital Link URIs: a web address that carries the fields of an element string.

Path: key, then its qualifiers in order; query: the other fields. Host and leading path do not matter, so a brand's own
domain works. Names instead of numbers (`/gtin/…`) are the aliases of the standard's first editions.
"""

import re
from collections.abc import Iterator, Sequence
from types import MappingProxyType

from pos_app.devices.barcode.gs1 import Elements, parse_elements
from retail_core.domain.gtin import GTIN_LENGTHS, is_gtin

SCHEMES = ("https://", "http://", "HTTPS://", "HTTP://")
ALIASES = MappingProxyType(
    {"gtin": "01", "sscc": "00", "cpv": "22", "lot": "10", "ser": "21", "itip": "8006", "gln": "414", "gdti": "253"}
)
QUALIFIERS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "00": (),
        "01": ("22", "10", "21", "235"),
        "253": (),
        "255": (),
        "401": (),
        "402": (),
        "414": ("254", "7040"),
        "8003": (),
        "8004": ("7040",),
        "8006": ("22", "10", "21"),
        "8010": ("8011",),
        "8013": (),
        "8017": ("8019",),
        "8018": ("8019",),
    }
)
MAX_CHARS = 2048
_FORBIDDEN = re.compile(r"[^!-~]|[<>{}\\^`\"|]")
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_GTIN_SOMEWHERE = re.compile(r"/(?:01|gtin)/(\d{8,14})(?![^/?#])")


def is_link(text: str) -> bool:
    """True for a web address."""
    return text.startswith(SCHEMES)


def parse_link(uri: str) -> Elements | None:
    """(AI, value) of a Digital Link, the key first; None when the address is none or breaks its rules."""
    if not is_link(uri) or len(uri) > MAX_CHARS or _FORBIDDEN.search(uri):
        return None
    address, _, query = uri.partition("#")[0].partition("?")
    in_path = _path_fields(address.split("/")[3:])
    if in_path is None:
        return None
    in_query = list(_query_fields(query))
    elements = [*in_path, *in_query]
    names = [ai for ai, _ in elements]
    key = in_path[0][0]
    misplaced = {*QUALIFIERS[key], *QUALIFIERS}  # what belongs into the path
    if len(set(names)) < len(names) or any(ai in misplaced for ai, _ in in_query):
        return None
    return tuple(elements) if all(_is_field(ai, value) for ai, value in elements) else None


def gtin_in(uri: str) -> str | None:
    """The item number of an address that looks like a Digital Link but breaks its rules."""
    found = _GTIN_SOMEWHERE.search(uri[:MAX_CHARS])
    return found.group(1) if found and is_gtin(found.group(1)) else None


def _path_fields(parts: Sequence[str]) -> list[tuple[str, str]] | None:
    """Key and qualifiers: the last key in the path with pairs to its end."""
    for at in range(len(parts) - 2, -1, -2):
        key = ALIASES.get(parts[at], parts[at])
        if key in QUALIFIERS:
            return _with_qualifiers(key, [_unescaped(part) for part in parts[at:]])
    return None


def _with_qualifiers(key: str, parts: Sequence[str]) -> list[tuple[str, str]] | None:
    fields = [(key, _whole_gtin(key, parts[1]))]
    allowed = list(QUALIFIERS[key])
    for name, value in zip(parts[2::2], parts[3::2], strict=False):
        ai = ALIASES.get(name, name)
        if ai not in allowed:
            return None
        allowed = allowed[allowed.index(ai) + 1 :]
        fields.append((ai, value))
    return fields


def _query_fields(query: str) -> Iterator[tuple[str, str]]:
    """Fields of the query; what is not named by a number belongs to the web site, not to us."""
    for part in re.split("[&;]", query):
        name, equals, value = part.partition("=")
        if equals and name.isascii() and name.isdigit():
            yield name, _unescaped(value)


def _whole_gtin(ai: str, value: str) -> str:
    return value.zfill(14) if ai == "01" and len(value) in GTIN_LENGTHS and value.isdigit() else value


def _is_field(ai: str, value: str) -> bool:
    return value.isprintable() and parse_elements(ai + value) == ((ai, value),)


def _unescaped(part: str) -> str:
    """Percent escapes as the characters they stand for (RFC 3986); what is no UTF-8 becomes a mark that fits no field."""
    return _ESCAPED.sub(lambda found: bytes.fromhex(found.group().replace("%", "")).decode(errors="replace"), part)
