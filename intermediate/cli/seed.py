"""`intermediate seed`."""

import secrets
from pathlib import Path

import click

from intermediate import accounts
from intermediate.cli.demo import demo_tasks
from intermediate.cli.failures import need_shared_tasks
from intermediate.cli.ini import INI, application
from intermediate.models.base import utcnow
from intermediate.plugins.base import Capability
from intermediate.scripting import request_for

EMAIL = "demo@example.com"


@click.command(epilog="\b\nExample:\n  intermediate seed development.ini")
@click.argument("ini", type=INI)
def seed(ini: Path) -> None:
    """Create the account demo@example.com with sample tasks.

    Its password is printed once. If the account exists, nothing is changed.
    """
    with application(ini) as app:
        need_shared_tasks(app.registry)
        with request_for(app.registry) as request:
            if accounts.find(request.db, EMAIL):
                click.echo(f"{EMAIL} already exists; nothing was changed.")
                return
        password = secrets.token_urlsafe(12) if Capability.REGISTRATION in app.registry.auth.capabilities else None
        hashed = app.registry.auth.hash_password(password) if password else None
        with request_for(app.registry) as request:
            user = accounts.create(request.db, EMAIL, hashed)
            count = len(request.tasks.add(user.id, demo_tasks(utcnow())))
    click.echo(f"Created {EMAIL} with {count} tasks.")
    if password:
        click.echo(f"Its password, shown only once: {password}")
