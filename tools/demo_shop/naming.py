"""Readable names for the data's products: `OWN BRAND`, `YOGURT NOT MULTI-PACKS`, `6 OZ` → "Harvest Lane Yogurt 6 oz".

The data names kinds in capitals, shortened to 30 characters, and hides brands behind numbers. Kinds that a customer
meets daily have a written name below; the others are put right by rules. Brand names are invented: one per
manufacturer number, always the same one. Products that would still have the same name get a variety.
"""

import re
from types import MappingProxyType

from tools.demo_shop.people import words

MAX_KIND_CHARS = 30
OWN_FOOD_BRAND, OWN_GENERAL_BRAND = "Harvest Lane", "Homestead"
BRAND_STARTS = words(
    "Ash Birch Bracken Bramble Briar Brook Cedar Clover Copper Crane Dale Elder Elm Ember Fair Falcon Fern Finch Flint"
    " Fox Glen Gold Grove Hart Hawk Hazel Heather Heron Hill Holly Ivy Juniper Kestrel King Lark Laurel Linden Maple"
    " Marl Marsh May Mead Mill Moss North Oak Orchard Otter Pear Pebble Pine Quarry Quill Raven Reed River Robin Rose"
    " Rowan Rush Sage Silver Sparrow Spring Stone Summer Swan Teal Thistle Thorn Vale Walnut Wester Wheat Wild Willow"
    " Winter Wood Wren Yarrow"
)
BRAND_ENDS = words(
    "bank beck borough bourne bridge brook bury by cliff combe cote croft dale den down end fell field ford gate glade"
    " grange grove hall ham haven hill holm house hurst ing kirk lake land leigh ley lodge low march mead mere mill"
    " minster moor mount mouth ness over park pool port ridge rise royd shaw shore side stead stoke stone stow street"
    " thorpe ton tree vale view ville wall water way well wick wold wood worth yard"
)
VARIETIES = words("Original Classic Select Extra Garden Country Family Golden Red Blue Green Silver")
BRANDLESS_DEPARTMENTS = frozenset({"PRODUCE", "MEAT", "SEAFOOD", "SALAD BAR", "FLORAL", "RESTAURANT", "CHEF SHOPPE"})
GENERAL_DEPARTMENTS = frozenset(
    {"DRUG GM", "COSMETICS", "GARDEN CENTER", "TOYS", "HOUSEWARES", "AUTOMOTIVE", "PHOTO & VIDEO"}
)

KINDS = MappingProxyType(
    {
        "FLUID MILK WHITE ONLY": "Milk", "YOGURT NOT MULTI-PACKS": "Yogurt", "YOGURT MULTI-PACKS": "Yogurt Multipack",
        "SFT DRNK 2 LITER BTL CARB INCL": "Soda Bottle", "SOFT DRINKS 12/18&15PK CAN CAR": "Soda Cans Pack",
        "SFT DRNK SNGL SRV BTL CARB (EX": "Soda Small Bottle", "SOFT DRINKS 20PK&24PK CAN CARB": "Soda Cans Big Pack",
        "SFT DRNK MLT-PK BTL CARB (EXCP": "Soda Bottles Pack", "SOFT DRINK BOTTLE NON-CARB (EX": "Still Soft Drink",
        "FRZN BAGGED VEGETABLES - PLAIN": "Frozen Vegetables", "FRZN BAGGED VEGETABLES- VALUE": "Frozen Vegetable Mix",
        "FRZN BOXED VEGETABLES - PLAIN": "Frozen Vegetables Box", "FRZN BOXED VEGETABLES- VALUE A": "Frozen Vegetable Dish",
        "DAIRY CASE 100% PURE JUICE - O": "Orange Juice", "DAIRY CASE 100% PURE JUICE OTH": "Pure Fruit Juice",
        "DAIRY CASE JUICE DRNK UNDER 10": "Chilled Juice Drink", "DAIRY CASE CITRUS PNCH/OJ SUBS": "Citrus Punch",
        "DAIRY CASE FRUIT DRINKS (NO JU": "Chilled Fruit Drink", "DAIRY CASE TEA WITH SUGAR OR S": "Chilled Sweet Tea",
        "RTS SOUP: CHUNKY/HOMESTYLE ET": "Homestyle Soup", "MAINSTREAM WHITE BREAD": "White Bread",
        "MAINSTREAM WHEAT/MULTIGRAIN BR": "Multigrain Bread", "BEERALEMALT LIQUORS": "Beer",
        "CANDY BARS (SINGLES)(INCLUDING": "Candy Bar", "CANDY BARS (MULTI PACK)": "Candy Bars Multipack",
        "CANDY BAGS-CHOCOCLATE": "Chocolates", "CANDY BAGS-NON CHOCOLATE": "Sweets", "MISCELLANEOUS CANDY (INCLUDING": "Candy",
        "IWS SINGLE CHEESE": "Cheese Slices", "PAPER TOWELS & HOLDERS": "Paper Towels", "SWEET GOODS - FULL SIZE": "Sweet Bakes",
        "MEAT: TURKEY BULK": "Sliced Turkey", "MEAT:HAM BULK": "Sliced Ham", "MEAT: BEEF BULK": "Sliced Beef",
        "MEAT: SAUS DRY BULK": "Dry Sausage", "CHEESE: PROCESSED BULK": "Sliced Processed Cheese",
        "CHEESE: NATURAL BULK": "Sliced Cheese", "CHEESE:SPECIALTY PREPACK": "Specialty Cheese",
        "SEAFOOD-FRZ-RAW FILLETS": "Frozen Fish Fillets", "SEAFOOD-FRZ-IQF RAW SHRIMP RW": "Frozen Shrimp",
        "SEAFOOD-FRE-RAW FINFISH-OTHER": "Fresh Fish", "SEAFOOD-FRE-SALMON": "Fresh Salmon", "SEAFOOD-FRE-NON RW-ALL": "Fresh Seafood",
        "SGL SV/VEND MACH SNACKS CHIP/P": "Snack Chips", "SS ECONOMY ENTREES/DINNERS ALL": "Frozen Dinner",
        "FRZN SS PREMIUM ENTREES/DNRS/N": "Frozen Light Dinner", "FRZN SS PREMIUM ENTREES/DNRS/T": "Frozen Premium Dinner",
        "FRZN MULTI SERVE ENTREES ALL": "Frozen Family Dinner", "MACARONI & CHEESE DNRS": "Macaroni & Cheese",
        "BLENDED JUICE&COMBINATIONS (OV": "Blended Fruit Juice", "SEMI-SOLID SALAD DRESSING MAY": "Mayonnaise",
        "POURABLE SALAD DRESSINGS": "Salad Dressing", "ISOTONIC DRINKS SINGLE SERVE": "Sports Drink",
        "REFRIGERATED COFFEE CREAMERS": "Coffee Creamer", "TOMATOES: STEWED/DICED/CRMD": "Diced Tomatoes",
        "BEANS GREEN: FS/WHL/CUT": "Green Beans", "SOFT DRINK POWDER POUCHES": "Drink Powder",
        "NATURAL CHEESE EXACT WT CHUNKS": "Cheese Block", "NATURAL CHEESE EXACT WT SLICES": "Natural Cheese Slices",
        "CATSUP": "Ketchup", "MARGARINE: TUBS AND BOWLS": "Soft Margarine", "MARGARINE  STICK": "Margarine Sticks",
        "FACIAL TISSUE & PAPER HANDKE": "Facial Tissues", "ORANGES NAVELS ALL": "Navel Oranges",
        "BREAST - BONELESS(IQF)": "Frozen Chicken Breasts", "WINGS (IQF)": "Frozen Chicken Wings",
        "JUICE (UNDER 10% JUICE)": "Juice Drink", "CHEESE CRACKERS (CHEEZ-ITS/GOL": "Cheese Crackers",
        "BUTTER SPRAY CRACKER (RITZ/CLU": "Butter Crackers", "SOUP CRACKERS (SALTINE/OYSTER)": "Soup Crackers",
        "VARIETY BEANS - KIDNEY PINTO": "Beans", "PREPARED BEANS - BAKED W/PORK": "Baked Beans", "STICKS/ENROBED": "Ice Cream Sticks",
        "ADULT PREMIUM": "Premium Ice Cream Bars", "MEXICAN SAUCESSALSAPICANTEE": "Salsa", "MEXICAN SOFT TORTILLAS AND WRA": "Soft Tortillas",
        "NON-CRBNTD DRNKING/MNERAL WATE": "Still Water", "NON-CARB WATER FLVR - DRNK/MNR": "Flavored Water",
        "CANNED CAT FOOD (9 LIVES/FRISK": "Cat Food Can", "VAC PAC NUTS(CANS)": "Nuts Can", "SNACK NUT(BAG)": "Snack Nuts",
        "GRAPE JUICE (OVER 50% JUICE)": "Grape Juice", "CRANAPPLE CRAN GRAPE JUICE (5": "Cranberry Apple Juice",
        "CRANBERRY JUICE (50% AND UNDER": "Cranberry Juice", "VEG JUICE (EXCEPT TOMATO) (OVE": "Vegetable Juice",
        "ASEPTIC PACK JUICE AND DRINKS": "Juice Boxes", "TRAY PACK/CHOC CHIP COOKIES": "Chocolate Chip Cookies",
        "DIPS (NON-REFRIGERATED)": "Dip", "MISCELLANEOUS MILK": "Flavored Milk", "SALAD BAR FRESH FRUIT": "Fresh Fruit Cup",
        "PIZZA/ECONOMY": "Frozen Pizza", "PIZZA/PREMIUM": "Premium Frozen Pizza", "PIZZA/TRADITIONAL": "Traditional Frozen Pizza",
        "SANDWICHES&HANDHELDS": "Frozen Sandwich", "SNACKS/APPETIZERS": "Frozen Appetizers", "POPULAR 750ML WINES": "Table Wine",
        "PREMIUM 750ML WINES": "Premium Wine", "MUSHROOMS CND & GLASS": "Mushrooms", "GRND/PATTY - FROZEN": "Frozen Burger Patties",
        "FEM. HYGN.NAPKINS": "Sanitary Pads", "VEGETABLES ALL OTHER": "Vegetables", "PEPPERS ALL OTHER": "Peppers", "ONIONS OTHER": "Green Onions",
        "GARBAGE KITCHEN COMPACTOR BA": "Trash Bags", "SOLID/STK DEODORANTS": "Deodorant Stick",
        "ANTIPERSPIRANTS ONLY (ALL OTHE": "Antiperspirant", "TABLE SALT POPCORN SALTICE C": "Table Salt",
        "SAUCE MIXES GRAVY MIXES DRY": "Gravy Mix", "WHOLE CHICKEN (ROASTERS/FRYER)": "Whole Chicken", "ROLLS - PORK": "Pork Sausage Roll",
        "LINKS - RAW": "Sausage Links", "SMOKED/COOKED": "Smoked Sausage", "INSTORE CUT FRUIT": "Cut Fruit", "CUPS/PUSH UPS/OTHER": "Ice Cream Cups",
        "PREP FD: SIDE DISHES (HOT)": "Hot Side Dish", "CHIX: ROTISSERIE (HOT)": "Rotisserie Chicken", "SW GDS:DONUTS": "Donut",
        "AIR CARE - CONTINUOUS - NON EL": "Air Freshener", "PUDDING&GELATIN CUPS/CANS": "Pudding Cups", "ORAL HYGIENE BRUSHES": "Toothbrush",
        "SPONGES: BATH HOUSEHOLD": "Sponges", "REFRIGERATED SPECILATY ROLLS": "Chilled Dinner Rolls", "ANTI-ACIDS": "Antacid",
        "REFRIG PIZZA&INGRED  N/MEAT DE": "Chilled Pizza", "MISC MEAT SAUCES": "Meat Sauce", "HOT MUSTARD/SPECIALTY MUSTAR": "Mustard",
        "GARDEN PLUS": "Garden Salad Plus", "REGULAR GARDEN": "Garden Salad", "BLENDS": "Salad Blend", "SALAD SPINACH": "Spinach Salad", "POULTRY": "Sliced Poultry",
        "SW GDS: SW ROLLS/DAN": "Sweet Rolls", "COOKIES: REGULAR": "Cookies", "ROLLS: BAGELS": "Bagels", "CAKES: ANGEL FDS/CRE": "Angel Cake",
        "CAKES: ANGEL FDS/CUPCAKES/FRUIT": "Angel Cake", "CAKES: OTHER": "Cake", "ROLLS: CROISSANTS/BREADSTICKS": "Croissants",
        "BREAD:SAVORY/SPECIALTY": "Savory Bread", "MEAT: LUNCHMEAT BULK": "Lunch Meat", "CHIX: FRD 8PC/CUT UP (HOT)": "Fried Chicken", "BETTER FOR YOU": "Lean Bacon", "CARDS EVERYDAY": "Greeting Card", "CARDS SEASONAL": "Seasonal Card", "NOODLES DRY": "Noodles",
        "MACARONI DRY": "Macaroni", "SPAGHETTI DRY": "Spaghetti", "VEGETABLE/SALAD OIL": "Vegetable Oil", "PUDDINGS DRY": "Pudding Mix",
    }
)  # fmt: skip
"""Kinds as a customer would say them; the rules below would say them badly."""

NEEDS_CATEGORY = frozenset(
    words(
        "PREMIUM ECONOMY TRADITIONAL MAINSTREAM LEAN PRIMAL ENHANCED ANGUS OTHER RIBS PATTIES ENTREES JUICE CONES"
        " PRE-COOKED FLAVORED/OTHER NATURAL ORGANIC VALUE IMPORTED KOSHER/SPECIALTY"
    )
) | {"PREMIUM - MEAT", "ECONOMY - MEAT", "PREMIUM PINTS", "SUPER PREMIUM PINTS", "WATER ICE"}
"""Kinds that mean nothing without their category."""

CATEGORIES = MappingProxyType(
    {
        "ICE CREAM/MILK/SHERBTS": "Ice Cream", "PASTA SAUCE": "Pasta Sauce", "HOT DOGS": "Hot Dogs", "BACON": "Bacon",
        "FRZN NOVELTIES/WTR ICE": "Ice Cream", "REFRIGERATED": "Chilled", "HEAT/SERVE": "Ready Meal",
    }
)  # fmt: skip

WORDS = MappingProxyType(
    {
        "FRZN": "Frozen", "FRZ": "Frozen", "SFT": "Soft", "DRNK": "Drink", "DRNKS": "Drinks", "DNRS": "Dinners", "BTL": "Bottle",
        "PK": "Pack", "SW": "Sweet", "GDS": "Goods", "CHIX": "Chicken", "CHICK": "Chicken", "GRND": "Ground", "BRD": "Breaded",
        "VEG": "Vegetable", "FLVRD": "Flavored", "PREM": "Premium", "CHOC": "Chocolate", "JCE": "Juice", "PREP": "Prepared",
        "FD": "Food", "CATFD": "Cat Food", "CND": "Canned", "REFRIG": "Chilled", "REFRIGERATED": "Chilled", "MISC": "Assorted",
        "SPLY": "Supplies", "SNGL": "Single", "SGL": "Single", "SRV": "Serve", "MLT": "Multi", "DEOD": "Deodorant", "OCCAS": "Occasion",
        "FEM": "Feminine", "HYGN": "Hygiene", "SEAS": "Seasonal", "ACCESS": "Accessory", "PKG": "Pack", "PKLD": "Pickled", "BF": "Beef",
        "WHT": "White", "CRBNTD": "Sparkling", "PWDR": "Powder", "SAUS": "Sausage", "STK": "Stick", "VAR": "Variety", "SV": "Serve",
        "BBQ": "BBQ", "DVD": "DVD", "SPF": "SPF", "NFL": "NFL", "RX": "RX", "BULK": "", "IQF": "", "RW": "", "INCL": "", "EXCP": "", "EX": "",
        "ONLY": "", "ALL": "", "MISCELLANEOUS": "Assorted", "SS": "", "EW": "",
    }
)  # fmt: skip

SIZE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(FL OZ|SQ FT|OZ|LB|CT|GA|GAL|DZ|LT|L|ML|PT|QT|PK|FT|IN|YD)\b")
UNITS = MappingProxyType({"GA": "gal", "LT": "L", "L": "L", "ML": "ml", "PK": "pack"})
PRODUCE_SIZES = frozenset({"OZ", "PT", "QT"})
LARGEST_PRODUCE_LB = 10
LARGEST_AMOUNT = 5_000
"""Beyond this a number is an article number that slipped into the size."""

NOUNS = frozenset(
    words(
        "Onions Potatoes Peppers Grapes Tomatoes Apples Eggs Corn Carrots Mushrooms Peaches Pears Oranges Squash Lettuce Beans"
        " Cabbage Plums Nectarines Melons Cherries Berries Herbs"
    )
)
"""The data says "ONIONS SWEET"; people say sweet onions."""
LITTLE_WORDS = frozenset({"On", "The", "Of", "With", "In", "For"})


def brand_of(manufacturer_id: int, department: str, *, private: bool) -> str:
    """An invented brand, or no brand where goods carry none. The shop's own brand for private label."""
    if department in BRANDLESS_DEPARTMENTS:
        return ""
    if private:
        return OWN_GENERAL_BRAND if department in GENERAL_DEPARTMENTS else OWN_FOOD_BRAND
    # two primes spread neighbouring numbers over both word lists
    start = BRAND_STARTS[manufacturer_id * 7 % len(BRAND_STARTS)]
    end = BRAND_ENDS[(manufacturer_id * 13 + manufacturer_id // len(BRAND_STARTS)) % len(BRAND_ENDS)]
    return start if start.lower() == end else start + end


def kind_name(kind: str, category: str) -> str:
    """The kind of goods in readable words, title case, at most MAX_KIND_CHARS long."""
    known = KINDS.get(kind)
    if known:
        return known
    name = _readable(kind)
    if kind in NEEDS_CATEGORY or not name:
        general = CATEGORIES.get(category) or _readable(category)
        name = f"{name.replace(' Meat', '')} {general}" if name != general else name
    return _shortened(name)


def size_name(size: str, department: str) -> str:
    """`(600) 4 LB` → "4 lb"; nothing for what is no size, and for the size of a crate of fruit."""
    found = SIZE.search(size.replace("HALF GAL", "0.5 GAL").replace("1/2", ".5"))
    if found is None:
        return "1 pt" if size.strip() == "PT" else ""
    amount, unit = found.groups()
    small = unit in PRODUCE_SIZES or (unit == "LB" and float(amount) <= LARGEST_PRODUCE_LB)
    if (department == "PRODUCE" and not small) or float(amount) > LARGEST_AMOUNT:
        return ""
    return f"{float(amount):g} {UNITS.get(unit, unit.lower())}"


def _readable(shouted: str) -> str:
    text = re.sub(r"\([^)]*\)?", " ", shouted).replace("&", " & ")
    before, colon, after = text.partition(":")
    if colon and after.strip():  # "BREAD:ITALIAN/FRENCH" → Italian Bread
        text = f"{after.split('/')[0]} {before}" if after.strip() != "OTHER" else before
    parts = dict.fromkeys(map(_word, re.split(r"[\s/]+|(?<=\w\w)-(?=[A-Z]{3})", text)))
    name = [word for word in parts if word]
    if len(name) > 1 and name[0] in NOUNS:
        name = [*name[1:], name[0]]
    return " ".join(word.lower() if n and word in LITTLE_WORDS else word for n, word in enumerate(name))


def _word(part: str) -> str:
    bare = part.strip(" .,;-")
    if bare in WORDS:
        return WORDS[bare]
    if not bare or bare in {"&", "AND"}:
        return "&" if bare else ""
    return "-".join(piece.capitalize() for piece in bare.split("-"))


def _shortened(name: str) -> str:
    while len(name) > MAX_KIND_CHARS and " " in name:
        name = name.rpartition(" ")[0]
    return name.removesuffix(" &").removeprefix("& ").strip()


def full_name(brand: str, kind: str, variety: str, size: str) -> str:
    """What stands on the shelf and on the receipt."""
    return " ".join(part for part in (brand, kind, variety, size) if part)


def variety(n: int) -> str:
    """How the n-th product of the same brand, kind and size is told apart (n from 0; the first needs no word)."""
    if n == 0:
        return ""
    return VARIETIES[n - 1] if n <= len(VARIETIES) else f"No. {n + 1}"
