"""Which font files are used, in which order, and where they are looked for.

A municipality that has 行政事務標準文字 (or any other font) puts its files first with `configure`, before
anything is drawn."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

_DEBIAN = Path("/usr/share/fonts")
_NOTO = _DEBIAN / "opentype/noto"


class FontsMissing(Exception):
    """No usable font file was found; the text says which package or setting helps."""


@dataclass(frozen=True)
class FontFile:
    """One face: a file and, in a collection (.ttc), the number of the face inside it."""

    path: Path
    index: int = 0


@dataclass(frozen=True)
class FontFiles:
    """Faces by purpose, best first; a character is taken from the first face that has exactly it.

    `mincho` writes values and `gothic` labels on forms; `ticket` and `ticket_bold` write tickets. Faces
    with TrueType outlines are embedded as they are; faces with CFF outlines (Noto) are converted glyph by
    glyph and cost more, so last."""

    mincho: tuple[FontFile, ...]
    gothic: tuple[FontFile, ...]
    ticket: tuple[FontFile, ...]
    ticket_bold: tuple[FontFile, ...]


# Face 0 of the Noto collections is the Japanese one.
DEFAULT = FontFiles(
    mincho=(
        FontFile(_DEBIAN / "truetype/ipamj/ipamjm.ttf"),
        FontFile(_DEBIAN / "opentype/ipaexfont-mincho/ipaexm.ttf"),
        FontFile(_NOTO / "NotoSerifCJK-Regular.ttc"),
    ),
    gothic=(
        FontFile(_DEBIAN / "opentype/ipaexfont-gothic/ipaexg.ttf"),
        FontFile(_NOTO / "NotoSansCJK-Regular.ttc"),
    ),
    ticket=(
        FontFile(_NOTO / "NotoSansCJK-Regular.ttc"),
        FontFile(_DEBIAN / "opentype/ipaexfont-gothic/ipaexg.ttf"),
    ),
    ticket_bold=(
        FontFile(_NOTO / "NotoSansCJK-Bold.ttc"),
        FontFile(_DEBIAN / "opentype/ipaexfont-gothic/ipaexg.ttf"),
    ),
)

_lock = threading.Lock()
_files = DEFAULT
_used = False


def configure(files: FontFiles) -> None:
    """Use `files` from now on. Must be called before the first drawing: fonts are read once per process.

    Raises RuntimeError when something has been drawn with other files already.
    """
    global _files  # noqa: PLW0603 - one choice per process, like the fonts installed on a machine
    with _lock:
        if _used and files != _files:
            raise RuntimeError(
                "fonts are already in use; configure them at start-up, before anything is drawn"
            )
        _files = files


def existing(purpose: str) -> tuple[FontFile, ...]:
    """The files for a purpose (a field of FontFiles) that exist here, best first; raises FontsMissing when
    none does."""
    global _used  # noqa: PLW0603
    with _lock:
        wanted: tuple[FontFile, ...] = getattr(_files, purpose)
        found = tuple(file for file in wanted if file.path.is_file())
        if not found:
            looked = ", ".join(str(file.path) for file in wanted)
            raise FontsMissing(
                f"no font for {purpose} (looked for {looked}); "
                "install fonts-ipamj-mincho, fonts-ipaexfont-mincho, fonts-ipaexfont-gothic and "
                "fonts-noto-cjk, or configure files of your own"
            )
        _used = True
        return found
