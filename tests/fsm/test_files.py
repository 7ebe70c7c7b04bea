"""Pictures are re-encoded before they are kept; private files go only to who may see them."""

from __future__ import annotations

import hashlib
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.http import Http404
from django.test import RequestFactory
from PIL import Image

from fsm import files
from fsm.files import check_signed, reencode_image, serve_private, signed_url
from fsm.states import NotPossible
from tests.factories import CompanyFactory, UserFactory, picture


def opened(encoded):
    return Image.open(BytesIO(encoded.data))


def with_exif(orientation):
    image = Image.new("RGB", (40, 20), "red")
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Spy camera"
    exif.get_ifd(0x8825)[1] = "N"  # where it was taken
    file = BytesIO()
    image.save(file, "JPEG", exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_photo_becomes_a_small_jpeg_and_the_received_bytes_are_hashed(kind):
    data = picture(3000, 1500, kind)
    kept = reencode_image(data, longest=1000)
    assert (kept.width, kept.height, kept.extension) == (1000, 500, "jpg")
    assert opened(kept).format == "JPEG"
    assert kept.sha256_received == hashlib.sha256(data).hexdigest()


def test_a_photo_is_turned_upright_and_forgets_where_it_was_taken():
    kept = opened(reencode_image(with_exif(6)))
    assert kept.size == (20, 40)
    assert dict(kept.getexif()) == {}
    assert b"Spy camera" not in reencode_image(with_exif(1)).data


def test_nothing_hides_behind_a_picture():
    assert b"<script>" not in reencode_image(picture(kind="JPEG") + b"<script>alert(1)</script>").data


def test_a_signature_stays_transparent_and_a_transparent_photo_becomes_white():
    file = BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(file, "PNG")
    assert opened(reencode_image(file.getvalue(), keep_png=True)).getpixel((0, 0))[3] == 0
    assert opened(reencode_image(file.getvalue())).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        b"%PDF-1.7 not a photo",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        picture()[:40],
        picture(200, 200, "JPEG")[:400],
        picture(kind="BMP"),
        picture(kind="TIFF"),
    ],
    ids=["empty", "zeros", "pdf", "svg", "cut png", "cut jpeg", "bmp", "tiff"],
)
def test_what_is_not_a_photo_is_refused_with_a_sentence(data):
    with pytest.raises(NotPossible, match=r"not a photo we can read\. Nothing was saved"):
        reencode_image(data)


def test_a_picture_that_unpacks_to_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(files, "MOST_PIXELS", 99)
    with pytest.raises(NotPossible):
        reencode_image(picture(10, 10))
    monkeypatch.setattr(files, "MOST_PIXELS", 100)
    assert reencode_image(picture(10, 10)).width == 10


@pytest.fixture
def stored(db):
    company = CompanyFactory()

    def store(name, content=b"content"):
        company.logo.save(name, ContentFile(content), save=False)
        return company.logo

    return store


def ask(**headers):
    return RequestFactory().get("/file/", headers=headers)


@pytest.mark.parametrize(
    ("name", "kind", "disposition"),
    [
        ("a.png", "image/png", "inline"),
        ("a.pdf", "application/pdf", "inline"),
        ("a.html", "text/html", "attachment"),
        ("a.svg", "image/svg+xml", "attachment"),
        ("a.unheard-of", "application/octet-stream", "attachment"),
    ],
)
def test_only_pictures_and_pdf_are_shown_in_the_browser(stored, name, kind, disposition):
    answer = serve_private(ask(), stored(name))
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Content-Disposition"].startswith(disposition)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer.headers["Cache-Control"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_file_is_downloaded_under_the_name_that_was_asked_for(stored):
    answer = serve_private(ask(), stored("x.pdf"), download_as='Invoice "10001".pdf', inline=False)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Invoice \\"10001\\".pdf"'
    assert b"".join(answer.streaming_content) == b"content"


def test_a_browser_that_has_the_file_is_told_so(stored):
    file = stored("a.png")
    tag = serve_private(ask(), file).headers["ETag"]
    assert serve_private(ask(**{"If-None-Match": tag}), file).status_code == 304


def test_a_file_that_is_gone_is_not_found(stored):
    file = stored("a.png")
    file.storage.delete(file.name)
    with pytest.raises(Http404):
        serve_private(ask(), file)


def test_a_signed_address_opens_for_its_person_for_a_while(db, monkeypatch):
    tess, tom = UserFactory(), UserFactory()

    def visit(url, user):
        request = RequestFactory().get(url)
        request.user = user
        check_signed(request)

    url = signed_url("/photos/7/", user_id=tess.pk)
    visit(url, tess)
    for wrong, user in [
        (url, tom),
        (url.replace("/7/", "/8/"), tess),
        (url + "x", tess),
        ("/photos/7/", tess),
    ]:
        with pytest.raises(Http404):
            visit(wrong, user)
    import time

    later = time.time() + 3700
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    with pytest.raises(Http404):
        visit(url, tess)
