"""Opaque identifiers: they say nothing about a person and sort by the time they were made."""

import secrets
from typing import NewType

import uuid_utils

Id = NewType("Id", str)


def new_id() -> str:
    """A UUIDv7 (RFC 9562) as 36 lower-case characters."""
    return str(uuid_utils.uuid7())


def new_token() -> str:
    """128 random bits, safe in a URL: for what must not be guessed (phone status, sessions)."""
    return secrets.token_urlsafe(16)
