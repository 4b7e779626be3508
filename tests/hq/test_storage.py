"""What the schema promises, on both databases."""

import os
from pathlib import Path

import pytest
from sqlalchemy import Table, UniqueConstraint, select, text

from hq_server.storage import bulk, tables, work
from hq_server.storage.database import Database, Unit, open_embedded, open_postgres
from hq_server.storage.scoping import SCOPE, Scope, metadata
from retail_core.domain.errors import EnvironmentFault
from retail_core.domain.jobs import Job, JobState

HQ_LOCAL = {
    "schema_version", "identity", "counter", "feed_head", "feed", "order_directory", "customer_directory", "coupon_use", "unit_sold", "hq_user", "web_session",
    "api_token", "instrument", "enrolment_code", "used_assertion", "snapshot", "job",
}  # fmt: skip


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_can_be_distributed(table: Table) -> None:
    scope = table.info.get(SCOPE)
    assert scope in set(Scope), f"{table.name} is made by none of the helpers of storage.scoping"
    if scope is Scope.HQ_LOCAL:
        assert table.name in HQ_LOCAL
    if scope is Scope.CUSTOMER:
        assert next(column.name for column in table.primary_key.columns) == "customer_id"
    if scope is not Scope.STORE:
        assert not table.foreign_key_constraints
        return
    assert next(column.name for column in table.primary_key.columns) == "store"
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            assert next(column.name for column in constraint.columns) == "store"
    for index in table.indexes:
        assert next(column.name for column in index.columns) == "store"
    for foreign in table.foreign_key_constraints:
        assert foreign.column_keys[0] == "store"
        assert foreign.elements[0].column.name == "store"
        assert foreign.ondelete == "RESTRICT"


def sale_event(n: int) -> dict[str, bulk.Value]:
    return {"store": "S0319", "id": f"e{n}", "salt": b"\x00\xff", "part": f"part {n}".encode()}


def test_many_rows_are_inserted_once(database: Database) -> None:
    def twice(unit: Unit) -> tuple[set[str], set[str]]:
        first = bulk.insert_new_texts(unit, tables.private, [sale_event(n) for n in range(900)], "id")
        second = bulk.insert_new_texts(unit, tables.private, [sale_event(n) for n in range(880, 920)], "id")
        bulk.insert_new(unit, tables.private, [sale_event(n) for n in range(930)])
        return first, second

    first, second = database.write(twice)
    assert len(first) == 900
    assert second == {f"e{n}" for n in range(900, 920)}
    assert database.read(lambda conn: len(conn.execute(select(tables.private)).all())) == 930


def test_sums_add_up_over_transactions(database: Database) -> None:
    rows = [{"store": "S0319", "sku": f"K{n}", "sellable": -1000, "picked": 1000} for n in range(50)]
    for _ in range(2):
        database.write(lambda unit: bulk.add_up(unit, tables.stock, rows, ["sellable", "picked"]))
    found = database.read(lambda conn: set(conn.execute(select(tables.stock.c.sellable, tables.stock.c.picked))))
    assert found == {(-2000, 2000)}


def test_what_fails_changes_nothing(database: Database) -> None:
    def fails(unit: Unit) -> None:
        bulk.insert_new(unit, tables.private, [sale_event(1)])
        raise EnvironmentFault("disk.full")

    with pytest.raises(EnvironmentFault):
        database.write(fails)
    assert not database.read(lambda conn: conn.execute(select(tables.private)).all())


def test_a_newer_database_is_refused(backend: str, database_url: str | None, tmp_path: Path) -> None:
    key = os.urandom(32)
    database = open_postgres(database_url) if database_url else open_embedded(tmp_path / "new.db", key)
    database.write(lambda unit: unit.conn.execute(text("UPDATE schema_version SET version = 99")))
    database.close()
    with pytest.raises(EnvironmentFault) as refused:
        open_postgres(database_url) if database_url else open_embedded(tmp_path / "new.db", key)
    assert refused.value.code == "db.newer_than_program"


def test_an_embedded_database_with_another_key_is_refused(tmp_path: Path) -> None:
    open_embedded(tmp_path / "hq.db", os.urandom(32)).close()
    with pytest.raises(EnvironmentFault) as refused:
        open_embedded(tmp_path / "hq.db", os.urandom(32))
    assert refused.value.code == "db.damaged"


def test_a_postgres_that_is_not_there_is_said_plainly() -> None:
    with pytest.raises(EnvironmentFault) as refused:
        open_postgres("postgresql://till:geheim@127.0.0.1:1/none")
    assert refused.value.code == "db.unreachable"
    assert "geheim" not in str(refused.value)


def test_a_job_that_a_stopped_server_was_running_is_failed_and_old_ones_go(database: Database) -> None:
    database.write(lambda unit: work.put_job(unit, Job("j1", "snapshot", JobState.RUNNING), 1_000))
    database.write(lambda unit: work.put_job(unit, Job("j2", "snapshot", JobState.DONE), 1_000))
    assert database.write(lambda unit: work.fail_running(unit, 2_000)) == 1
    states = {one.job_id: one.state for one in database.read(lambda conn: work.jobs(conn, 9))}
    assert states == {"j1": JobState.FAILED, "j2": JobState.DONE}
    database.write(lambda unit: work.drop_old_jobs(unit, 1 << 50))
    assert not database.read(lambda conn: work.jobs(conn, 9))


def test_a_database_of_an_older_version_gets_the_tables_it_lacks(tmp_path: Path) -> None:
    path, key = tmp_path / "hq.db", os.urandom(32)
    database = open_embedded(path, key)

    def grow_older(unit: Unit) -> None:
        unit.conn.execute(text("DROP TABLE recall"))
        unit.conn.execute(text("UPDATE schema_version SET version = 1"))

    database.write(grow_older)
    database.close()
    database = open_embedded(path, key)
    assert database.read(lambda conn: conn.execute(select(tables.recall)).all()) == []
    assert (
        database.read(lambda conn: conn.execute(select(tables.schema_version.c.version)).scalar_one())
        == tables.SCHEMA_VERSION
    )
    database.close()
