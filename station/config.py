"""The station's settings: one TOML file per kiosk or counter PC. A bad file is refused with its file and
line.

Relative paths are relative to the file they stand in. docs/stations.md has an example of every setting.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

LOOPBACK = frozenset({"127.0.0.1", "localhost"})


class BadConfig(Exception):
    """A settings file that this station cannot start with; the text is `file:line: what is wrong`."""


def _named(path: Path) -> Path:
    """Nobody means the folder of the settings by writing nothing."""
    if path == Path():
        raise ValueError("is empty")
    return path


_Named = Annotated[Path, AfterValidator(_named)]


def wrong_address(text: str) -> bool:
    """Whether this is anything but scheme, host and port of a server."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return True
    beside = url.path not in ("", "/") or url.query or url.fragment or url.username or url.password
    return url.scheme not in ("http", "https") or not url.hostname or port == 0 or bool(beside)


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReaderConfig(_Settings):
    """Which card reader. `name` is a part of the PC/SC reader's name; `slot` is vpcd's slot (0 or 1).

    `beside`: parts of the names of the readers beside it, such as the other slot of the same device: a card
    there as well makes two cards, and none is read. Nothing if not said, for a PC may have a reader of its
    own with the card of its user.

    `keys_dir`: the keys behind simulated cards, one folder for all stations of a demonstration.
    """

    backend: Literal["none", "simulated", "vpcd", "pcsc"] = "none"
    name: str = ""
    slot: Annotated[int, Field(ge=0, le=1)] = 0
    beside: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    keys_dir: _Named | None = None

    @model_validator(mode="after")
    def _names_a_reader(self) -> Self:
        # An empty name would take whichever reader happens to be first, which changes when one is plugged in.
        if self.backend == "pcsc" and not self.name:
            raise ValueError("backend pcsc needs a name")
        # vpcd takes cards from anybody on the network; by this door it would be open without dev = true.
        if self.backend == "pcsc" and any("Virtual PCD" in name for name in (self.name, *self.beside)):
            raise ValueError("a virtual reader has the backend vpcd")
        if self.beside and self.backend != "pcsc":
            raise ValueError("beside is for the backend pcsc only")
        if self.keys_dir is not None and self.backend not in ("simulated", "vpcd"):
            raise ValueError("keys_dir is for simulated cards only")
        return self


class TicketPrinterConfig(_Settings):
    """Which ticket printer. `host` and `tcp_port`: network; `path`: usb (such as /dev/usb/lp0) and file."""

    backend: Literal["none", "simulated", "network", "usb", "file"] = "none"
    width_dots: Literal[576, 384] = 576
    cut: Literal["full", "partial", "none"] = "partial"
    host: str = ""
    tcp_port: Annotated[int, Field(ge=1, le=65535)] = 9100
    path: Path = Path()

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.backend == "network" and not self.host:
            raise ValueError("backend network needs host")
        if self.backend in ("usb", "file") and self.path == Path():
            raise ValueError(f"backend {self.backend} needs path")
        return self


class PagePrinterConfig(_Settings):
    """Which A4 printer. `queue` is its name in the local print system (CUPS)."""

    backend: Literal["none", "simulated", "cups"] = "none"
    queue: str = ""

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.backend == "cups" and not self.queue:
            raise ValueError("backend cups needs queue")
        return self


class TlsConfig(_Settings):
    """Mutual TLS towards the server: the authority that signed the server's certificate, and this
    station's own."""

    ca_file: _Named
    cert_file: _Named | None = None
    key_file: _Named | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.key_file is not None and self.cert_file is None:
            raise ValueError("key_file needs cert_file")
        return self


class StationConfig(_Settings):
    """Everything one station needs to know. `desk` belongs to a counter; `dev` opens the hardware desk's
    routes."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
    kind: Literal["kiosk", "counter"]
    desk: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,8}$")] | None = None
    port: Annotated[int, Field(ge=1024, le=65535)]
    server_url: str
    key_file: _Named
    state_dir: _Named
    dev: bool = False
    reader: ReaderConfig = ReaderConfig()
    ticket_printer: TicketPrinterConfig = TicketPrinterConfig()
    page_printer: PagePrinterConfig = PagePrinterConfig()
    tls: TlsConfig | None = None

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if (self.kind == "counter") != (self.desk is not None):
            raise ValueError("desk: a counter names its desk, a kiosk has none")
        if wrong_address(self.server_url):
            raise ValueError(
                "server_url: give scheme, host and port only, such as https://kakanai.example:8443"
            )
        url = urlsplit(self.server_url)
        if url.scheme == "http" and url.hostname not in LOOPBACK:
            raise ValueError("server_url: http is for this machine alone; use https")
        if (url.scheme == "https") != (self.tls is not None):
            raise ValueError("tls: an https server needs a [tls] section, an http server has none")
        devices = {
            "reader": self.reader.backend in ("simulated", "vpcd"),
            "ticket_printer": self.ticket_printer.backend == "simulated",
            "page_printer": self.page_printer.backend == "simulated",
        }
        pretended = [name for name, simulated in devices.items() if simulated]
        if pretended and not self.dev:
            raise ValueError(f"{pretended[0]}: a simulated device is for dev = true only")
        return self


def load_config(path: Path) -> StationConfig:
    """The settings in `path`, with every path absolute. Raises BadConfig; no value of the file is in its
    text."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path}:1: {error}") from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        # At the very end of the file the parser names no line.
        raise BadConfig(f"{path}:{line[1] if line else text.count(chr(10)) + 1}: {error}") from None
    try:
        return StationConfig.model_validate(_absolute(document, path.absolute().parent))
    except ValidationError as error:
        found = []
        for item in error.errors(include_input=False, include_url=False):
            place = [str(step) for step in item["loc"]]
            what = item["msg"].removeprefix("Value error, ")
            # A rule over several settings starts with the name of the one to look at.
            named = place or re.findall(r"^([a-z_]+): ", what)
            found.append(f"{path}:{_line_of(text, named)}: {'.'.join(place)}{': ' if place else ''}{what}")
        raise BadConfig("\n".join(found)) from None


def _absolute(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    paths = ("key_file", "state_dir", "path", "ca_file", "cert_file", "keys_dir")
    result: dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            result[key] = _absolute(value, folder)
        elif key in paths and isinstance(value, str) and value:
            result[key] = folder / value
        else:
            result[key] = value
    return result


def _line_of(text: str, place: list[str]) -> int:
    """The line of the setting at `place` (section and key), or of its section, or 1 when neither is
    written."""
    section, best = "", 1
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[([\w-]+)\]", line):
            section = header[1]
            if place and section == place[0]:
                best = number
        elif key := re.match(r"\s*([\w-]+)\s*=", line):
            here = [section, key[1]] if section else [key[1]]
            if here == place[: len(here)]:
                return number
    return best
