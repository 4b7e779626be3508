"""A reference file with a million items, made once from a seed (or from BARCODES) and kept in build/perf/."""

import os
import random
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from retail_core.durable import link, reference
from retail_core.durable.engine import open_ro, open_rw, transaction
from retail_core.durable.home import Home
from tools.catalogue_generator import KEY, generate, write_reference

BUILD = Path("build/perf")
SEED = 1
SAMPLED_NAMES = 500


@dataclass(frozen=True)
class BigReference:
    """A built file; copied into a machine's folder for each use."""

    path: Path
    items: int
    key: bytes = KEY

    @property
    def name(self) -> str:
        return self.path.name

    def into(self, home: Home) -> Home:
        """Make this the current reference of a machine."""
        shutil.copy(self.path, home.reference(self.name))
        home.keys.put_file_key(self.name, self.key)
        conn = open_rw(home.link_db, home.keys.file_key("link.db"))
        with transaction(conn):
            link.name_reference(conn, self.name)
        conn.close()
        return home

    def sample_gtins(self, count: int, seed: int) -> list[str]:
        """Bar codes from all over the catalogue, no two of one item."""
        ranks = random.Random(seed).sample(range(1, self.items + 1), count)
        conn = open_ro(self.path, self.key)
        found = [conn.execute("SELECT gtin FROM gtin WHERE rank = ?", (rank,)).fetchone()[0] for rank in ranks]
        conn.close()
        return found

    def queries(self, count: int, seed: int) -> list[str]:
        """What people type of names that are there: one letter to two words."""
        chance = random.Random(seed)
        conn = open_ro(self.path, self.key)
        ranks = [chance.randint(1, self.items) for _ in range(SAMPLED_NAMES)]
        names = [conn.execute("SELECT name FROM item WHERE rank = ?", (rank,)).fetchone()[0] for rank in ranks]
        conn.close()
        found: list[str] = []
        while len(found) < count:
            words = [word for word in chance.choice(names).split() if word.isalpha()] or ["a"]
            text = " ".join(chance.sample(words, min(len(words), chance.randint(1, 2))))
            found.append(text[: chance.choice((1, 1, 2, 3, 4, 6, 12, 40))].strip() or "a")
        return found


@cache
def big_reference(items: int) -> BigReference:
    """The file with `items` items, built if it is not there yet (a million take about half a minute)."""
    codes = os.environ.get("BARCODES", "")
    BUILD.mkdir(parents=True, exist_ok=True)
    version = len(reference.REFERENCE_STEPS)  # a file of an older schema is made anew
    path = BUILD / f"ref-{items}{'-real' if codes else ''}-v{version}.db"
    if not path.exists():
        building = path.with_suffix(".new")
        building.unlink(missing_ok=True)
        write_reference(building, generate(items, SEED, Path(codes) if codes else None))
        for leftover in (building.with_name(building.name + tail) for tail in ("-wal", "-shm")):
            leftover.unlink(missing_ok=True)
        building.rename(path)
    return BigReference(path, items)
