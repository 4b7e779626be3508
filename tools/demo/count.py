"""The account of the day, counted from the databases of the tills and of HQ; nothing here knows what was meant to happen."""

import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from hq_server.service.home import DATABASE_KEY, HqHome
from retail_core.domain.stock import movements_of
from retail_core.durable.engine import open_ro
from retail_core.durable.home import Home
from retail_core.wire.events import decode_event
from tools.demo.processes import program

VERIFY_LIMIT_S = 60.0
Row = Sequence[Any]
Moved = Counter[tuple[str, str, str]]
"""Thousandths by (sku, from state, to state)."""


class Summary(msgspec.Struct):
    """What `summary.json` says. Stock is in thousandths of a piece."""

    sales_paid: int = 0
    sales_at_hq: int = 0
    lost: int = 0
    doubled: int = 0
    lines: int = 0
    lines_at_hq: int = 0
    stock_units_moved_tills: int = 0
    stock_units_moved_hq: int = 0
    stock_differences: int = 0
    orders_placed: int = 0
    orders_collected: int = 0
    sales_while_hq_down: int = 0
    hand_overs_while_hq_down: int = 0
    receipts_printed: int = 0
    receipt_numbers_gapless: bool = False
    journal_verified: bool = False
    takings_minor: int = 0
    takings_at_hq_minor: int = 0
    details: dict[str, object] = {}

    def faults(self) -> list[str]:
        """Why the day does not add up; empty when it does."""
        rules = {
            "no sale was paid": self.sales_paid == 0,
            f"{self.lost} sales were lost": self.lost != 0,
            f"{self.doubled} sales were doubled": self.doubled != 0,
            f"HQ has {self.sales_at_hq} of {self.sales_paid} sales": self.sales_at_hq != self.sales_paid,
            f"HQ has {self.lines_at_hq} of {self.lines} lines": self.lines_at_hq != self.lines,
            "takings differ at HQ": self.takings_minor != self.takings_at_hq_minor,
            "stock moved differs at HQ": self.stock_units_moved_tills != self.stock_units_moved_hq,
            f"{self.stock_differences} items moved differently at HQ": self.stock_differences != 0,
            "no sale was made while HQ was down": self.sales_while_hq_down < 1,
            "no order was collected": self.orders_collected < 1,
            "receipt numbers have gaps": not self.receipt_numbers_gapless,
            "a journal was not verified": not self.journal_verified,
        }
        return [words for words, broken in rules.items() if broken]


@dataclass(frozen=True)
class Outage:
    """When HQ was down, on the machine's clock."""

    from_ms: int
    until_ms: int

    def holds(self, at_ms: int) -> bool:
        return self.from_ms <= at_ms <= self.until_ms


@dataclass
class TillAccount:
    """What one till's own file says."""

    node: str
    receipts: list[str] = field(default_factory=list[str])
    counters: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    sold_at: list[int] = field(default_factory=list[int])
    handed_over_at: list[int] = field(default_factory=list[int])
    takings_minor: int = 0
    lines: int = 0
    printed: int = 0
    moved: Moved = field(default_factory=Counter[tuple[str, str, str]])

    @property
    def gapless(self) -> bool:
        return all(
            numbers[0] == 1 and all(after == before + 1 for before, after in pairwise(numbers))
            for numbers in map(sorted, self.counters.values())
        )


class HqFile:
    """Read-only questions to HQ's database, embedded or PostgreSQL."""

    def __init__(self, folder: Path, postgres: str | None) -> None:
        self._home, self._postgres = HqHome(folder), postgres

    def rows(self, query: str) -> Sequence[Row]:
        """All rows of one plain query that both databases understand."""
        if self._postgres:
            with psycopg.connect(self._postgres.replace("postgresql+psycopg://", "postgresql://")) as conn:
                return conn.execute(query.encode()).fetchall()
        conn = open_ro(self._home.database, self._home.keys.file_key(DATABASE_KEY))
        try:
            return conn.execute(query).fetchall()
        finally:
            conn.close()

    def number(self, query: str) -> int:
        return int(self.rows(query)[0][0] or 0)


def read_till(folder: Path) -> TillAccount:
    """Count one till's file; the till may be running."""
    home = Home(folder)
    account = TillAccount(home.config().till_node)
    if not home.till_db.exists():
        return account
    conn = open_ro(home.till_db, home.keys.file_key(home.till_db.name))
    try:
        for receipt, series, counter, at_ms, total_minor in conn.execute(
            "SELECT receipt, series, counter, at_ms, total_minor FROM sale ORDER BY series, counter"
        ):
            account.receipts.append(receipt)
            account.counters.setdefault(series, []).append(counter)
            account.sold_at.append(at_ms)
            account.takings_minor += total_minor
        account.lines = conn.execute("SELECT count(*) FROM sale_line").fetchone()[0]
        account.printed = conn.execute("SELECT count(*) FROM spool WHERE state = 'CONFIRMED'").fetchone()[0]
        events = conn.execute("SELECT type, v, body, at FROM event WHERE node = ?", (account.node,))
        for type_, version, body, at_ms in events:
            event = decode_event(type_, version, body)
            if type_ == "fulfilment.collected":
                account.handed_over_at.append(at_ms)
            for move in movements_of(event):
                account.moved[move.sku, move.from_state.value, move.to_state.value] += move.qty_milli
    finally:
        conn.close()
    return account


def count(tills: Sequence[Path], hq: HqFile, outages: Iterable[Outage]) -> Summary:
    """The whole account. Checks the journals with the stand-alone verifier."""
    accounts = [read_till(folder) for folder in tills]
    nodes = {account.node for account in accounts}
    receipts = [receipt for account in accounts for receipt in account.receipts]
    sales_at_hq = [row for row in hq.rows("SELECT node, receipt, total_minor FROM sale") if row[0] in nodes]
    at_hq = Counter(str(receipt) for _, receipt, _ in sales_at_hq)
    moved = sum((account.moved for account in accounts), Counter[tuple[str, str, str]]())
    moved_hq: Moved = Counter()
    for node, sku, from_state, to_state, qty_milli in hq.rows(
        "SELECT node, sku, from_state, to_state, sum(qty_milli) FROM stock_move GROUP BY node, sku, from_state, to_state"
    ):
        if node in nodes:  # the rest is HQ's own: opening stock
            moved_hq[sku, from_state, to_state] += int(qty_milli)
    down = list(outages)
    return Summary(
        sales_paid=len(receipts),
        sales_at_hq=len(sales_at_hq),
        lost=len(set(receipts) - at_hq.keys()),
        doubled=len(sales_at_hq) - len(at_hq) + len(at_hq.keys() - set(receipts)),
        lines=sum(account.lines for account in accounts),
        lines_at_hq=hq.number("SELECT count(*) FROM sale_line"),
        stock_units_moved_tills=moved.total(),
        stock_units_moved_hq=moved_hq.total(),
        stock_differences=sum(moved[key] != moved_hq[key] for key in moved.keys() | moved_hq.keys()),
        orders_placed=hq.number("SELECT count(*) FROM customer_order"),
        orders_collected=hq.number("SELECT count(*) FROM fulfilment_order WHERE state = 'collected'"),
        sales_while_hq_down=_within((at for account in accounts for at in account.sold_at), down),
        hand_overs_while_hq_down=_within((at for account in accounts for at in account.handed_over_at), down),
        receipts_printed=sum(account.printed for account in accounts),
        receipt_numbers_gapless=bool(receipts) and all(account.gapless for account in accounts),
        journal_verified=all(verified(folder) for folder in tills),
        takings_minor=sum(account.takings_minor for account in accounts),
        takings_at_hq_minor=sum(int(row[2]) for row in sales_at_hq),
    )


def verified(folder: Path) -> bool:
    """True when the stand-alone check finds nothing wrong with the till's journal, nor with the store role's copies."""
    home = Home(folder)
    files = [path for path in (home.till_db, home.store_db) if path.exists()]
    return bool(files) and all(
        subprocess.run(
            program("retail_core.cli", "verify-journal", str(path), "--home", str(folder)),
            capture_output=True, timeout=VERIFY_LIMIT_S, check=False,
        ).returncode == 0
        for path in files
    )  # fmt: skip


def _within(moments: Iterable[int], outages: Sequence[Outage]) -> int:
    return sum(any(outage.holds(at_ms) for outage in outages) for at_ms in moments)
