"""Private files: pictures are re-encoded before they are kept, and handed out only to who may see them."""

from __future__ import annotations

import hashlib
import mimetypes
import warnings
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath, PurePosixPath

from django.core import signing
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, HttpResponseNotModified
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from .states import NotPossible

# A 48-megapixel telephone is the largest camera we expect; a small file that unpacks to more is an attack.
MOST_PIXELS = 60_000_000
READABLE = ("JPEG", "PNG", "WEBP", "GIF")
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
SHOWN_INLINE = {"image/jpeg", "image/png", "application/pdf"}
LINK_SALT = "fsm.files"
LARGEST_FILE = 10 * 1024 * 1024
PDF_BEGINS = b"%PDF-"


@dataclass(frozen=True)
class Encoded:
    """A picture as we keep it: no metadata, at most so large; `sha256_received` is of the bytes that came
    in.
    """

    data: bytes
    width: int
    height: int
    sha256_received: str
    extension: str = "jpg"


def reencode_image(data: bytes, *, longest: int = 2000, keep_png: bool = False) -> Encoded:
    """Decode, turn upright, shrink and encode again; raises NotPossible on anything that is not a photo.

    Pictures become JPEG on white; with `keep_png` (a signature, a logo) PNG, which may be transparent.
    EXIF and all else is dropped.
    """
    received = hashlib.sha256(data).hexdigest()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=READABLE) as probe:
                if probe.width * probe.height > MOST_PIXELS:
                    raise Image.DecompressionBombError
                probe.verify()
            with Image.open(BytesIO(data), formats=READABLE) as opened:
                opened.draft("RGB", (longest, longest))  # lets a large JPEG be read at a fraction of its size
                picture = ImageOps.exif_transpose(opened)
                picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
                picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    except (OSError, SyntaxError, ValueError, EOFError, *BOMBS):
        raise NotPossible(
            _("This file is not a photo we can read. Nothing was saved; take it again or choose another."),
            field="photo",
        ) from None
    see_through = picture.mode == "RGBA"
    clean = Image.new("RGBA" if see_through and keep_png else "RGB", picture.size, 0 if keep_png else "white")
    clean.paste(picture, mask=picture if see_through else None)
    file = BytesIO()
    if keep_png:
        clean.save(file, "PNG", optimize=True)
    else:
        clean.save(file, "JPEG", quality=82, optimize=True)
    return Encoded(file.getvalue(), *clean.size, received, "png" if keep_png else "jpg")


@dataclass(frozen=True)
class TakenIn:
    """A file as we keep it: its bytes, kind and name; `sha256_received` is of the bytes that came in."""

    data: bytes
    content_type: str
    extension: str
    name: str
    sha256_received: str


def take_in(data: bytes, name: str) -> TakenIn:
    """A picture encoded anew or a PDF as it came, under a name without folders; NotPossible on anything
    else, and on more than 10 MB.
    """
    if len(data) > LARGEST_FILE:
        raise NotPossible(_("The file is larger than 10 MB. Nothing was saved."), field="file")
    shown = PurePath(name.replace("\x00", "").replace("\\", "/")).name.strip()[:190] or _("File")
    digest = hashlib.sha256(data).hexdigest()
    if data.startswith(PDF_BEGINS):
        return TakenIn(data, "application/pdf", "pdf", shown, digest)
    picture = reencode_image(data)
    shown = f"{PurePath(shown).stem}.{picture.extension}"
    return TakenIn(picture.data, "image/jpeg", picture.extension, shown, digest)


def serve_private(
    request: HttpRequest, file: FieldFile, *, download_as: str = "", inline: bool = True
) -> HttpResponseBase:
    """Stream a stored file. The caller has fetched its row through `visible_to`: that is the permission.

    Only pictures and PDF are shown in the browser; anything else is downloaded. No proxy keeps a copy.
    """
    stored = file.name
    if not stored or not file.storage.exists(stored):
        raise Http404
    tag = f'"{hashlib.sha256(stored.encode()).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        response: HttpResponseBase = HttpResponseNotModified()
    else:
        kind = mimetypes.guess_type(stored)[0] or "application/octet-stream"
        response = FileResponse(file.open("rb"), content_type=kind)
        name = download_as or PurePosixPath(stored).name
        as_attachment = not inline or kind not in SHOWN_INLINE
        response.headers["Content-Disposition"] = (
            content_disposition_header(as_attachment, name) or "attachment"
        )
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def signed_url(url: str, *, user_id: int) -> str:
    """The address with a signature for one person; `check_signed` refuses it after its time or for somebody
    else.
    """
    token = signing.dumps([url, user_id], salt=LINK_SALT, compress=True)
    return f"{url}?key={token}"


def check_signed(request: HttpRequest, *, seconds: int = 3600) -> None:
    """Raise Http404 unless the request's address carries a signature made for this person in the last
    `seconds`.
    """
    try:
        url, user_id = signing.loads(request.GET.get("key", ""), salt=LINK_SALT, max_age=seconds)
    except signing.BadSignature:
        raise Http404 from None
    if url != request.path or user_id != request.user.pk:
        raise Http404
