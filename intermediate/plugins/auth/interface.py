"""What an auth backend does: it knows passwords, or whom a request itself proves."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from intermediate.plugins.base import Backend, BackendError

if TYPE_CHECKING:
    from intermediate.request import Request


class AuthError(BackendError):
    """Passwords cannot be checked now."""

    code = "auth_unavailable"


class Auth(Backend, ABC):
    """Proof of identity. Accounts and logins are the core's; a backend only says yes or no.

    With capability `passwords` people log in, and `identify` gives None. Without it, each request to the site proves
    who sent it, `check_password` gives None, and `hash_password` raises AuthError.

    Promises:
        right_password_is_accepted: `check_password` gives the id of the active account whose password it is.
        wrong_password_is_refused: anything but that password, its prefixes and case variants included, gives None.
        unknown_email_is_refused: an e-mail without an account gives None and no error.
        unknown_email_costs_the_same: an e-mail without an account takes the work of a wrong password.
        inactive_account_is_refused: a right password of a deactivated account gives None.
        account_without_password_is_refused: an account that has no password cannot be entered with any.
        password_is_not_stored: what `hash_password` returns does not hold the password.
        hashes_are_salted: two hashes of one password differ.
        hashes_fit_their_column: a hash has at most 255 characters.
        long_passwords_count_in_full: of 1,024 characters each one matters.
        identify_needs_proof: `identify` gives None for a request that proves nothing.
        proof_names_one_address: without `passwords`, `identify` gives the proven e-mail, in the one spelling that
            accounts have, whether there is an account or not.
        proof_from_others_is_ignored: what looks like proof, and comes from who may not give it, proves nothing.
        malformed_proof_is_refused: proof that names no address, or more than one, is a Problem with status 400.
        passwords_are_a_capability: passwords are hashed and accepted with capability `passwords`, and refused without.
        unreachable_is_told: while its service cannot be reached, `ping` raises AuthError within a second, and so does
            `check_password` (if remote). While the core database cannot be reached, whoever knows passwords tells that
            as AuthError, too. `identify` needs neither, and `hash_password` no database.
    """

    @abstractmethod
    def identify(self, request: "Request") -> str | None:
        """The e-mail that the request itself proves, such as a trusted proxy's header, else None.

        Asked once for each request to the site, so it asks no database. Problem 400 if the proof cannot be understood.
        """

    @abstractmethod
    def check_password(self, session: Session, email: str, password: str) -> int | None:
        """The id of the active user with this e-mail and password, else None.

        An unknown e-mail takes the same work as a wrong password. AuthError if it cannot be told now.
        """

    @abstractmethod
    def hash_password(self, password: str) -> str:
        """What `users.password_hash` should hold. Costly on purpose: call it before the transaction's first write."""
