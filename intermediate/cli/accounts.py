"""`intermediate create-user` and `intermediate set-password`."""

import sys
import warnings
from getpass import GetPassWarning
from pathlib import Path

import click
from pydantic import ValidationError
from sqlalchemy.orm import Session

from intermediate import accounts
from intermediate.cli.failures import Failure
from intermediate.cli.ini import INI, application
from intermediate.importing import reason
from intermediate.models import User
from intermediate.plugins.base import Capability
from intermediate.schemas.accounts import Registration, normal_email
from intermediate.scripting import request_for

STDIN = click.option("--password-stdin", is_flag=True, help="Read the password from the first line of stdin.")


@click.command(
    epilog="""\b
Examples:
  intermediate create-user development.ini me@example.com
  intermediate create-user production.ini admin@example.com --admin --password-stdin < password.txt"""
)
@click.argument("ini", type=INI)
@click.argument("email")
@click.option("--admin", is_flag=True, help="Create an administrator account.")
@STDIN
def create_user(ini: Path, email: str, admin: bool, password_stdin: bool) -> None:
    """Create an account. Asks for its password.

    The same rules apply as for registration on the site. Use --admin to create the first administrator.
    """
    email = checked_email(email)
    with application(ini) as app:
        with request_for(app.registry) as request:
            if accounts.find(request.db, email):
                raise taken(email)
        keeps_passwords = Capability.REGISTRATION in app.registry.auth.capabilities
        hashed = app.registry.auth.hash_password(ask_password(email, password_stdin)) if keeps_passwords else None
        try:
            with request_for(app.registry) as request:
                accounts.create(request.db, email, hashed, "admin" if admin else "user")
        except accounts.EmailTakenError:
            raise taken(email) from None
    click.echo(f"Created {'administrator' if admin else 'account'} {email}.")


@click.command(
    epilog="""\b
Examples:
  intermediate set-password development.ini me@example.com
  intermediate set-password production.ini me@example.com --password-stdin < password.txt"""
)
@click.argument("ini", type=INI)
@click.argument("email")
@STDIN
def set_password(ini: Path, email: str, password_stdin: bool) -> None:
    """Change the password of an account.

    All its logins end, on the site and in the API.
    """
    with application(ini) as app:
        if Capability.REGISTRATION not in app.registry.auth.capabilities:
            raise Failure("The chosen auth backend does not store passwords.")
        with request_for(app.registry) as request:
            user = find_user(request.db, email)
            user_id, email = user.id, user.email
        hashed = app.registry.auth.hash_password(ask_password(email, password_stdin))
        with request_for(app.registry) as request:
            if not accounts.set_password(request.db, user_id, hashed):
                raise unknown(email)  # deleted while the password was typed
    click.echo(f"Changed the password of {email} and ended its logins.")


def find_user(session: Session, email: str) -> User:
    """Return the account with this address. Raise Failure if there is none."""
    user = accounts.find(session, checked_email(email))
    if user is None:
        raise unknown(email)
    return user


def unknown(email: str) -> Failure:
    return Failure(f"{email} has no account. Create one with `intermediate create-user`.")


def taken(email: str) -> Failure:
    return Failure(f"{email} already has an account.")


def checked_email(email: str) -> str:
    try:
        return normal_email(email)
    except ValueError as error:
        raise Failure(f"{email!r}: {error}") from None


def ask_password(email: str, from_stdin: bool) -> str:
    """Read a password from stdin, or twice from the terminal. Raise Failure if registration would refuse it."""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        try:
            with warnings.catch_warnings(action="error", category=GetPassWarning):
                password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        except GetPassWarning:
            raise Failure(
                "There is no terminal to ask for the password. Use --password-stdin and send it on stdin."
            ) from None
    try:
        return Registration(email=email, password=password).password
    except ValidationError as error:
        raise Failure(reason(error)) from None
