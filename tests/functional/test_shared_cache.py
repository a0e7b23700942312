"""Two applications with separate databases on one Redis."""

from pathlib import Path

import intermediate
from tests.functional.conftest import make_api


def test_a_cache_that_has_seen_another_database_gives_nothing_of_it(redis_url: str, tmp_path: Path) -> None:
    titles = []
    for name in ("one", "another"):
        settings = {
            "database.url": f"sqlite:///{tmp_path}/{name}.sqlite",
            "database.migrate": "true",
            "session.secure_cookie": "false",
            "cache.backend": "redis",
            "cache.redis.url": redis_url,
        }
        app = intermediate.main({"here": str(tmp_path)}, **settings)
        try:
            api = make_api(app)  # the account has the id 1 in both, and its tasks reach the same version
            api.post_json("/api/tasks", {"title": f"of {name}"})
            listed = api.get("/api/tasks")
            assert listed.headers["X-Cache"] == "miss"
            titles += [item["title"] for item in listed.json["items"]]
        finally:
            intermediate.close(app)
    assert titles == ["of one", "of another"]
