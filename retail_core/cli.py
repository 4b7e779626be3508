"""`omnitill`: what needs no till, agent or HQ. Today: checking a journal file."""

import argparse
import sys
from pathlib import Path

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.verify import UNREADABLE, verify_file
from retail_core.trust.keys import PublicKey
from retail_core.trust.seal import KEY_BYTES

EXIT_OK, EXIT_BROKEN, EXIT_USAGE = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0: all good; 1: something is wrong and named; 2: it could not be checked."""
    parser = argparse.ArgumentParser(prog="omnitill", description="Tools that need no till, agent or HQ.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("verify-journal", help="check every hash and signature of a journal file")
    check.add_argument("file", type=Path, help="till.db or store.db")
    check.add_argument("--key", help="file with the 32-byte database key, or 64 hex digits")
    check.add_argument("--public-key", action="append", default=[], metavar="NODE=BASE64URL")
    check.add_argument("--home", type=Path, help="take key and public keys from this machine's folder")
    options = parser.parse_args(arguments)
    try:
        key, public_keys = _keys(options.file, options.key, options.public_key, options.home)
    except (EnvironmentFault, ValueError, OSError) as bad:
        print(f"cannot check {options.file}: {bad}", file=sys.stderr)
        return EXIT_USAGE
    report = verify_file(options.file, key, public_keys)
    if report.code == UNREADABLE:
        print(f"cannot check {options.file}: no such file, the wrong key, or damaged: {report.detail}", file=sys.stderr)
        return EXIT_USAGE
    if not report.ok:
        print(f"{options.file}: {report.code}: {report.detail}")
        return EXIT_BROKEN
    print(
        f"{options.file}: ok: {report.entries} entries in {report.streams} streams, {report.signatures} signatures"
        f" checked, {report.unsigned} without a known key, {report.erased} personal parts erased,"
        f" {report.segments} sealed segments"
    )
    return EXIT_OK


def _keys(file: Path, key: str | None, public_keys: list[str], home: Path | None) -> tuple[bytes, dict[str, str]]:
    known = dict(pair.split("=", 1) for pair in public_keys)
    for text in known.values():
        PublicKey(text)
    if home:
        return _keys_of_home(file, home, known)
    if key is None:
        return b"", known
    raw = bytes.fromhex(key) if len(key) == 64 else Path(key).read_bytes()
    if len(raw) != KEY_BYTES:
        raise ValueError("a database key has 32 bytes")
    return raw, known


def _keys_of_home(file: Path, folder: Path, known: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    from retail_core.durable.home import Home

    home = Home(folder)
    config = home.config()
    for name, node in (("till", config.till_node), ("agent", config.agent_node)):
        if node:
            known.setdefault(node, home.keys.signing_key(name).public_text)
    return home.keys.file_key(file.name), known


if __name__ == "__main__":
    sys.exit(main())
