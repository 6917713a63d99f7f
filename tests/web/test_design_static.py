"""What the browser is given: strict policy, no stale module, contrast in both themes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

import tradewind.web
from tradewind.web.parts.words import group_words, key_words

WEB = Path(tradewind.web.__file__).parent
STATIC = WEB / "static/tradewind"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
HASHED = {"staticfiles": {"BACKEND": "tradewind.web.parts.storage.HashedStaticStorage"}}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_needs_inline_style_or_script(template: Path) -> None:
    text = template.read_text()
    scripts = re.findall(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))[^>]*>", text)
    assert not scripts
    assert not re.search(r"<style|\sstyle=|\son\w+=|hx-on|javascript:", text)


def test_every_static_file_a_template_names_is_there() -> None:
    named = {
        name
        for template in TEMPLATES
        for name in re.findall(r"{% static '(tradewind/[^']+)'", template.read_text())
    }
    assert named
    assert not [name for name in named if not (WEB / "static" / name).is_file()]


def test_modules_import_one_another_by_hashed_names(tmp_path: Path) -> None:
    with override_settings(STATIC_ROOT=str(tmp_path), STORAGES=HASHED):
        call_command("collectstatic", interactive=False, verbosity=0)
    manifest = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    desk = (tmp_path / manifest["tradewind/js/desk.js"]).read_text()
    imported = re.findall(r'import\s*(?:[^"]*from\s*)?"\./([^"]+)"', desk)
    assert len(imported) > 10
    assert all(f"tradewind/js/{name}" in manifest.values() for name in imported)


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6});", block))


def themes() -> dict[str, dict[str, str]]:
    css = (STATIC / "css/tokens.css").read_text()
    light = tokens(css[css.index(":root {") : css.index("@media screen and")])
    dark = tokens(css[css.index(':root[data-theme="dark"]') :])
    system = tokens(css[css.index("@media screen and") : css.index(':root[data-theme="dark"]')])
    assert dark == system
    return {"light": light, "dark": light | dark}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


GROUNDS = ("canvas", "surface", "raised", "hover", "selected", "sunken")
TEXT_PAIRS = [
    *((ink, ground) for ink in ("text", "text-2") for ground in GROUNDS),
    *(("text-3", ground) for ground in ("canvas", "surface", "raised", "hover")),
    *((f"{c}-text", f"{c}-soft") for c in ("accent", "amber", "red", "green")),
    *((f"{c}-text", "surface") for c in ("accent", "amber", "red", "green")),
    *(("text", ground) for ground in ("ours", "theirs", "note")),
    ("on-solid", "accent"), ("on-solid", "red"), ("on-amber", "amber"), ("on-green", "green"),
]  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_meets_aa_in_both_themes(theme: str) -> None:
    colours = themes()[theme]
    weak = {
        (ink, ground): round(contrast(colours[ink], colours[ground]), 2)
        for ink, ground in TEXT_PAIRS
        if contrast(colours[ink], colours[ground]) < 4.5
    }
    assert not weak


def test_no_part_uses_a_raw_colour() -> None:
    free = {"tokens.css", "print.css"}  # tokens are the place; paper is white
    raw = {
        sheet.name: found
        for sheet in (STATIC / "css").glob("*.css")
        if sheet.name not in free
        and (found := re.findall(r"#[0-9A-Fa-f]{3,8}\b(?!\w)", sheet.read_text()))
    }
    # A QR code and a mail are dark on white in every theme.
    assert set(raw) <= {"second_step.css", "log.css"}


def test_every_deed_of_the_keymap_has_words() -> None:
    keymap = (STATIC / "js/keymap.js").read_text()
    deeds = set(re.findall(r'deed: "([\w-]+)"', keymap))
    assert deeds == set(key_words())
    assert set(re.findall(r'group: "(\w+)"', keymap)) == set(group_words())


def test_no_two_deeds_share_a_key() -> None:
    keys = re.findall(r'keys: "([^"]+)"', (STATIC / "js/keymap.js").read_text())
    assert len(keys) == len(set(keys))
