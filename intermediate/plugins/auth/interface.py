"""The contract of an auth backend, which checks passwords or identifies the sender of a request."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from intermediate.plugins.base import Backend, BackendError

if TYPE_CHECKING:
    from intermediate.request import Request


class AuthError(BackendError):
    """Passwords cannot be checked at the moment."""

    code = "auth_unavailable"


class Auth(Backend, ABC):
    """Verification of identity. Accounts and login sessions belong to the core.

    With capability `passwords`, users log in with a password, and `identify` returns None. Without it, each request to
    the site carries proof of its sender, and `check_password` returns None. With capability `registration`, the
    passwords that `check_password` accepts are set here, with `hash_password`. Without it, as with an LDAP directory,
    `hash_password` raises AuthError.

    Promises:
        right_password_is_accepted: `check_password` returns the id of the active account with this password.
        wrong_password_is_refused: any other password, including prefixes and other capitalization, returns None.
        unknown_email_is_refused: an e-mail address without an account returns None and raises nothing.
        unknown_email_costs_the_same: an e-mail address without an account takes as much work as a wrong password.
        inactive_account_is_refused: the right password of a deactivated account returns None.
        account_without_password_is_refused: no password opens an account that has none.
        first_login_makes_the_account: with `passwords`, but without `registration`, the right password of an address
            without an account creates the account. Concurrent first logins all return its id.
        password_is_not_stored: the return value of `hash_password` does not contain the password.
        hashes_are_salted: two hashes of the same password differ.
        hashes_fit_their_column: a hash has at most 255 characters.
        long_passwords_count_in_full: all of 1,024 characters are significant.
        identify_needs_proof: `identify` returns None for a request that proves nothing.
        proof_names_one_address: without `passwords`, `identify` returns the proven e-mail address, normalized as
            accounts store it, whether an account exists or not.
        proof_from_others_is_ignored: apparent proof from an untrusted source proves nothing.
        malformed_proof_is_refused: proof that names no address, or several, is a Problem with status 400.
        passwords_are_a_capability: passwords are accepted with capability `passwords`, hashed with `registration`, and
            refused without.
        unreachable_is_told: while its service cannot be reached, `ping` raises AuthError within a second, and so does
            `check_password` (if remote). A backend that checks passwords also raises AuthError while the core database
            cannot be reached. `identify` needs neither, and `hash_password` needs no database.
    """

    @abstractmethod
    def identify(self, request: "Request") -> str | None:
        """Return the e-mail address that the request proves, for example by a trusted proxy's header, or None.

        Called once per request to the site, so it must not query a database. Raises Problem 400 if the proof is
        malformed.
        """

    @abstractmethod
    def check_password(self, session: Session, email: str, password: str) -> int | None:
        """Return the id of the active user with this e-mail address and password, or None.

        An unknown address takes as much work as a wrong password. Raises AuthError if the password cannot be checked.
        Without `registration`, get the user with `accounts.find_or_create(session, email)`.
        """

    @abstractmethod
    def hash_password(self, password: str) -> str:
        """Return the value for `users.password_hash`.

        Slow on purpose: call it before the transaction's first write.
        """
