"""A reference file with a million items, made once from a seed and kept in build/perf/."""

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from retail_core.domain.gtin import check_digit
from retail_core.domain.ids import Gtin, Sku
from retail_core.durable import link, reference
from retail_core.durable.engine import open_rw, transaction
from retail_core.durable.home import Home

BUILD = Path("build/perf")
KEY = bytes(range(32))  # the file holds generated items only
ZONE = "north"
KINDS = [
    "milk",
    "cream",
    "yoghurt",
    "butter",
    "cheese",
    "quark",
    "bread",
    "roll",
    "baguette",
    "cake",
    "biscuit",
    "chocolate",
    "coffee",
    "tea",
    "juice",
    "water",
    "beer",
    "wine",
    "apple",
    "banana",
    "tomato",
    "pepper",
    "onion",
    "potato",
    "carrot",
    "salad",
    "chicken",
    "beef",
    "pork",
    "ham",
    "sausage",
    "salmon",
    "tuna",
    "shrimp",
    "rice",
    "pasta",
    "flour",
    "sugar",
    "salt",
    "oil",
    "vinegar",
    "mustard",
    "ketchup",
    "soup",
    "sauce",
    "cereal",
    "muesli",
    "honey",
    "jam",
    "crisps",
    "nuts",
    "soap",
    "shampoo",
    "towel",
    "candle",
    "battery",
    "lamp",
    "pen",
    "notebook",
    "detergent",
    "sponge",
    "napkin",
    "plate",
    "glass",
    "cup",
    "knife",
    "Jalapeño",
    "Crème",
    "Müsli",
    "Käse",
    "Açaí",
    "Gruyère",
]
TASTES = [
    "whole",
    "fresh",
    "organic",
    "smoked",
    "spicy",
    "mild",
    "light",
    "dark",
    "creamy",
    "crunchy",
    "sweet",
    "salted",
    "unsalted",
    "vegan",
    "classic",
    "extra",
    "fine",
    "large",
    "small",
    "family",
    "mini",
    "double",
    "white",
    "red",
    "green",
    "black",
    "yellow",
    "golden",
    "natural",
    "vanilla",
    "lemon",
    "cherry",
    "hazelnut",
    "caramel",
    "garlic",
    "herb",
    "honey",
    "smoky",
    "alpine",
    "nordic",
    "coastal",
    "rustic",
    "urban",
]
BRANDS = tuple(f"{a}{b}" for a in ("Alba", "Bora", "Cedra", "Dolo", "Ember", "Fjor", "Grano", "Haven") for b in
               ("mar", "vale", "nest", "field", "dal", "wick", "ton", "sen"))  # fmt: skip
SIZES = ("100 g", "200 g", "250 g", "400 g", "500 g", "1 kg", "0.5 L", "1 L", "1.5 L", "6 x 1", "12 x 1", "1 pc")
DEPARTMENTS = ("Grocery", "Dairy", "Bakery", "Produce", "Meat", "Drinks", "Household", "Care")


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
        chance = random.Random(seed)
        return [gtin_of(chance.randrange(self.items)) for _ in range(count)]

    def queries(self, count: int, seed: int) -> list[str]:
        """What people type: one letter to two words, some with the accents left out."""
        chance = random.Random(seed)
        found: list[str] = []
        for _ in range(count):
            words = [chance.choice(KINDS), chance.choice(TASTES), chance.choice(BRANDS)]
            text = " ".join(chance.sample(words, chance.randint(1, 2)))
            found.append(text[: chance.choice((1, 1, 2, 3, 4, 6, 12, 40))].strip() or "a")
        return found


def gtin_of(n: int) -> Gtin:
    body = f"952{n:09d}"
    return Gtin("0" + body + check_digit(body))


def generated_items(count: int, seed: int = 1) -> Iterator[reference.ItemDoc]:
    """Items in order of popularity, the same for the same seed."""
    chance = random.Random(seed)
    for n in range(count):
        kind, taste, brand, size = (chance.choice(words) for words in (KINDS, TASTES, BRANDS, SIZES))
        yield reference.ItemDoc(
            Sku(f"{n:07d}"),
            f"{taste.title()} {kind} {size}",
            chance.choice(DEPARTMENTS),
            "food",
            (gtin_of(n),),
            brand,
            size,
        )


@cache
def big_reference(items: int) -> BigReference:
    """The file with `items` items, built if it is not there yet (a million take about half a minute)."""
    BUILD.mkdir(parents=True, exist_ok=True)
    path = BUILD / f"ref-{items}.db"
    if not path.exists():
        building = path.with_suffix(".new")
        building.unlink(missing_ok=True)
        conn = open_rw(building, KEY)
        reference.prepare_reference(conn, building)
        with transaction(conn):
            reference.put_tax(conn, reference.TaxDoc("food", "VAT 9 %", 90_000))
            reference.load_items(conn, generated_items(items))
            conn.executemany(
                "INSERT INTO price (sku, from_ms, rev, price_minor, book) VALUES (?,0,1,?,'b1')",
                ((f"{n:07d}", 50 + n * 37 % 4950) for n in range(items)),
            )
            reference.set_cursor(conn, f"price:{ZONE}", 1, "g1")
        conn.execute("INSERT INTO item_text (item_text) VALUES ('optimize')")
        conn.execute("ANALYZE")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        conn.close()
        for leftover in (building.with_name(building.name + tail) for tail in ("-wal", "-shm")):
            leftover.unlink(missing_ok=True)
        building.rename(path)
    return BigReference(path, items)
