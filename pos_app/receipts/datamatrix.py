"""GS1 DataMatrix symbols (ECC 200), for labels that this program draws itself. No I/O.

Written after ISO/IEC 16022: ASCII encodation with pairs of figures in one codeword, one Reed-Solomon block, square
symbols up to 48 modules. That holds every field a label of this shop may carry.
"""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache

FNC1, PAD, PAIRS_FROM = 232, 129, 130
FIELD_POLYNOMIAL = 0x12D
SIZES: tuple[tuple[int, int, int, int], ...] = (  # modules a side, regions a side, data codewords, check codewords
    (10, 1, 3, 5), (12, 1, 5, 7), (14, 1, 8, 10), (16, 1, 12, 12), (18, 1, 18, 14), (20, 1, 22, 18), (22, 1, 30, 20),
    (24, 1, 36, 24), (26, 1, 44, 28), (32, 2, 62, 36), (36, 2, 86, 42), (40, 2, 114, 48), (44, 2, 144, 56),
    (48, 2, 174, 68),
)  # fmt: skip

Modules = tuple[tuple[bool, ...], ...]


def side_of(data: str) -> int:
    """How many modules a side the symbol has, quiet zone apart. Raises ValueError for data it cannot hold."""
    return _size(len(codewords(data)))[0]


def codewords(data: str) -> bytes:
    """Data codewords of an element string: FNC1 in front, and where `data` has a separator."""
    made = bytearray([FNC1])
    at = 0
    while at < len(data):
        pair = data[at : at + 2]
        if len(pair) == 2 and pair.isascii() and pair.isdigit():
            made.append(PAIRS_FROM + int(pair))
            at += 2
            continue
        if not (char := data[at]).isascii():
            raise ValueError("a field of GS1 is plain ASCII")
        made.append(FNC1 if char == "\x1d" else ord(char) + 1)
        at += 1
    return bytes(made)


@lru_cache(maxsize=64)
def modules(data: str) -> Modules:
    """Rows of modules, True dark, without quiet zone. Raises ValueError for data it cannot hold."""
    words = codewords(data)
    side, regions, room, checks = _size(len(words))
    padded = _padded(words, room)
    inner = side - 2 * regions
    bits = _placed(padded + _check_words(padded, checks), inner)
    each = inner // regions
    rows = [[False] * side for _ in range(side)]
    for row in range(side):
        for column in range(side):
            y, x = row % (each + 2), column % (each + 2)
            if x == 0 or y == each + 1:
                rows[row][column] = True  # the solid edges
            elif y == 0 or x == each + 1:
                rows[row][column] = (x if y == 0 else y + 1) % 2 == 0  # the dotted ones
            else:
                rows[row][column] = bits[row // (each + 2) * each + y - 1][column // (each + 2) * each + x - 1]
    return tuple(tuple(row) for row in rows)


def _size(count: int) -> tuple[int, int, int, int]:
    for size in SIZES:
        if count <= size[2]:
            return size
    raise ValueError("more than a label's symbol holds")


def _padded(words: bytes, room: int) -> bytes:
    """Filled up: one PAD, then pads scattered by their place so that they make no pattern."""
    made = bytearray(words)
    if len(made) < room:
        made.append(PAD)
    while len(made) < room:
        scattered = PAD + (149 * (len(made) + 1)) % 253 + 1
        made.append(scattered if scattered <= 254 else scattered - 254)
    return bytes(made)


# ── check codewords ──────────────────────────────────────────────────────────────────────────────


@cache
def _powers() -> tuple[Sequence[int], Sequence[int]]:
    """Powers of 2 and logarithms in the field of 256 elements."""
    exp, log = [0] * 255, [0] * 256
    value = 1
    for n in range(255):
        exp[n], log[value] = value, n
        value <<= 1
        if value > 255:
            value ^= FIELD_POLYNOMIAL
    return exp, log


def _times(a: int, b: int) -> int:
    exp, log = _powers()
    return exp[(log[a] + log[b]) % 255] if a and b else 0


@cache
def _generator(checks: int) -> tuple[int, ...]:
    """Coefficients of (x + 2)(x + 2²)…, the highest power first."""
    exp, _ = _powers()
    made = [1]
    for n in range(1, checks + 1):
        shifted = [*made, 0]
        for at, factor in enumerate(made):
            shifted[at + 1] ^= _times(factor, exp[n % 255])
        made = shifted
    return tuple(made)


def _check_words(words: bytes, checks: int) -> bytes:
    generator = _generator(checks)
    rest = [0] * checks
    for word in words:
        factor = word ^ rest[0]
        rest = [after ^ _times(factor, g) for after, g in zip([*rest[1:], 0], generator[1:], strict=True)]
    return bytes(rest)


# ── placement (annex F) ──────────────────────────────────────────────────────────────────────────

_SHAPE = (
    (-2, -2),
    (-2, -1),
    (-1, -2),
    (-1, -1),
    (-1, 0),
    (0, -2),
    (0, -1),
    (0, 0),
)  # a codeword's bits, the highest first


def _placed(words: bytes, side: int) -> list[list[bool]]:
    """The codewords' bits in the square between the edges."""
    grid: list[list[bool | None]] = [[None] * side for _ in range(side)]
    stream = iter(words)

    def put(cells: Sequence[tuple[int, int]]) -> None:
        word = next(stream)
        for bit, (row, column) in enumerate(cells):
            if row < 0:
                row, column = row + side, column + 4 - (side + 4) % 8  # noqa: PLW2901 - wraps to the other edge
            if column < 0:
                row, column = row + 4 - (side + 4) % 8, column + side  # noqa: PLW2901
            grid[row][column] = bool(word >> (7 - bit) & 1)

    row, column = 4, 0
    while row < side or column < side:
        if row == side and column == 0:
            put(_corner_1(side))
        elif row == side - 2 and column == 0 and side % 8 in {2, 4, 6}:
            put(_corner_2(side, eight=side % 8 == 4))
        row, column = _sweep(grid, put, row, column, up=True)
        row, column = row + 1, column + 3
        row, column = _sweep(grid, put, row, column, up=False)
        row, column = row + 3, column + 1
    if grid[side - 1][side - 1] is None:
        grid[side - 1][side - 1] = grid[side - 2][side - 2] = True
    return [[bool(cell) for cell in line] for line in grid]


def _sweep(
    grid: list[list[bool | None]], put: Callable[[Sequence[tuple[int, int]]], None], row: int, column: int, *, up: bool
) -> tuple[int, int]:
    """Codewords along one diagonal; returns where it left the square."""
    side, step = len(grid), 2 if up else -2
    while True:
        if 0 <= row < side and 0 <= column < side and grid[row][column] is None:
            put([(row + down, column + right) for down, right in _SHAPE])
        row, column = row - step, column + step
        if not (row >= 0 and column < side if up else row < side and column >= 0):
            return row, column


def _corner_1(side: int) -> Sequence[tuple[int, int]]:
    last = side - 1
    return ((last, 0), (last, 1), (last, 2), (0, last - 1), (0, last), (1, last), (2, last), (3, last))


def _corner_2(side: int, *, eight: bool) -> Sequence[tuple[int, int]]:
    last = side - 1
    left = ((last - 2, 0), (last - 1, 0), (last, 0))
    if eight:
        return (*left, (0, last - 1), (0, last), (1, last), (2, last), (3, last))
    return (*left, (0, last - 3), (0, last - 2), (0, last - 1), (0, last), (1, last))
