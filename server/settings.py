"""Everything the server can be told from outside, typed. docs/operations.md lists each of them."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SettingsRefusedError(RuntimeError):
    """The settings do not belong together; the message says what to change."""


class Settings(BaseSettings):
    """Read from the environment (KAKANAI_*)."""

    model_config = SettingsConfigDict(env_prefix="KAKANAI_", extra="ignore")

    env: Literal["demo", "test", "production"] = "demo"
    database_url: str = ""
    state_dir: Path = Path("state")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    core_url: str = "http://127.0.0.1:8200"
    core_adapter: str = "rest"
    municipality: str = "992011"
    tenant: str = "mihon"
    site: str = "honcho"
    card_policy: Path | None = None
    public_url: str = ""
    now: datetime | None = None
    failpoint: str = ""
    protection_declared: str = ""
    navigator: Literal["", "all", "confirmed", "off"] = ""
    preentry_days: int = Field(default=14, ge=1, le=60)
    # Two at least: what goes is announced the day before.
    open_days: int = Field(default=7, ge=2, le=90)
    tls_certificate: Path | None = None
    tls_key: Path | None = None

    @model_validator(mode="after")
    def _refuse(self) -> "Settings":
        if self.env == "production":
            self._refuse_in_production()
        if self.host not in LOOPBACK and not self.tls_certificate:
            raise SettingsRefusedError(
                f"KAKANAI_HOST={self.host} can be reached from other machines: set "
                "KAKANAI_TLS_CERTIFICATE and KAKANAI_TLS_KEY, or bind to 127.0.0.1."
            )
        if self.now is not None and self.now.tzinfo is None:
            raise SettingsRefusedError(
                "KAKANAI_NOW needs a time zone, for example 2026-11-23T09:00:00+09:00."
            )
        return self

    def _refuse_in_production(self) -> None:
        if self.now or self.failpoint:
            raise SettingsRefusedError(
                "KAKANAI_NOW and KAKANAI_FAILPOINT are for tests; unset them in production."
            )
        if self.navigator == "all":
            raise SettingsRefusedError(
                "In production residents see only rules that the municipality has confirmed: set "
                "KAKANAI_NAVIGATOR to confirmed or off."
            )
        if not self.protection_declared:
            raise SettingsRefusedError(
                "The protection suite is not declared passed for this release: run it, then set "
                "KAKANAI_PROTECTION_DECLARED to the release's version."
            )

    @property
    def url(self) -> str:
        """The database, SQLite in the state directory unless another is named."""
        return self.database_url or f"sqlite:///{self.state_dir.absolute() / 'kakanai.db'}"

    @property
    def navigator_shows(self) -> str:
        """What residents are guided by: all rules, the confirmed ones, or off (no navigator)."""
        return self.navigator or ("confirmed" if self.env == "production" else "all")

    @property
    def preentry_life(self) -> timedelta:
        """How long a code for the counter is good."""
        return timedelta(days=self.preentry_days)

    @property
    def on_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @property
    def secure_cookies(self) -> bool:
        """Only the demo on loopback speaks plain HTTP."""
        return self.tls_certificate is not None

    @property
    def address(self) -> str:
        """Where phones and displays find this server."""
        scheme = "https" if self.tls_certificate else "http"
        return self.public_url or f"{scheme}://{self.host}:{self.port}"
