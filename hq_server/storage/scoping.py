"""Four kinds of tables, so that the schema can be spread over many database servers without being changed.

*Store-scoped* tables hold what happens at a place: the place's id comes first in every key. *Customer-scoped* tables hold
what is known of a customer, whose id comes first in the same way. *Reference* tables are small and copied to every server. *HQ-local* tables are listed by name and live in one place. A test walks the metadata and
fails on anything else.
"""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
STORE, CUSTOMER = "store", "customer_id"
SCOPE = "scope"


class Scope(StrEnum):
    STORE = "store"
    CUSTOMER = "customer"
    REFERENCE = "reference"
    HQ_LOCAL = "hq_local"


def text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def key_text(name: str) -> Column[str]:
    """A text that is searched by its beginning, so its order is that of its characters in every database."""
    return Column(name, Text().with_variant(Text(collation="C"), "postgresql"), nullable=False)


def number(name: str, default: int | None = None, *, null: bool = False) -> Column[int]:
    """A whole number of 64 bits."""
    return Column(name, BigInteger, nullable=null, server_default=None if default is None else str(default))


def blob(name: str, *, null: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=null)


def flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def store_scoped(
    name: str,
    *columns: Column[str] | Column[int] | Column[bytes] | Column[bool],
    key: Sequence[str],
    unique: Sequence[Sequence[str]] = (),
    parent: tuple[str, Sequence[str]] | None = None,
    checks: Sequence[str] = (),
    index: Sequence[Sequence[str]] = (),
) -> Table:
    """A table of what happens at a place: `store` comes first in its key, unique keys, foreign key and indexes.

    `parent` is (table, columns): a colocated row that must exist and cannot be removed while this one does.
    """
    return Table(
        name,
        metadata,
        text(STORE),
        *columns,
        PrimaryKeyConstraint(STORE, *key),
        *(UniqueConstraint(STORE, *names) for names in unique),
        *([_foreign(*parent)] if parent else []),
        *(CheckConstraint(check) for check in checks),
        *(Index(f"ix_{name}_{'_'.join(names)}", STORE, *names) for names in index),
        info={SCOPE: Scope.STORE},
        sqlite_with_rowid=False,
    )


def customer_scoped(
    name: str, *columns: Column[str] | Column[int] | Column[bytes] | Column[bool], key: Sequence[str] = ()
) -> Table:
    """A table of what is known of a customer: `customer_id` comes first in its key."""
    return _plain(name, Scope.CUSTOMER, [text(CUSTOMER), *columns], [CUSTOMER, *key])


def reference(name: str, *columns: Column[str] | Column[int] | Column[bool], key: Sequence[str]) -> Table:
    """A small table that every database server has whole."""
    return _plain(name, Scope.REFERENCE, columns, key)


def hq_local(
    name: str, *columns: Column[str] | Column[int] | Column[bytes] | Column[bool], key: Sequence[str]
) -> Table:
    """A table that belongs to HQ as such; its name must be in the list the test holds."""
    return _plain(name, Scope.HQ_LOCAL, columns, key)


def _plain(
    name: str,
    scope: Scope,
    columns: Sequence[Column[str] | Column[int] | Column[bytes] | Column[bool]],
    key: Sequence[str],
) -> Table:
    return Table(name, metadata, *columns, PrimaryKeyConstraint(*key), info={SCOPE: scope}, sqlite_with_rowid=False)


def _foreign(table: str, columns: Sequence[str]) -> ForeignKeyConstraint:
    names = [STORE, *columns]
    return ForeignKeyConstraint(names, [f"{table}.{name}" for name in names], ondelete="RESTRICT")
