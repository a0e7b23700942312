"""Models and migrations say the same, and migrations go both ways."""

from pathlib import Path

import pytest
from sqlalchemy import inspect

from alembic import command
from intermediate.db import alembic_config, is_current, migrate
from intermediate.engines import make_engine


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/migrated.sqlite"


def test_the_newest_revision_is_what_the_models_say(url: str) -> None:
    engine = make_engine(url)
    assert not is_current(engine)
    migrate(engine)
    assert is_current(engine)
    config = alembic_config(url)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)
    engine.dispose()


def test_what_is_made_can_be_taken_back(url: str) -> None:
    engine = make_engine(url)
    migrate(engine)
    config = alembic_config(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()
