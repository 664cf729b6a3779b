"""The decoder, alone in a short-lived process: an upload enters on stdin, clean pictures leave on stdout.

Started by `intake` as `python -m fedi.media.child`. It limits itself (memory, time, files) before it looks at one
byte, imports the decoders and nothing else of the house, and whatever goes wrong ends as one answer or a death.
Answer: four bytes of length (big-endian), a JSON header, then the bytes of each picture that the header announces.
"""

import io
import json
import os
import resource
import struct
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from PIL import AvifImagePlugin, Image, ImageCms, ImageFile, WebPImagePlugin

from fedi.media import blurhash
from fedi.media.shape import Shape, box_of, shape_of

UPLOAD_BYTES_MAX: Final = 8 * 1024 * 1024
SIDE_MAX: Final = 8192
MEMORY_BYTES: Final = 256 * 1024 * 1024
CPU_S: Final = 5
FULL_SIDE: Final = 2048
PREVIEW_SIDE: Final = 640
PNG_BYTES_MAX: Final = 4 * 1024 * 1024
COEFFICIENT_BYTES_MAX: Final = 160 * 1024 * 1024
STRIP_ROWS: Final = 256
_MEGA: Final = 1_000_000
# WebP and AVIF decoders hold several full frames at once; more pixels than this would not fit into the memory limit.
PIXELS_MAX: Final = {
    "JPEG": 40 * _MEGA,
    "PNG": 40 * _MEGA,
    "GIF": 40 * _MEGA,
    "WEBP": 12 * _MEGA,
    "AVIF": 16 * _MEGA,
}
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Refused(Exception):
    """The upload is refused; `key` is the message for the person, `values` fill its blanks."""

    def __init__(self, key: str, **values: int) -> None:
        self.key = key
        self.values = values
        super().__init__(key)


def sniff(raw: bytes) -> str | None:
    """The format that the first bytes claim, as Pillow names it, or None: JPEG, PNG, GIF, WEBP, AVIF and no other."""
    if raw.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if raw.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return "WEBP"
    if raw[4:8] == b"ftyp":
        brands = raw[8 : min(int.from_bytes(raw[:4], "big"), 128)]
        if any(brands[at : at + 4] in (b"avif", b"avis") for at in range(0, len(brands), 4)):
            return "AVIF"
    return None


def limit_self() -> None:
    """Give up what decoding does not need. Memory is counted from what the interpreter and the decoders already map."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    with suppress(
        OSError
    ):  # when the machine runs out of memory, this process goes first and the server stays
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    memory = pages * resource.getpagesize() + MEMORY_BYTES
    for which, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (limit, limit))
    resource.setrlimit(
        resource.RLIMIT_CPU, (CPU_S, CPU_S + 1)
    )  # the softer one tells the parent why
    os.umask(0o077)


def convert(raw: bytes, shape: Shape | None = None) -> tuple[dict[str, Any], list[bytes]]:
    """Decode `raw` and write it anew: the header of the answer and the bytes it announces. Raises Refused."""
    decoded, is_lossless = _decode(raw)
    if shape is not None:
        decoded = decoded.crop(box_of(decoded.size, shape))
    media_type, content, full = _written(decoded, is_lossless)
    preview = _fitted(full, PREVIEW_SIDE)
    parts = [content, _saved(preview, "WEBP", quality=75, method=4)]
    types = (media_type, "image/webp")
    pictures = [
        {"type": kind, "width": picture.width, "height": picture.height, "bytes": len(part)}
        for kind, picture, part in zip(types, (full, preview), parts, strict=True)
    ]
    return {"pictures": pictures, "blurhash": _blurhash(preview)}, parts


def _decode(raw: bytes) -> tuple[Image.Image, bool]:
    """The picture upright, bare, in sRGB, at most 2048 pixels long; and whether its format keeps every pixel."""
    image = _opened(raw)
    is_lossless = image.format in ("PNG", "GIF")
    profile = image.info.get("icc_profile")
    turn = _TURNS.get(_orientation(image))
    reduced = _reduced(image, FULL_SIDE)
    del image  # the largest piece of memory; what follows needs some
    small = _in_srgb(_fitted(reduced, FULL_SIDE), profile)
    return _bare(small if turn is None else small.transpose(turn)), is_lossless


def _opened(raw: bytes) -> Image.Image:
    kind = sniff(raw)
    if kind is None:
        raise Refused("media.not_an_image")
    image = Image.open(io.BytesIO(raw), formats=(kind,))
    _check_size(image, kind)
    if kind == "JPEG":  # the decoder itself can halve, which saves most of the memory
        if _coefficient_bytes(image) > COEFFICIENT_BYTES_MAX:
            raise Refused("media.too_heavy")
        image.draft(None, _fit(image.width, image.height, FULL_SIDE))
    image.load()
    _check_size(image, kind)
    return image


def _check_size(image: Image.Image, kind: str) -> None:
    pixels = PIXELS_MAX[kind]
    if max(image.size) > SIDE_MAX or image.width * image.height > pixels:
        raise Refused("media.too_many_pixels", side=SIDE_MAX, megapixels=pixels // _MEGA)


def _coefficient_bytes(image: Image.Image) -> int:
    """What the decoder of a progressive JPEG keeps until the end: two bytes per sample of every component."""
    if "progressive" not in image.info:
        return 0
    layers: list[tuple[int, int, int, int]] = getattr(image, "layer", [])
    samples = [across * down for _, across, down, _ in layers]
    return image.width * image.height * 2 * sum(samples) // max(samples, default=1)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # noqa: BLE001 - the EXIF parser raises whatever it likes; without it the picture is still good
        return 1


def _fit(width: int, height: int, side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _fitted(image: Image.Image, side: int) -> Image.Image:
    size = _fit(image.width, image.height, side)
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)


def _reduced(image: Image.Image, side: int) -> Image.Image:
    """At most three times `side` long, in a plain mode. Strip by strip, so that no second full-size copy exists."""
    factor = max(1, int(max(image.size) / side / 1.5))
    width, height = -(-image.width // factor), -(-image.height // factor)
    rows = STRIP_ROWS * factor
    made: Image.Image | None = None
    for top in range(0, image.height, rows):
        strip = _plain(image.crop((0, top, image.width, min(image.height, top + rows)))).reduce(
            factor
        )
        made = made or Image.new(strip.mode, (width, height))
        made.paste(strip, (0, top // factor))
    assert made is not None
    return made


def _plain(strip: Image.Image) -> Image.Image:
    """One of L, RGB, RGBA, CMYK."""
    if strip.mode.startswith("I;16"):
        return (
            strip.point(lambda value: value / 256, "L")
            if strip.mode == "I;16"
            else strip.convert("L")
        )
    if strip.mode in ("L", "RGB") and "transparency" not in strip.info:
        return strip
    if strip.mode in ("RGBA", "CMYK"):
        return strip
    if strip.mode in ("LA", "La", "PA") or "transparency" in strip.info:
        return strip.convert("RGBA")
    return strip.convert("L" if strip.mode == "1" else "RGB")


def _in_srgb(image: Image.Image, profile: object) -> Image.Image:
    """RGB or RGBA in sRGB. A colour profile is applied, then gone: it can name a device and its owner (S77)."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colours = image.convert("RGB") if alpha is not None else image
    colours = _profiled(colours, profile) if isinstance(profile, bytes) and profile else colours
    colours = colours if colours.mode == "RGB" else colours.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        colours.putalpha(alpha)
    return colours


def _profiled(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        made = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image  # a broken profile, or one for another kind of colours: the plain values are the best guess
    return image if made is None else made


def _bare(image: Image.Image) -> Image.Image:
    """The pixels and nothing else: encoders copy comments and profiles from `info` of the picture they are given.

    What was erased to full transparency keeps its colours in many files; they go too.
    """
    bare = Image.new(image.mode, image.size)
    seen = None if image.mode == "RGB" else image.getchannel("A").point([0] + [255] * 255)
    bare.paste(image, mask=seen)
    return bare


def _written(image: Image.Image, is_lossless: bool) -> tuple[str, bytes, Image.Image]:
    """JPEG for what is opaque, since every reader of events and every link preview knows it; PNG for what is not."""
    if image.mode == "RGB":
        sampling = (
            "4:4:4" if is_lossless else "4:2:0"
        )  # posters with coloured letters arrive as PNG
        content = _saved(
            image, "JPEG", quality=82, progressive=True, optimize=True, subsampling=sampling
        )
        return "image/jpeg", content, image
    content = _saved(image, "PNG", compress_level=6)
    while len(content) > PNG_BYTES_MAX and max(image.size) > PREVIEW_SIDE:
        image = _fitted(image, max(image.size) // 2)
        content = _saved(image, "PNG", compress_level=6)
    return "image/png", content, image


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    written = io.BytesIO()
    # a progressive JPEG is written in one piece: its buffer must hold even pure noise
    ImageFile.MAXBLOCK = max(ImageFile.MAXBLOCK, 4 * image.width * image.height)
    image.save(written, kind, **options)
    return written.getvalue()


def _blurhash(image: Image.Image) -> str:
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image)
        image = white
    tiny = image.convert("RGB").resize((32, 32), Image.Resampling.BOX)
    columns, rows = (4, 3) if image.width >= image.height else (3, 4)
    return blurhash.encode(tiny.tobytes(), 32, 32, columns, rows)


def answer(raw: bytes, shape: Shape | None = None) -> tuple[dict[str, Any], list[bytes]]:
    """`convert`, with every failure turned into a header that names its message."""
    try:
        return convert(raw, shape)
    except Refused as refused:
        return {"refused": refused.key, "values": refused.values}, []
    except (MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return {"refused": "media.too_heavy", "values": {}}, []
    except Exception:  # noqa: BLE001 - the edge of a process: decoders raise anything on damaged input
        return {"refused": "media.damaged", "values": {}}, []


def main() -> None:
    """Read the upload, answer, end."""
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = (
        None  # our own check names the limit, and comes before any pixel is decoded
    )
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a thread's stack counts against the memory limit
    Image.preinit()  # GIF, JPEG, PNG; a decoder imported later would meet the limits
    assert WebPImagePlugin.SUPPORTED
    assert AvifImagePlugin.SUPPORTED
    limit_self()
    shape = shape_of(sys.argv[1]) if len(sys.argv) > 1 else None
    header, parts = answer(sys.stdin.buffer.read(UPLOAD_BYTES_MAX + 1), shape)
    text = json.dumps(header).encode()
    out = sys.stdout.buffer
    out.write(struct.pack(">I", len(text)))
    out.write(text)
    for part in parts:
        out.write(part)
    out.flush()


if __name__ == "__main__":
    main()
