"""Many rows at once, in as few statements as there are tables. Both databases give the same rows and the same answer.

PostgreSQL takes them by binary COPY straight into the table: what a batch brings is new, but for the rare one that was
published again. That one is found by its key: then the rows go through a temporary table and INSERT … ON CONFLICT.
SQLite takes them by executemany. Rows come as mappings that all have the same keys, or, where a
batch makes thousands, as plain tuples and the names of their columns.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import cast

import psycopg
from sqlalchemy import BigInteger, Boolean, Connection, LargeBinary, Table, Text, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from hq_server.storage.database import Unit

Value = str | int | bytes | bool | None
Row = Mapping[str, Value]
Values = Sequence[Value]
Columns = tuple[str, ...]
MAX_IN = 400
FEW = 4
"""So many rows are inserted as they are; for them COPY and a savepoint cost more than they save."""
_WIRE_TYPES: Mapping[type, str] = {BigInteger: "int8", Text: "text", LargeBinary: "bytea", Boolean: "bool"}


def insert_new(unit: Unit, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows; one whose key is already there is left as it is."""
    if not rows:
        return
    if not unit.postgres:
        unit.conn.execute(sqlite.insert(table).on_conflict_do_nothing(), list(rows))
    elif len(rows) <= FEW:
        unit.conn.execute(postgresql.insert(table).on_conflict_do_nothing(), list(rows))
    elif not copy_new(unit, [(table, *_taken_apart(rows))]):
        unit.conn.exec_driver_sql(f"{_from_temporary(unit.conn, table, rows)} ON CONFLICT DO NOTHING")


def insert_all(unit: Unit, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, none of which may be there already; one that is makes the whole part of the transaction fail."""
    if not rows:
        return
    if unit.postgres:
        _copy(unit.conn, table.name, table, *_taken_apart(rows))
    else:
        unit.conn.execute(table.insert(), list(rows))


def insert_values(unit: Unit, table: Table, columns: Columns, rows: Sequence[Values]) -> None:
    """As `insert_all`, for rows with their values in the order of `columns`."""
    if not rows:
        return
    if unit.postgres:
        _copy(unit.conn, table.name, table, columns, rows)
    else:
        unit.conn.execute(table.insert(), as_mappings(columns, rows))


def as_mappings(columns: Columns, rows: Sequence[Values]) -> list[dict[str, Value]]:
    return [dict(zip(columns, row, strict=True)) for row in rows]


def insert_new_texts(unit: Unit, table: Table, rows: Sequence[Row], key: str) -> set[str]:
    """As `insert_new`, for rows of one place; returns the values of `key` that were not there before."""
    if not rows:
        return set()
    if unit.postgres:
        if len(rows) > FEW and copy_new(unit, [(table, *_taken_apart(rows))]):
            return {str(row[key]) for row in rows}
        into = _from_temporary(unit.conn, table, rows)
        return set(unit.conn.exec_driver_sql(f"{into} ON CONFLICT DO NOTHING RETURNING {key}").scalars())
    wanted = [str(row[key]) for row in rows]
    known = texts_present(unit.conn, table, key, str(rows[0]["store"]), wanted)
    fresh = [row for row in rows if row[key] not in known]
    if fresh:
        unit.conn.execute(sqlite.insert(table).on_conflict_do_nothing(), fresh)
    return {str(row[key]) for row in fresh}


def copy_new(unit: Unit, parts: Sequence[tuple[Table, Columns, Sequence[Values]]]) -> bool:
    """COPY rows into a few tables of PostgreSQL; False, and nothing is changed, when some row's key is already there."""
    try:
        with unit.conn.begin_nested():
            for table, columns, rows in parts:
                insert_values(unit, table, columns, rows)
    except psycopg.errors.UniqueViolation:
        return False
    return True


def texts_present(conn: Connection, table: Table, key: str, store: str, wanted: Sequence[str]) -> set[str]:
    """Which of `wanted` a store-scoped table already has."""
    found: set[str] = set()
    column = table.c[key]
    for start in range(0, len(wanted), MAX_IN):
        part = wanted[start : start + MAX_IN]
        found.update(conn.execute(select(column).where(table.c.store == store, column.in_(part))).scalars())
    return found


def add_up(unit: Unit, table: Table, rows: Sequence[Row], sums: Sequence[str], debt: str = "") -> Sequence[Row]:
    """Add each row's `sums` to the row of the same key, which is made when it is not there.

    Rows are taken in the order of their keys, so that two writers never wait for each other in a circle. No key may
    come twice. Returns key and figure of those whose `debt` (one of the sums) is below zero now.
    """
    if not rows:
        return ()
    key = [column.name for column in table.primary_key.columns]
    if unit.postgres:
        return _add_up_postgres(unit.conn, table, rows, sums, key, debt)
    ordered = sorted(rows, key=lambda row: tuple(str(row[name]) for name in key))
    insert = sqlite.insert(table)
    adding = {name: table.c[name] + insert.excluded[name] for name in sums}
    unit.conn.execute(insert.on_conflict_do_update(index_elements=key, set_=adding), ordered)
    return _below_zero(unit.conn, table, ordered, key, debt) if debt else ()


def _below_zero(conn: Connection, table: Table, rows: Sequence[Row], key: Sequence[str], debt: str) -> Sequence[Row]:
    columns = [table.c[name] for name in key]
    found: list[Row] = []
    for start in range(0, len(rows), MAX_IN):
        part = [tuple(row[name] for name in key) for row in rows[start : start + MAX_IN]]
        asked = select(*columns, table.c[debt]).where(tuple_(*columns).in_(part), table.c[debt] < 0)
        found += [dict(row) for row in conn.execute(asked).mappings()]
    return found


def _add_up_postgres(
    conn: Connection, table: Table, rows: Sequence[Row], sums: Sequence[str], key: Sequence[str], debt: str
) -> Sequence[Row]:
    every, keys = ", ".join(rows[0]), ", ".join(key)
    store = str(rows[0].get("store", ""))
    one_store = all(row.get("store") == store for row in rows)  # as in a batch: said once, not once a row
    listed = [name for name in rows[0] if not (one_store and name == "store")]
    names = ", ".join(listed)
    adding = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in sums)
    columns = ", ".join(f"%b::{wire_type}[]" for wire_type in _wire_types(table, tuple(listed)))
    taken = ", ".join("%b::text AS store" if one_store and name == "store" else name for name in rows[0])
    added = (
        f"INSERT INTO {table.name} ({every}) SELECT {taken} FROM unnest({columns}) AS added ({names})"  # noqa: S608 - names of our own tables
        f" ORDER BY {keys} ON CONFLICT ({keys}) DO UPDATE SET {adding}"
    )
    values = (*([store] if one_store else []), *([row[name] for row in rows] for name in listed))
    if not debt:
        conn.exec_driver_sql(added, values)
        return ()
    wanted = ", ".join(f"{table.name}.{name}" for name in (*key, debt))
    below = f"WITH done AS ({added} RETURNING {wanted}) SELECT * FROM done WHERE {debt} < 0"  # noqa: S608 - names of our own tables
    return [dict(row) for row in conn.exec_driver_sql(below, values).mappings()]


def put(unit: Unit, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows or replace the ones of the same key, in the order given; the last of two equal keys wins."""
    if not rows:
        return
    key = [column.name for column in table.primary_key.columns]
    latest = {tuple(row[name] for name in key): row for row in rows}
    others = [name for name in rows[0] if name not in key]
    insert = postgresql.insert(table) if unit.postgres else sqlite.insert(table)
    changed = {name: insert.excluded[name] for name in others}
    statement = (
        insert.on_conflict_do_update(index_elements=key, set_=changed) if others else insert.on_conflict_do_nothing()
    )
    unit.conn.execute(statement, list(latest.values()))


def _from_temporary(conn: Connection, table: Table, rows: Sequence[Row]) -> str:
    """COPY `rows` into a temporary table of this connection; returns the INSERT that takes them from there."""
    temporary, names = f"tmp_{table.name}", ", ".join(rows[0])
    conn.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {temporary} (LIKE {table.name} INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"
    )
    conn.exec_driver_sql(f"DELETE FROM {temporary}")  # noqa: S608 - names of our own tables
    _copy(conn, temporary, table, *_taken_apart(rows))
    return f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {temporary}"  # noqa: S608 - names of our own tables


def _taken_apart(rows: Sequence[Row]) -> tuple[Columns, Sequence[Values]]:
    columns = tuple(rows[0])
    values = cast("Callable[[Row], Values]", itemgetter(*columns))
    return columns, [values(row) for row in rows]


def _copy(conn: Connection, into: str, table: Table, columns: Columns, rows: Sequence[Values]) -> None:
    """Binary COPY into a table that has the columns of `table`. Raises psycopg's own errors, a number too large as DataError."""
    driver = conn.connection.driver_connection
    assert driver is not None
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {into} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(_wire_types(table, columns))
        write = copy.write_row
        try:
            for row in rows:
                write(row)
        except OverflowError as bad:
            raise psycopg.DataError("a number of more than 64 bits") from bad


@lru_cache
def _wire_types(table: Table, columns: Columns) -> tuple[str, ...]:
    return tuple(_WIRE_TYPES[type(table.c[column].type)] for column in columns)
