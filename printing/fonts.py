"""Fonts for forms: the one module that works around reportlab, so that a rare name is drawn right and read
back right.

Three faults of reportlab 5.1 matter for names, and all end here:

- it writes a character outside the BMP (𠮷 U+20BB7) into ToUnicode as five hex digits, so that another
  character is extracted. `_Face` writes the table anew in UTF-16 (PDF 32000-1, 9.10.3), at most 100
  entries a block;
- it knows no variation selectors and draws 葛 U+845B U+E0100 as the base and a hollow box. `_Face` reads
  cmap format 14 (OpenType, "cmap") and gives every sequence a private code point of its own inside this
  process; ToUnicode gets the sequence itself, so private code points never leave;
- it keeps the advance widths of glyphs beyond numberOfHMetrics in 1/1000 instead of font units, and so
  embeds fonts whose own widths are wrong (most kanji). `_Face` puts the widths right.

A `Typeface` is a list of faces, best first; each cluster comes from the first face that has exactly it.
Faces with CFF outlines cannot be embedded by reportlab: their glyphs are converted one at a time to
TrueType fonts of one glyph."""

from __future__ import annotations

import functools
import io
import mmap
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont as FontToolsFont
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import SUBSETN, TTFont

from printing.font_files import FontFile, existing
from printing.text import clusters

Purpose = Literal["mincho", "gothic"]

# 〓 GETA MARK: what Japanese printers have always set where a character is missing.
GETA = "〓"

# Supplementary private use area A. Codes that the font itself uses there are left out.
_PRIVATE = range(0xF0000, 0xFFFFE)

# Held while faces are made and while a document is drawn: reportlab's faces keep a reading position.
lock = threading.RLock()


@dataclass(frozen=True)
class Glyph:
    """How one cluster is drawn: `code` in the reportlab font `font`, `advance` in 1/1000 of the size.
    `exact` is False when the base stands in for an unknown variant, or 〓 for an unknown character."""

    font: str
    code: str
    advance: float
    exact: bool


@dataclass(frozen=True)
class Run:
    """Text that one reportlab font draws; `text` holds codes for that font and is not for reading."""

    font: str
    text: str


class _Source(Protocol):
    def find(self, cluster: str) -> Glyph | None:
        """The glyph for exactly this cluster, or None."""


def _cmap_sequences(font: FontToolsFont) -> Iterator[tuple[tuple[int, int], str | None]]:
    """(base, selector) and glyph name from cmap format 14; None stands for the glyph of the base alone."""
    for table in font["cmap"].tables:
        if table.format == 14:
            for selector, entries in table.uvsDict.items():
                for base, glyph in entries:
                    yield (base, selector), glyph


def _to_unicode(name: str, texts: Iterable[str]) -> str:
    """A ToUnicode CMap: entry n says what character code n reads as; empty entries are left out."""
    pairs = [
        f"<{code:02X}> <{text.encode('utf-16-be', 'surrogatepass').hex().upper()}>"
        for code, text in enumerate(texts)
        if text
    ]
    blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        f"/CMapName /{name} def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        "<00> <FF>",
        "endcodespacerange",
    ]
    for block in blocks:
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    return "\n".join([*lines, "endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"])


class _Outline:
    """The glyf table as slices of the file: reportlab would copy the whole table, 20 MB in IPAmj Mincho,
    for each document."""

    def __init__(self, data: bytes | mmap.mmap, start: int) -> None:
        self._data = data
        self._start = start

    def __getitem__(self, part: slice) -> bytes:
        return self._data[self._start + part.start : self._start + part.stop]


class _Face(TTFont):  # type: ignore[misc]  # reportlab has no types
    """A reportlab TrueType font whose ToUnicode tables are right and which draws variation sequences."""

    def __init__(self, name: str, file: str | io.BytesIO, index: int = 0) -> None:
        super().__init__(name, file, subfontIndex=index, asciiReadable=False, shapable=False)
        self._sequences: dict[str, str] = {}
        self._meaning: dict[int, str] = {}
        self._mend_face(file)

    def _mend_face(self, file: str | io.BytesIO) -> None:
        face = self.face
        if isinstance(file, str):
            # 46 MB of IPAmj Mincho that the system can share and drop, instead of a copy in this process.
            with open(file, "rb") as opened:
                face._ttf_data = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        start, _ = face.get_table_pos("glyf")
        outlines = _Outline(face._ttf_data, start)
        read = face.get_table
        face.get_table = lambda tag: outlines if tag == "glyf" else read(tag)
        # Only reportlab's text shaping, which is switched off, would need the way back.
        face.glyphToChar = {}
        full = int.from_bytes(read("hhea")[34:36], "big")
        advance = face.hmetrics[full - 1][0]
        face.hmetrics[full:] = [(advance, bearing) for _, bearing in face.hmetrics[full:]]

    def read_sequences(self, file: FontFile) -> None:
        """Give each variation sequence of `file` a private code. Sorted, so the same font gives the same
        codes."""
        face = self.face
        font = FontToolsFont(file.path, fontNumber=file.index, lazy=True)
        free = (code for code in _PRIVATE if code not in face.charToGlyph)
        for (base, selector), glyph in sorted(_cmap_sequences(font), key=lambda entry: entry[0]):
            glyph_id = face.charToGlyph.get(base) if glyph is None else font.getGlyphID(glyph)
            if glyph_id is None:
                continue
            code = next(free)
            face.charToGlyph[code] = glyph_id
            face.charWidths[code] = face._pdfScale(face.hmetrics[glyph_id][0])
            self._sequences[chr(base) + chr(selector)] = chr(code)
            self._meaning[code] = chr(base) + chr(selector)

    def add_meaning(self, code: int, text: str) -> None:
        """Let `code` be extracted as `text`."""
        self._meaning[code] = text

    def find(self, cluster: str) -> Glyph | None:
        code = self._sequences.get(cluster)
        if code is None:
            # A private code typed by somebody is not one of our variants.
            known = (
                len(cluster) == 1
                and ord(cluster) in self.face.charToGlyph
                and ord(cluster) not in self._meaning
            )
            if not known:
                return None
            code = cluster
        return Glyph(self.fontName, code, self.face.charWidths.get(ord(code), self.face.defaultWidth), True)

    def addObjects(self, doc: Any) -> None:
        """Write the font's objects, then put our ToUnicode in place of reportlab's."""
        subsets = [list(subset) for subset in self.state[doc].subsets] if doc in self.state else []
        super().addObjects(doc)
        for number, subset in enumerate(subsets):
            base_name = (SUBSETN(number) + b"+" + self.face.name + self.face.subfontNameX).decode("ascii")
            # Code 0 is .notdef and reads as nothing.
            texts = ["" if not code else self._meaning.get(code, chr(code)) for code in subset]
            doc.idToObject[f"toUnicodeCMap:{base_name}"].content = _to_unicode(base_name, texts)


class _Outlines:
    """A face with CFF outlines, used glyph by glyph: each cluster that is asked for becomes a TrueType font
    of one glyph."""

    def __init__(self, file: FontFile) -> None:
        self._font = FontToolsFont(file.path, fontNumber=file.index, lazy=True)
        self._best: dict[int, str] = self._font.getBestCmap()
        self._sequences = dict(_cmap_sequences(self._font))
        self._glyphs = self._font.getGlyphSet()

    def _glyph_name(self, cluster: str) -> str | None:
        if len(cluster) == 1:
            return self._best.get(ord(cluster))
        if len(cluster) != 2:
            return None
        key = (ord(cluster[0]), ord(cluster[1]))
        return (self._sequences[key] or self._best.get(key[0])) if key in self._sequences else None

    def find(self, cluster: str) -> Glyph | None:
        name = self._glyph_name(cluster)
        if name is None:
            return None
        font_name = "Kk" + "-".join(f"{ord(char):X}" for char in cluster) + f"-{name}"
        if font_name not in pdfmetrics._fonts:
            face = _Face(font_name, io.BytesIO(self._single(font_name, name)))
            face.add_meaning(0x21, cluster)
            pdfmetrics.registerFont(face)
        return Glyph(font_name, "!", self._glyphs[name].width * 1000 / self._font["head"].unitsPerEm, True)

    def _single(self, font_name: str, glyph: str) -> bytes:
        """A TrueType font file that has this glyph at U+0021 and nothing else."""
        units = self._font["head"].unitsPerEm
        pen = TTGlyphPen(None)
        self._glyphs[glyph].draw(Cu2QuPen(pen, max_err=units / 1000, reverse_direction=True))
        empty = TTGlyphPen(None).glyph()
        builder = FontBuilder(units, isTTF=True)
        builder.setupGlyphOrder([".notdef", "one"])
        builder.setupCharacterMap({0x21: "one"})
        builder.setupGlyf({".notdef": empty, "one": pen.glyph()})
        width = round(self._glyphs[glyph].width)
        builder.setupHorizontalMetrics({".notdef": (width, 0), "one": (width, self._left(builder))})
        ascent, descent = self._font["hhea"].ascent, self._font["hhea"].descent
        builder.setupHorizontalHeader(ascent=ascent, descent=descent)
        builder.setupNameTable({"familyName": font_name, "styleName": "Regular", "psName": font_name})
        builder.setupOS2(sTypoAscender=ascent, sTypoDescender=descent)
        builder.setupPost(keepGlyphNames=False)
        # A fixed date: the same glyph gives the same bytes in every process.
        builder.updateHead(created=0, modified=0)
        out = io.BytesIO()
        builder.font.recalcTimestamp = False
        builder.save(out)
        return out.getvalue()

    @staticmethod
    def _left(builder: FontBuilder) -> int:
        glyph = builder.font["glyf"]["one"]
        return int(getattr(glyph, "xMin", 0) or 0)


class Typeface:
    """A chain of faces that draws any text it is given and says where it could not be exact."""

    def __init__(self, sources: tuple[_Source, ...]) -> None:
        self._sources = sources
        self._known: dict[str, Glyph] = {}

    def _search(self, cluster: str) -> Glyph | None:
        return next((glyph for source in self._sources if (glyph := source.find(cluster))), None)

    def _resolve(self, cluster: str) -> Glyph:
        exact = self._search(cluster)
        if exact is not None:
            return exact
        if len(cluster) > 1:
            # か + U+3099 and the like: the same character in its one-code form.
            composed = unicodedata.normalize("NFC", cluster)
            found = self._search(composed) if len(composed) == 1 else None
            if found is not None and unicodedata.combining(cluster[1]):
                return found
            found = self._search(cluster[0])
            if found is not None:
                return Glyph(found.font, found.code, found.advance, False)
        geta = self._search(GETA) or self._search("?")
        if geta is None:
            raise ValueError("the configured fonts have neither 〓 nor ?")
        return Glyph(geta.font, geta.code, geta.advance, False)

    def glyph(self, cluster: str) -> Glyph:
        """How `cluster` is drawn; always an answer."""
        glyph = self._known.get(cluster)
        if glyph is None:
            with lock:
                glyph = self._resolve(cluster)
                if len(self._known) > 100_000:
                    self._known.clear()
                self._known[cluster] = glyph
        return glyph

    def width(self, text: str, size: float) -> float:
        """Width of `text` in the unit of `size` (points)."""
        glyph = self.glyph
        return sum([glyph(cluster).advance for cluster in clusters(text)]) * size / 1000

    def runs(self, text: str) -> list[Run]:
        """`text` as pieces for one reportlab font each, in order."""
        found: list[Run] = []
        for cluster in clusters(text):
            glyph = self.glyph(cluster)
            if found and found[-1].font == glyph.font:
                found[-1] = Run(glyph.font, found[-1].text + glyph.code)
            else:
                found.append(Run(glyph.font, glyph.code))
        return found

    def missing(self, text: str) -> list[str]:
        """Clusters of `text` that are not drawn exactly, each once, in order of appearance."""
        return list(dict.fromkeys(cluster for cluster in clusters(text) if not self.glyph(cluster).exact))


def _source(file: FontFile, purpose: Purpose, position: int) -> _Source:
    with file.path.open("rb") as opened:
        start = opened.read(4)
    is_cff = start == b"OTTO" or (
        start == b"ttcf" and FontToolsFont(file.path, fontNumber=file.index, lazy=True).sfntVersion == "OTTO"
    )
    if is_cff:
        return _Outlines(file)
    face = _Face(f"Kakanai-{purpose}-{position}", str(file.path), file.index)
    face.read_sequences(file)
    pdfmetrics.registerFont(face)
    return face


class _Late:
    """A source that is opened when the sources before it have failed: most documents never need it."""

    def __init__(self, file: FontFile, purpose: Purpose, position: int) -> None:
        self._open = functools.cache(lambda: _source(file, purpose, position))

    def find(self, cluster: str) -> Glyph | None:
        return self._open().find(cluster)


@functools.cache
def _typeface(purpose: Purpose) -> Typeface:
    files = existing(purpose)
    return Typeface(tuple(_Late(file, purpose, position) for position, file in enumerate(files)))


def typeface(purpose: Purpose) -> Typeface:
    """The typeface for values ("mincho") or labels ("gothic"), read once per process. Raises FontsMissing."""
    with lock:
        return _typeface(purpose)


def missing_glyphs(text: str) -> list[str]:
    """Clusters of `text` (a base character with its variation selector counts as one) for which no
    configured Mincho face has exactly the glyph, each once. They are printed as their base character or as
    〓 and must be checked by a person."""
    return typeface("mincho").missing(text)
