"""A picture that is what it says comes out clean, upright, small enough and in a format that everyone reads."""

import asyncio
import hashlib
import io
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from fedi.errors import Invalid, TooLarge, UnsupportedMediaType
from fedi.media.intake import Prepared, prepare, take_in
from fedi.media.shape import Shape, box_of

RED, BLUE = (220, 20, 20), (20, 20, 220)
MARKERS = (b"SECRET-", b"Exif", b"http://ns.adobe.com", b"ICC_PROFILE", b"iCCP", b"eXIf", b"EXIF", b"XMP ", b"tEXt",
           b"iTXt", b"zTXt", b"Photoshop", b"8BIM", b"ICCP")  # fmt: skip


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def two_halves(width: int = 60, height: int = 40) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def exif_with_place(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SECRET-camera"
    exif[0x013B] = "SECRET-author"
    exif.get_ifd(0x8825).update({1: "N", 2: (36.0, 48.0, 23.0), 3: "E", 4: (10.0, 10.0, 53.0)})
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\x00\x00\x00SECRET-comment"
    return exif


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def loaded_jpeg() -> bytes:
    """A JPEG with EXIF and GPS, XMP, IPTC, a comment, a profile and a tail."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = saved(
        two_halves(),
        "JPEG",
        exif=exif_with_place(),
        icc_profile=profile,
        comment=b"SECRET-jpeg-comment",
    )
    xmp = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>SECRET-xmp</x:xmpmeta>")
    iptc = segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x0aSECRET-ipt")
    return plain[:2] + xmp + iptc + plain[2:] + b"SECRET-tail"


def loaded_png() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "SECRET-author")
    texts.add_text("Comment", "SECRET-zipped", zip=True)
    texts.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>SECRET-xmp</x:xmpmeta>")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return saved(two_halves(), "PNG", pnginfo=texts, exif=exif_with_place(), icc_profile=profile)


def see_through_png() -> bytes:
    image = two_halves().convert("RGBA")
    image.putpixel((0, 0), (0, 0, 0, 0))
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "SECRET-author")
    return saved(image, "PNG", pnginfo=texts, exif=exif_with_place())


def loaded_webp() -> bytes:
    return saved(
        two_halves(), "WEBP", exif=exif_with_place(), xmp=b"<x:xmpmeta>SECRET-xmp</x:xmpmeta>"
    )


def loaded_avif() -> bytes:
    return saved(
        two_halves(), "AVIF", exif=exif_with_place(), xmp=b"<x:xmpmeta>SECRET-xmp</x:xmpmeta>"
    )


def loaded_gif() -> bytes:
    """Two frames: the halves first, then all blue."""
    first = two_halves().quantize(16)
    second = Image.new("RGB", (60, 40), BLUE).quantize(16)
    return saved(first, "GIF", comment=b"SECRET-gif", save_all=True, append_images=[second])


LOADED = {
    "jpeg": loaded_jpeg,
    "png": loaded_png,
    "see-through png": see_through_png,
    "webp": loaded_webp,
    "avif": loaded_avif,
    "gif": loaded_gif,
}


@pytest.mark.parametrize("kind", LOADED)
def test_nothing_but_the_picture_survives(kind: str) -> None:
    raw = LOADED[kind]()
    assert b"SECRET-" in raw
    prepared = take_in(raw)
    written = [prepared.content, *(variant.content for variant in prepared.previews)]
    found = [marker for content in written for marker in MARKERS if marker in content]
    assert found == []


@pytest.mark.parametrize("kind", LOADED)
def test_what_is_written_says_nothing_beside_its_pixels(kind: str) -> None:
    prepared = take_in(LOADED[kind]())
    for content in (prepared.content, *(variant.content for variant in prepared.previews)):
        image = opened(content)
        image.load()
        harmless = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi", "progressive", "progression",
                    "loop", "background", "timestamp", "duration"}  # fmt: skip
        assert set(image.info) <= harmless
        assert dict(image.getexif()) == {}


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "avif", "gif"])
def test_an_opaque_picture_becomes_a_jpeg_of_the_same_look(kind: str) -> None:
    prepared = take_in(LOADED[kind]())
    image = opened(prepared.content)
    assert (prepared.media_type, image.format, image.size) == ("image/jpeg", "JPEG", (60, 40))
    assert near(image, (10, 20), RED)
    assert near(image, (50, 20), BLUE)


def near(image: Image.Image, place: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    seen = image.convert("RGB").getpixel(place)
    assert isinstance(seen, tuple)
    return all(abs(a - b) < 30 for a, b in zip(seen, colour, strict=True))


def test_a_see_through_picture_becomes_a_png() -> None:
    prepared = take_in(see_through_png())
    assert (prepared.media_type, prepared.extension) == ("image/png", "png")
    assert opened(prepared.content).getpixel((0, 0)) == (0, 0, 0, 0)


def test_colours_under_full_transparency_are_gone() -> None:
    erased = Image.new("RGBA", (20, 20), (200, 100, 50, 0))
    erased.putpixel((0, 0), (1, 2, 3, 255))
    image = opened(take_in(saved(erased, "PNG")).content)
    assert image.getpixel((10, 10)) == (0, 0, 0, 0)


def test_an_alpha_channel_that_hides_nothing_is_dropped() -> None:
    assert take_in(saved(two_halves().convert("RGBA"), "PNG")).media_type == "image/jpeg"


def held(upright: Image.Image, orientation: int) -> Image.Image:
    """What a camera held that way would have stored."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    return upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_applied_to_the_pixels(orientation: int) -> None:
    upright = two_halves()
    stored = held(upright, orientation)
    prepared = take_in(saved(stored, "JPEG", quality=95, exif=exif_with_place(orientation)))
    image = opened(prepared.content)
    assert image.size == (prepared.width, prepared.height) == (60, 40)
    assert near(image, (10, 20), RED)
    assert near(image, (50, 20), BLUE)


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "AVIF"])
def test_the_orientation_of_other_formats_is_applied_too(kind: str) -> None:
    stored = two_halves().transpose(Image.Transpose.ROTATE_90)
    image = opened(take_in(saved(stored, kind, exif=exif_with_place(6))).content)
    assert image.size == (60, 40)
    assert near(image, (10, 20), RED)


def test_a_large_picture_is_made_smaller_in_proportion() -> None:
    prepared = take_in(saved(Image.new("RGB", (4096, 1024), RED), "JPEG"))
    preview = prepared.previews[0]
    assert (prepared.width, prepared.height) == (2048, 512)
    assert (preview.width, preview.height, preview.media_type) == (640, 160, "image/webp")
    assert opened(preview.content).size == (640, 160)


def test_a_small_picture_is_never_enlarged() -> None:
    prepared = take_in(saved(Image.new("RGB", (3, 2), RED), "PNG"))
    sizes = [(prepared.width, prepared.height), *((v.width, v.height) for v in prepared.previews)]
    assert sizes == [(3, 2), (3, 2)]


def test_a_very_thin_picture_keeps_one_pixel() -> None:
    prepared = take_in(saved(Image.new("RGB", (8192, 1), RED), "PNG"))
    assert (prepared.width, prepared.height, prepared.previews[0].height) == (2048, 1, 1)


@pytest.mark.parametrize(
    ("mode", "colour", "kind", "expected"),
    [
        ("L", 128, "PNG", (128, 128, 128)),
        ("1", 1, "PNG", (255, 255, 255)),
        ("I;16", 32768, "PNG", (128, 128, 128)),
        ("L", 128, "JPEG", (128, 128, 128)),
        ("CMYK", (0, 255, 255, 0), "JPEG", (254, 0, 0)),
    ],
)
def test_every_mode_of_a_picture_keeps_its_look(
    mode: str, colour: Any, kind: str, expected: tuple[int, int, int]
) -> None:
    prepared = take_in(saved(Image.new(mode, (32, 32), colour), kind))
    assert near(opened(prepared.content), (16, 16), expected)


def test_a_colour_profile_is_applied_before_it_is_dropped() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    at = lab.index(b"rXYZ", 128)  # exchange the red and the blue primaries in the table of tags
    blue_at = lab.index(b"bXYZ", 128)
    swapped = bytearray(lab)
    swapped[at : at + 4], swapped[blue_at : blue_at + 4] = b"bXYZ", b"rXYZ"
    raw = saved(Image.new("RGB", (32, 32), (255, 0, 0)), "PNG", icc_profile=bytes(swapped))
    assert near(opened(take_in(raw).content), (16, 16), (0, 0, 255))


def test_a_broken_colour_profile_does_not_spoil_the_picture() -> None:
    raw = saved(two_halves(), "JPEG", icc_profile=b"SECRET-not a profile" * 20)
    assert near(opened(take_in(raw).content), (10, 20), RED)


def test_digests_belong_to_the_bytes() -> None:
    prepared = take_in(loaded_jpeg())
    pairs = [
        (prepared.content, prepared.sha256),
        *((v.content, v.sha256) for v in prepared.previews),
    ]
    assert [hashlib.sha256(content).hexdigest() for content, _ in pairs] == [
        digest for _, digest in pairs
    ]


def test_the_same_upload_gives_the_same_bytes() -> None:
    assert take_in(loaded_jpeg()) == take_in(loaded_jpeg())


def test_a_heavy_see_through_picture_is_kept_within_bounds() -> None:
    noise = Image.effect_noise((1400, 1400), 100)
    raw = saved(Image.merge("RGBA", (noise, noise.rotate(90), noise.rotate(180), noise)), "PNG")
    assert len(take_in(raw).content) <= 4 * 1024 * 1024


@pytest.mark.parametrize("size", [(8193, 1), (1, 8193), (8000, 5001)])
def test_one_pixel_too_many_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(TooLarge) as refused:
        take_in(saved(Image.new("1", size), "PNG"))
    assert refused.value.message_key == "media.too_many_pixels"
    assert refused.value.values == {"side": 8192, "megapixels": 40}


@pytest.mark.parametrize(
    ("size", "mode"),
    [
        ((8192, 4), "RGB"),
        ((5000, 8000), "L"),
        pytest.param((8000, 5000), "RGBA", marks=pytest.mark.thorough),
    ],
)
def test_the_largest_pictures_allowed_are_taken(size: tuple[int, int], mode: str) -> None:
    prepared = take_in(saved(Image.new(mode, size), "PNG", compress_level=1))
    assert max(prepared.width, prepared.height) == 2048


def test_eight_mebibytes_are_taken_and_one_byte_more_is_not() -> None:
    raw = loaded_jpeg()
    full = raw + bytes(8 * 1024 * 1024 - len(raw))
    assert take_in(full).width == 60
    with pytest.raises(TooLarge) as refused:
        take_in(full + b"\x00")
    assert (refused.value.message_key, refused.value.values) == ("media.too_large", {"limit": 8})


def test_an_empty_file_is_not_a_picture() -> None:
    with pytest.raises(UnsupportedMediaType) as refused:
        take_in(b"")
    assert refused.value.message_key == "media.not_an_image"


async def test_several_uploads_at_once_do_not_mix() -> None:
    raws = [saved(Image.new("RGB", (20 + n, 10), RED), "PNG") for n in range(6)]
    found = await asyncio.gather(*(prepare(raw) for raw in raws))
    assert [prepared.width for prepared in found] == [20, 21, 22, 23, 24, 25]


async def test_the_event_loop_goes_on_while_a_picture_is_decoded() -> None:
    work = asyncio.ensure_future(prepare(loaded_jpeg()))
    turns = 0
    while not work.done():
        turns += 1
        await asyncio.sleep(0)
    assert isinstance(work.result(), Prepared)
    assert turns > 100


async def test_a_refusal_reaches_the_one_who_waits() -> None:
    with pytest.raises(Invalid):
        await prepare(b"\xff\xd8\xff nothing more")


def test_a_picture_of_pure_noise_is_taken() -> None:
    noise = Image.effect_noise((1200, 1200), 120).convert("L")
    picture = Image.merge("RGB", (noise, noise.rotate(90), noise.rotate(180)))
    made = take_in(saved(picture, "PNG"))
    assert (made.media_type, made.width, made.height) == ("image/jpeg", 1200, 1200)


@pytest.mark.parametrize(
    ("size", "shape", "expected"),
    [
        ((60, 40), Shape(1, 1), (10, 0, 50, 40)),
        ((60, 40), Shape(1, 1, (1, 0)), (20, 0, 60, 40)),
        ((60, 40), Shape(1, 1, (-1, 1)), (0, 0, 40, 40)),
        ((60, 40), Shape(3, 1, (0, 1)), (0, 0, 60, 20)),
        ((60, 40), Shape(3, 1, (0, -1)), (0, 20, 60, 40)),
        ((60, 40), Shape(3, 1, (0, 0.25)), (0, 5, 60, 25)),
        ((1, 1), Shape(3, 1), (0, 0, 1, 1)),
        ((1, 2000), Shape(3, 1), (0, 1000, 1, 1001)),
    ],
)
def test_a_part_is_cut_as_near_to_the_point_as_it_can_be(
    size: tuple[int, int], shape: Shape, expected: tuple[int, int, int, int]
) -> None:
    assert box_of(size, shape) == expected


@given(
    width=st.integers(1, 9000), height=st.integers(1, 9000), wide=st.integers(1, 5), high=st.integers(1, 5),
    right=st.floats(-1, 1), up=st.floats(-1, 1),
)  # fmt: skip
def test_what_is_cut_lies_within_the_picture(
    width: int, height: int, wide: int, high: int, right: float, up: float
) -> None:
    left, top, end, bottom = box_of((width, height), Shape(wide, high, (right, up)))
    assert 0 <= left < end <= width
    assert 0 <= top < bottom <= height


@pytest.mark.parametrize("orientation", [1, 6, 7])
def test_the_upright_picture_is_cut_whichever_way_the_camera_was_held(orientation: int) -> None:
    """Red on the left, blue on the right, as people see it."""
    stored = held(two_halves(), orientation)
    raw = saved(stored, "JPEG", quality=95, exif=exif_with_place(orientation))
    for right, colour in ((-1.0, RED), (1.0, BLUE)):
        prepared = take_in(raw, shape=Shape(1, 1, (right, 0.0)))
        assert (prepared.width, prepared.height) == (40, 40)
        corner = (2, 20) if right < 0 else (37, 20)
        assert near(opened(prepared.content), corner, colour)
    small = opened(take_in(raw, shape=Shape(3, 1)).previews[0].content)
    assert small.size == (60, 20)
