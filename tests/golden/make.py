"""Write the golden files that are missing: `python -m tests.golden.make`.

A file that is there is never written again. The bytes of a released version stay readable for ever; a new shape of an
event is a new version with its own golden file, and an upcaster from the old one.
"""

import json
from pathlib import Path

from retail_core.domain.events import Event
from retail_core.trust.keys import SigningKey
from retail_core.wire.batch import encode_lines
from retail_core.wire.envelope import Head, StreamEntry, StreamId, place
from retail_core.wire.events import encode_event
from tests.golden.later import LATER
from tests.golden.samples import EPOCH, NODE, entries

HERE = Path(__file__).parent
EVENTS_FILE = HERE / "events_v1.json"
BATCH_FILE = HERE / "batch_v1.json"
JOURNAL_FILE = HERE / "journal_v1.json"
LATER_FOLDER = HERE / "later"


def placed(key: SigningKey) -> list[StreamEntry]:
    head, found = Head(), list[StreamEntry]()
    for entry in entries(key.sign):
        found.append(place(entry, head))
        head = Head(found[-1].seq, found[-1].chain_hash)
    return found


def events_document(stream: list[StreamEntry]) -> object:
    return [
        {
            "type": at.entry.type, "v": at.entry.v, "body": at.entry.body.decode(),
            "entry_hash": at.entry.entry_hash.hex(), "chain_hash": at.chain_hash.hex(),
        }
        for at in stream
    ]  # fmt: skip


def batch_document(stream: list[StreamEntry], public_key: str) -> object:
    lines = {
        name: encode_lines(StreamId(NODE, EPOCH), stream, full=full).decode().splitlines()
        for name, full in (("lines", False), ("full_lines", True))
    }
    return {"node": NODE, "epoch": EPOCH, "public_key": public_key, **lines}


def journal_document(stream: list[StreamEntry], public_key: str) -> object:
    return {
        "public_key": public_key,
        "entries": [
            {
                **{name: getattr(at.entry, name) for name in PLAIN_FIELDS},
                **{name: getattr(at.entry, name).hex() for name in ("prev_hash", "entry_hash", "sig")},
                "body": at.entry.body.decode(),
                "chain_hash": at.chain_hash.hex(),
                "private": at.entry.private and [at.entry.private.salt.hex(), at.entry.private.part.decode()],
            }
            for at in stream
        ],
    }


def later_document(events: tuple[Event, ...]) -> object:
    written = (encode_event(event) for event in events)
    return [{"type": type_, "v": version, "body": body.decode()} for type_, version, body in written]


PLAIN_FIELDS = ("id", "node", "epoch", "seq", "type", "v", "at", "biz_date", "actor", "clock")


def main() -> None:
    key = SigningKey.new()  # thrown away: the files keep its signatures and its public half
    stream = placed(key)
    documents = {
        EVENTS_FILE: events_document(stream),
        BATCH_FILE: batch_document(stream, key.public_text),
        JOURNAL_FILE: journal_document(stream, key.public_text),
        **{LATER_FOLDER / f"{area}.json": later_document(events) for area, events in LATER.items()},
    }
    for file, document in documents.items():
        if file.exists():
            print(f"{file.name}: kept")
        else:
            file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
            print(f"{file.name}: written")


if __name__ == "__main__":
    main()
