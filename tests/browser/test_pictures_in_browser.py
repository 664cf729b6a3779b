"""Pictures into the form in which members write: chosen, dropped, pasted; also while the line is slow, also without scripts."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.browser.house import neighbourhood
from tests.browser.test_writing_in_browser import at_the_table, texts, words_on_their_way

pytestmark = pytest.mark.browser


def a_picture(colour: str = "teal") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(written, "png")
    return written.getvalue()


def a_file(folder: Path, name: str, content: bytes) -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


async def drop(tab: Any, selector: str, *files: Path) -> None:
    """Let go of files from the desktop over a part of the page, as the browser hears it from the system."""
    box = await tab.locator(selector).first.bounding_box()
    where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + min(box["height"], 40) / 2}
    wire = await tab.context.new_cdp_session(tab)
    data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        await wire.send("Input.dispatchDragEvent", {"type": kind, **where, "data": data})


async def copy_and_paste(tab: Any, into: str, types: dict[str, bytes]) -> None:
    """Put something on the clipboard of the machine and press the keys that paste it."""
    await tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await tab.focus(into)
    await tab.evaluate(
        """async (types) => {
          const blobs = {};
          for (const [type, text] of Object.entries(types))
            blobs[type] = new Blob([Uint8Array.from(atob(text), (each) => each.charCodeAt(0))], { type });
          await navigator.clipboard.write([new ClipboardItem(blobs)]);
        }""",
        {name: base64.b64encode(content).decode() for name, content in types.items()},
    )
    await tab.keyboard.press("ControlOrMeta+v")


async def shown(tab: Any, count: int) -> None:
    """So many pictures stand in the form, really delivered."""
    await tab.wait_for_function(
        "(n) => document.querySelectorAll('.kept-picture img').length === n", arg=count
    )
    for each in await tab.locator(".kept-picture img").all():
        await each.scroll_into_view_if_needed()
    await tab.wait_for_function(
        "() => [...document.querySelectorAll('.kept-picture img')].every((each) => each.naturalWidth > 0)"
    )


async def test_files_dropped_on_the_form_are_kept_with_the_words(tmp_path: Path) -> None:
    async with neighbourhood("agora.test") as near:
        tab = await at_the_table(near, "note")
        await tab.fill("[name='text.ar']", "صورتان")
        one, two = (
            a_file(tmp_path, "one.png", a_picture()),
            a_file(tmp_path, "two.png", a_picture("olive")),
        )
        await drop(tab, "[name='text.ar']", one, two)
        await shown(tab, 2)
        assert await tab.input_value("[name='text.ar']") == "صورتان"
        assert await texts(near) == ["صورتان"]
        assert near.complaints == []


@pytest.mark.thorough
async def test_what_is_no_picture_or_misses_the_form_leads_nowhere_and_loses_nothing(
    tmp_path: Path,
) -> None:
    async with neighbourhood("agora.test") as near:
        tab = await at_the_table(near, "note")
        await tab.fill("[name='text.ar']", "كلمات")
        page = a_file(tmp_path, "page.html", b"<title>elsewhere</title>")
        await drop(tab, "[name='text.ar']", page)
        await tab.wait_for_selector("#saved:has-text('Only pictures')")
        await drop(tab, "header", a_file(tmp_path, "one.png", a_picture()))
        await shown(tab, 1)
        assert await tab.input_value("[name='text.ar']") == "كلمات"


@pytest.mark.thorough
async def test_a_picture_from_the_clipboard_is_kept() -> None:
    async with neighbourhood("agora.test") as near:
        tab = await at_the_table(near, "note")
        await tab.fill("[name='text.ar']", "لقطة")
        await copy_and_paste(tab, "[name='text.ar']", {"image/png": a_picture()})
        await shown(tab, 1)
        assert await tab.input_value("[name='text.ar']") == "لقطة"
        assert near.complaints == []


@pytest.mark.thorough
async def test_words_copied_with_a_picture_of_themselves_are_pasted_as_words() -> None:
    """Spreadsheets and word processors put both on the clipboard."""
    async with neighbourhood("agora.test") as near:
        tab = await at_the_table(near, "note")
        types = {"image/png": a_picture(), "text/plain": b"Bread 12"}
        await copy_and_paste(tab, "[name='text.ar']", types)
        await tab.wait_for_function(
            "() => document.querySelector(\"[name='text.ar']\").value === 'Bread 12'"
        )
        assert await tab.locator(".kept-picture").count() == 0


@pytest.mark.thorough
async def test_a_picture_dropped_while_words_are_on_their_way_waits_for_them(
    tmp_path: Path,
) -> None:
    async with neighbourhood("agora.test") as near:
        tab = await at_the_table(near, "note", worker=False)
        released = await words_on_their_way(tab, "قبل")
        await drop(tab, "[name='text.ar']", a_file(tmp_path, "one.png", a_picture()))
        released.set()
        await shown(tab, 1)
        assert await texts(near) == ["قبل"]


@pytest.mark.thorough
async def test_a_picture_chosen_before_is_not_lost_by_dropping_another(tmp_path: Path) -> None:
    async with neighbourhood("agora.test") as near:
        tab = await at_the_table(near, "note")
        await tab.fill("[name='text.ar']", "كلمات")
        await tab.set_input_files("#f-upload", a_file(tmp_path, "one.png", a_picture()))
        await drop(tab, "[name='text.ar']", a_file(tmp_path, "two.png", a_picture("olive")))
        await shown(tab, 2)


@pytest.mark.thorough
async def test_without_scripts_a_picture_is_chosen_and_sent_with_a_button(tmp_path: Path) -> None:
    async with neighbourhood("agora.test") as near:
        tab = await at_the_table(near, "note", scripts=False)
        await tab.fill("[name='text.ar']", "بلا برامج")
        await tab.set_input_files("#f-upload", a_file(tmp_path, "one.png", a_picture()))
        await tab.click("button[value=upload]")
        await tab.wait_for_selector(".kept-picture img")
        assert await tab.locator(".kept-picture").count() == 1
        assert await texts(near) == ["بلا برامج"]
