"""Both databases behind the same fixture: every fact about HQ is checked on each."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from hq_server.storage.database import Database, open_embedded, open_postgres
from hq_server.storage.tables import SCHEMA_VERSION, metadata, schema_version
from tests.hq.running import RunningHq, running_hq
from tests.hq.support import Shop, open_shop, stock_the_shelves
from tests.support.postgres import Templates

BACKENDS = [pytest.param("sqlite"), pytest.param("postgres", marks=pytest.mark.pg)]


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def one_postgres(postgres_templates: Templates) -> str:
    """Address of one PostgreSQL database with HQ's tables, for tests that leave it empty."""
    return postgres_templates.copy("hq", lambda url: open_postgres(url).close())


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Address of an empty PostgreSQL database with HQ's tables, or None for the embedded one."""
    if backend == "sqlite":
        yield None
        return
    url: str = request.getfixturevalue("one_postgres")
    yield url
    empty(url)


def empty(url: str) -> None:
    """As it was made; a fifth of the time a new database takes."""
    with psycopg.connect(url) as conn:
        for table in reversed(metadata.sorted_tables):
            if table is not schema_version:
                conn.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))
        conn.execute("UPDATE schema_version SET version = %s", [SCHEMA_VERSION])


@pytest.fixture
def database(database_url: str | None, tmp_path: Path) -> Iterator[Database]:
    found = open_postgres(database_url) if database_url else open_embedded(tmp_path / "hq.db", os.urandom(32))
    yield found
    found.close()


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Shop:
    """Two stores, three items, a clock that stands still at noon."""
    folder = tmp_path / "hq"
    folder.mkdir()
    return open_shop(database, folder)


@pytest.fixture(scope="module", params=BACKENDS)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHq]:
    """One HQ that answers over TLS for all tests of a module, with the stores and items every test knows."""
    url = None
    if request.param == "postgres":
        templates: Templates = request.getfixturevalue("postgres_templates")
        url = templates.copy("hq", lambda address: open_postgres(address).close())
    with running_hq(tmp_path_factory.mktemp("hq"), url) as found:
        stock_the_shelves(found.hq)
        yield found
