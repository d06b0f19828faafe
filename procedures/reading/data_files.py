"""The texts that a municipality's catalogue is made of, taken from their folder in one go.

They can be kept and read again later, when the files of the folder are others (server.rulebook.good_files).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from procedures.reading.yaml_lines import CatalogueInvalid, Problem

DATA = Path(__file__).parents[1] / "data"
SINGLE = ("catalogue.yaml", "codes.yaml", "departments.yaml")
OPTIONAL = "impossible.yaml"
FOLDERS = ("facts", "national")


def overlay_name(municipality: str) -> str:
    """The name of a municipality's overlay among the files."""
    return f"municipalities/{municipality}/overlay.yaml"


@dataclass(frozen=True, eq=False)
class DataFiles:
    """`texts` by their name below the folder; `shown_in` stands before a name where people read it.

    Two are equal when they hold the same texts under the same names.
    """

    texts: Mapping[str, str] = field(repr=False)
    shown_in: str
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        whole = hashlib.sha256()
        for name, text in sorted(self.texts.items()):
            whole.update(f"{name}\0{len(text)}\0{text}".encode())
        object.__setattr__(self, "digest", whole.hexdigest())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DataFiles) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def packed(self) -> str:
        """All texts as one, for keeping; `unpacked` gives them back."""
        return json.dumps(self.texts, ensure_ascii=False)

    @classmethod
    def unpacked(cls, packed: str, shown_in: str) -> DataFiles:
        """What `packed` made."""
        return cls(json.loads(packed), shown_in)

    def within(self, folder: str) -> list[str]:
        """The names of the files of one folder, in order."""
        return sorted(name for name in self.texts if name.startswith(f"{folder}/"))


def on_disk(municipality: str, data: Path = DATA) -> DataFiles:
    """The files as they are now. An overlay or impossible.yaml may be missing.

    Raises CatalogueInvalid for a file that cannot be read, or is no text in UTF-8.
    """
    shown_in = "procedures/data/" if data == DATA else f"{data}/"
    return DataFiles(
        {name: _text(data / name, shown_in + name) for name in _names(municipality, data)}, shown_in
    )


def _names(municipality: str, data: Path) -> Iterator[str]:
    yield from SINGLE
    for name in (OPTIONAL, overlay_name(municipality)):
        if (data / name).is_file():
            yield name
    for folder in FOLDERS:
        for path in sorted((data / folder).glob("*.yaml")):
            yield f"{folder}/{path.name}"


def _text(path: Path, shown_as: str) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CatalogueInvalid([Problem(shown_as, 0, f"the file cannot be read: {error.strerror}")]) from None
    try:
        return raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CatalogueInvalid([Problem(shown_as, line, "the text is not written in UTF-8")]) from None
