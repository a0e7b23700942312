"""Logins: browser sessions, API tokens, passwords, and reset links for locked-out users."""
