"""Many rows at once: COPY into a temporary table and INSERT … ON CONFLICT on PostgreSQL, executemany on SQLite.

Both give the same rows and the same answer. Rows come as mappings that all have the same keys.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from hq_server.storage.database import Unit

Value = str | int | bytes | bool | None
Row = Mapping[str, Value]
MAX_IN = 400


def insert_new(unit: Unit, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows; one whose key is already there is left as it is."""
    if not rows:
        return
    if unit.postgres:
        names = _copy(unit.conn, table, rows)
        unit.conn.exec_driver_sql(
            f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {_temporary(table)} ON CONFLICT DO NOTHING"  # noqa: S608 - names of our own tables
        )
    else:
        unit.conn.execute(sqlite.insert(table).on_conflict_do_nothing(), list(rows))


def insert_all(unit: Unit, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, none of which may be there already; one that is makes the whole part of the transaction fail."""
    if not rows:
        return
    if unit.postgres:
        names = _copy(unit.conn, table, rows)
        unit.conn.exec_driver_sql(
            f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {_temporary(table)}"  # noqa: S608 - names of our own tables
        )
    else:
        unit.conn.execute(table.insert(), list(rows))


def insert_new_texts(unit: Unit, table: Table, rows: Sequence[Row], key: str) -> set[str]:
    """As `insert_new`, for rows of one place; returns the values of `key` that were not there before."""
    if not rows:
        return set()
    if unit.postgres:
        names = _copy(unit.conn, table, rows)
        found = unit.conn.exec_driver_sql(
            f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {_temporary(table)}"  # noqa: S608 - names of our own tables
            f" ON CONFLICT DO NOTHING RETURNING {key}"
        )
        return {row[0] for row in found}
    wanted = [str(row[key]) for row in rows]
    known = texts_present(unit.conn, table, key, str(rows[0]["store"]), wanted)
    fresh = [row for row in rows if row[key] not in known]
    if fresh:
        unit.conn.execute(sqlite.insert(table).on_conflict_do_nothing(), fresh)
    return {str(row[key]) for row in fresh}


def texts_present(conn: Connection, table: Table, key: str, store: str, wanted: Sequence[str]) -> set[str]:
    """Which of `wanted` a store-scoped table already has."""
    found: set[str] = set()
    column = table.c[key]
    for start in range(0, len(wanted), MAX_IN):
        part = wanted[start : start + MAX_IN]
        found.update(conn.execute(select(column).where(table.c.store == store, column.in_(part))).scalars())
    return found


def add_up(unit: Unit, table: Table, rows: Sequence[Row], sums: Sequence[str]) -> None:
    """Add each row's `sums` to the row of the same key, which is made when it is not there.

    Rows are taken in the order of their keys, so that two writers never wait for each other in a circle.
    """
    if not rows:
        return
    key = [column.name for column in table.primary_key.columns]
    ordered = sorted(rows, key=lambda row: tuple(str(row[name]) for name in key))
    if unit.postgres:
        names = _copy(unit.conn, table, ordered)
        adding = ", ".join(f"{name} = {table.name}.{name} + excluded.{name}" for name in sums)
        unit.conn.exec_driver_sql(
            f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {_temporary(table)} ORDER BY {', '.join(key)}"  # noqa: S608 - names of our own tables
            f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {adding}"
        )
        return
    insert = sqlite.insert(table)
    adding = {name: table.c[name] + insert.excluded[name] for name in sums}
    unit.conn.execute(insert.on_conflict_do_update(index_elements=key, set_=adding), ordered)


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


def _temporary(table: Table) -> str:
    return f"tmp_{table.name}"


def _copy(conn: Connection, table: Table, rows: Sequence[Row]) -> str:
    """COPY `rows` into the temporary table of this connection; returns the column list."""
    temporary = _temporary(table)
    columns = list(rows[0])
    names = ", ".join(columns)
    conn.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {temporary} (LIKE {table.name} INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"
    )
    conn.exec_driver_sql(f"TRUNCATE {temporary}")
    driver = conn.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(f"COPY {temporary} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(tuple(row[name] for name in columns))
    return names
