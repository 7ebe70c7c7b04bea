"""Compliance papers as PDF files, made by Typst: what the owner and an inspector are handed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import typst

TEMPLATE: Final = Path(__file__).parent / "paper.typ"
NOTHING: Final = "\N{EN DASH}"
PICTURES: Final = {b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}


class PaperFailed(Exception):
    """The paper could not be made; the message says why in Typst's words."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Label and value, one pair a line; a value that is empty is shown as a dash, never left out."""

    title: str
    pairs: Sequence[tuple[str, str]]
    citation: str = ""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A table, or the sentence `empty` where it has no rows; `right` names the columns of numbers."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    citation: str = ""
    empty: str = ""
    right: Sequence[int] = ()


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Sentences."""

    title: str
    lines: Sequence[str]
    citation: str = ""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A photo (JPEG or PNG) and what stands below it."""

    data: bytes
    lines: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Photos, two in a row."""

    title: str
    pictures: Sequence[Picture]


Block = Facts | Rows | Lines | Pictures


@dataclass(frozen=True, kw_only=True)
class Paper:
    """All that stands on a paper; every number, day and sentence arrives written out."""

    title: str
    company: str
    company_lines: Sequence[str] = ()
    number: str = ""
    subtitle: str = ""
    blocks: Sequence[Block] = ()
    ending: str = ""
    page: str = "Page {page} of {pages}"
    made_at: datetime
    is_wide: bool = False


def paper_pdf(paper: Paper) -> bytes:
    """The paper as a PDF, the same bytes for the same paper; PaperFailed when it cannot be made."""
    with TemporaryDirectory() as folder:
        source = Path(folder) / "paper.typ"
        source.write_bytes(TEMPLATE.read_bytes())
        data = json.dumps(_data(paper, Path(folder)))
        try:
            made: bytes = typst.compile(
                str(source),
                root=folder,
                format="pdf",
                ignore_system_fonts=True,
                timestamp=int(paper.made_at.astimezone(UTC).timestamp()),
                sys_inputs={"paper": data},
            )
        except RuntimeError as error:  # TypstError is one, and so is what it raises for a file it cannot read
            raise PaperFailed(str(error)) from error
    return made


def _data(paper: Paper, folder: Path) -> dict[str, Any]:
    return {
        "title": _plain(paper.title),
        "number": _plain(paper.number),
        "subtitle": _plain(paper.subtitle),
        "company": _plain(paper.company),
        "company_lines": [_plain(line) for line in paper.company_lines if line],
        "ending": _plain(paper.ending),
        "page": paper.page,
        "wide": paper.is_wide,
        "blocks": [_block(block, folder, place) for place, block in enumerate(paper.blocks)],
    }


def _block(block: Block, folder: Path, place: int) -> dict[str, Any]:
    found: dict[str, Any] = {"title": _plain(block.title), "citation": _plain(getattr(block, "citation", ""))}
    match block:
        case Facts():
            found |= {
                "kind": "facts",
                "pairs": [[_plain(name), _plain(value) or NOTHING] for name, value in block.pairs],
            }
        case Rows():
            found |= {
                "kind": "rows",
                "headings": [_plain(word) for word in block.headings],
                "rows": [[_plain(cell) for cell in row] for row in block.rows],
                "right": list(block.right),
                "empty": _plain(block.empty),
            }
        case Lines():
            found |= {"kind": "lines", "lines": [_plain(line) for line in block.lines]}
        case Pictures():
            found |= {"kind": "pictures", "pictures": _pictures(block, folder, place)}
    return found


def _pictures(block: Pictures, folder: Path, place: int) -> list[dict[str, Any]]:
    """The photos written beside the template; what is no picture keeps its words alone."""
    found = []
    for number, picture in enumerate(block.pictures):
        ending = next((end for start, end in PICTURES.items() if picture.data.startswith(start)), "")
        name = f"{place}-{number}.{ending}" if ending else ""
        if name:
            (folder / name).write_bytes(picture.data)
        found.append({"file": name, "lines": [_plain(line) for line in picture.lines]})
    return found


def _plain(text: str) -> str:
    """One line without control characters, which no font draws."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
