"""Draws the glyphs that pictures are labelled with, for `bot/data/labels.npz`: `PYTHONPATH=. python tests/bot/glyphs.py`.

Needs Pillow and Noto Sans CJK (SIL Open Font License 1.1, which goes with the glyphs as `bot/data/labels.txt`). A
picture needs the few words of its labels, so a machine without a Chinese font can draw it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bot.pictures import LABELS, LARGE, MARGIN, MIDDLE, SMALL, characters

FONTS = Path("/usr/share/fonts/opentype/noto")
SIMPLIFIED = 2
"""The face for Simplified Chinese in Noto's collection."""

WEIGHTS = {SMALL: "Regular", MIDDLE: "Regular", LARGE: "Bold"}


def drawn(size: int) -> tuple[np.ndarray, np.ndarray]:
    """All glyphs of one size side by side, as coverage from 0 to 255, and where each begins."""
    font = ImageFont.truetype(str(FONTS / f"NotoSansCJK-{WEIGHTS[size]}.ttc"), size, index=SIMPLIFIED)
    widths = [round(font.getlength(character)) + 2 * MARGIN for character in characters()]
    starts = np.cumsum([0, *widths])
    sheet = Image.new("L", (int(starts[-1]), round(size * 1.5)))
    for character, at in zip(characters(), starts, strict=False):
        ImageDraw.Draw(sheet).text((int(at) + MARGIN, round(size * 1.15)), character, font=font, fill=255, anchor="ls")
    return np.asarray(sheet), starts.astype(np.int32)


def main() -> None:
    sheets = {}
    for size in (SMALL, MIDDLE, LARGE):
        sheets[f"sheet{size}"], sheets[f"starts{size}"] = drawn(size)
    np.savez_compressed(LABELS, characters=np.array(list(characters())), **sheets)


if __name__ == "__main__":
    main()
