"""The PostgreSQL of the tests is real, new enough, and each test's own."""

import psycopg
import pytest

from tests.support.postgres import Templates

pytestmark = pytest.mark.pg


def test_each_test_has_an_empty_database(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        assert tables == (0,)
        assert connection.info.server_version >= 150000


def test_a_template_is_filled_once_and_copied(postgres_templates: Templates) -> None:
    filled: list[str] = []

    def fill(url: str) -> None:
        filled.append(url)
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE shelf (name text)")

    first, second = postgres_templates.copy("shelf", fill), postgres_templates.copy("shelf", fill)
    assert first != second
    assert len(filled) == 1
    for url in (first, second):
        with psycopg.connect(url) as connection:
            connection.execute("INSERT INTO shelf VALUES ('A1')")
            assert connection.execute("SELECT count(*) FROM shelf").fetchone() == (1,)
