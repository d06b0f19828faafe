"""Reading what pages send."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from server.kit.text import safe_block, safe_line

# What a page may send in one field; each reader of a field has a limit of its own below this one.
LONGEST = 20_000


@dataclass(frozen=True)
class Sent:
    """The fields of a posted form: trimmed, safe text only."""

    data: FormData

    def text(self, name: str, default: str = "", limit: int = 200) -> str:
        """One field. Raises UnsafeTextError."""
        value = self.data.get(name, default)
        return default if isinstance(value, UploadFile) else safe_line(value, limit)

    def block(self, name: str, limit: int) -> str:
        """A field of several lines. Raises UnsafeTextError."""
        value = self.data.get(name, "")
        return "" if isinstance(value, UploadFile) else safe_block(value, limit)

    def texts(self, name: str, limit: int = 200) -> list[str]:
        """Every value of a repeated field."""
        return [safe_line(value, limit) for value in self.data.getlist(name) if isinstance(value, str)]

    def number(self, name: str) -> int | None:
        """A field as a whole number that is not negative; None for anything else."""
        value = self.text(name, limit=20)
        return int(value) if value.isascii() and value.isdigit() else None

    def prefixed(self, prefix: str) -> dict[str, list[str]]:
        """Fields whose name starts with `prefix`, by the rest of their name."""
        names = dict.fromkeys(name for name in self.data if name.startswith(prefix))
        return {name.removeprefix(prefix): self.texts(name) for name in names}

    @property
    def key(self) -> str | None:
        """The page's idempotency key."""
        return self.text("idempotency_key") or None

    def content(self) -> dict[str, list[str]]:
        """Everything but the key and the token, for comparing a replay with the first request."""
        names = sorted(
            {name for name in self.data if name not in ("idempotency_key", "csrf_token", "version")}
        )
        return {name: self.texts(name, LONGEST) for name in names}


async def _sent(request: Request) -> Sent:
    return Sent(await request.form())


SentForm = Annotated[Sent, Depends(_sent)]
