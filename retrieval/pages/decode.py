"""A page's bytes in, its text and the name of its encoding out, or a refusal that says what the bytes are.

The order is: what the bytes are not (a picture, an office file), the byte order mark, UTF-8, then a trial of the encodings
that Chinese pages are found in. What a page says of its own encoding is not asked: it is wrong often enough (an old page
that says utf-8 and is GB18030), and a trial settles it.
"""

from __future__ import annotations

import codecs
import re

from retrieval.errors import PageRefused
from retrieval.pages.common import COMMON

MAX_BYTES = 16 * 1024 * 1024
"""A page of more bytes is refused: 16 MiB hold five million Chinese characters, more than any article."""

_SIGNATURES = (
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a RIFF file (picture, sound or film)"),
    (b"%PDF-", "a PDF document; give it a name that ends with .pdf"),
    (b"PK\x03\x04", "a ZIP archive or an office document; a Word document's name must end with .docx, other kinds (.xlsx, .odt) save as text first; `wenda add FILE.zip` takes an archive's articles in"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old office document (.doc, .xls); save its text as .txt, .md or .html first"),
    (b"{\\rtf", "an RTF document; save its text as .txt, .md or .html first"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"\xfd7zXZ\x00", "an xz archive; only .jsonl.xz is read packed"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"BZh9", "a bzip2 archive; unpack it first"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"ID3", "an MP3 recording"),
    (b"OggS", "an Ogg recording"),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_TRIAL = ("gb18030", "big5hkscs", "cp950", "utf-16-le", "utf-16-be")
_NAMES = {"big5hkscs": "big5", "cp950": "big5"}
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_SAMPLE = 200_000  # characters that a judgement on a text looks at


def decode(data: bytes) -> tuple[str, str]:
    """The text of *data* and the encoding it was read by. Raises PageRefused for what is no text, or no readable one."""
    if len(data) > MAX_BYTES:
        raise PageRefused(f"too large: {len(data) / 1024 / 1024:.1f} MiB, a page may have {MAX_BYTES // 1024 // 1024}; split it, or import it as JSON lines")
    if not data.strip():
        raise PageRefused("empty file")
    for start, kind in _SIGNATURES:
        if data.startswith(start):
            raise PageRefused(f"not text: {kind}")
    text, encoding = _read(data)
    judge(text)
    return text, encoding


def _read(data: bytes) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace"), encoding
    if 0 in data:
        return _wide(data)
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    text = data.decode("utf-8", "replace")
    # A few broken bytes (a page cut inside a character, a bad widget) do not make it another encoding.
    if text.count("\ufffd") * 50 <= len(_HAN.findall(text)):
        return text, "utf-8"
    return _best(data, _TRIAL)


def _wide(data: bytes) -> tuple[str, str]:
    """UTF-16 without its mark: Chinese and line ends in it give zero bytes on one side of the pairs only."""
    even, odd = data[0:_SAMPLE:2].count(0), data[1:_SAMPLE:2].count(0)
    for here, there, encoding in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if here > 10 * there:
            text = data.decode(encoding, "replace")
            if text.count("\ufffd") * 50 <= len(text) and _plain(text) > 0.9:
                return text, encoding
    raise PageRefused("not text: it holds zero bytes")


def _best(data: bytes, encodings: tuple[str, ...]) -> tuple[str, str]:
    best, found = -1.0, ("", "")
    for encoding in encodings:
        text = data.decode(encoding, "replace")
        score = commonness(text) - 10 * text.count("\ufffd") / max(1, len(text))
        if score > best:
            best, found = score, (text, _NAMES.get(encoding, encoding))
    if best <= 0.02:
        raise PageRefused("text damaged: the bytes are readable in none of UTF-8, GB18030, Big5 and UTF-16")
    return found


def commonness(text: str) -> float:
    """The share of very common characters among the Han characters of *text*; Chinese has 0.35 to 0.6, nonsense under 0.1."""
    han = _HAN.findall(text[:_SAMPLE])
    return sum(c in COMMON for c in han) / len(han) if han else 0.0


def _plain(text: str) -> float:
    """The share of characters that a Chinese or English page may hold."""
    sample = text[:_SAMPLE]
    return sum(c < "\u0250" or "\u2000" <= c <= "\u33ff" or "\u4e00" <= c <= "\u9fff" or c >= "\uff00" for c in sample) / max(1, len(sample))


def judge(text: str) -> None:
    """Raises PageRefused for a text that is none, or damaged, by its characters."""
    sample = text[:_SAMPLE]
    if not sample.strip("\ufeff\u200b \r\n\t\u3000\xa0"):
        raise PageRefused("empty file: it holds nothing but white space")
    if len(_CONTROL.findall(sample)) > 0.05 * len(sample):
        raise PageRefused("not text: more than one character in twenty is a control character")
    solid = re.sub(r"\s+", "", sample)
    han = len(_HAN.findall(solid))
    lost = solid.count("\ufffd") + sum(len(run) for run in re.findall(r"\?{2,}", solid)) + 3 * solid.count("锟斤拷")
    private = sum("\ue000" <= c <= "\uf8ff" for c in solid)
    latin = sum("\u0080" <= c <= "\u024f" for c in solid)
    if lost > 0.15 * len(solid):
        raise PageRefused("text damaged: more than one character in seven is lost; save the page again")
    if private > 0.1 * len(solid):
        raise PageRefused("text damaged: it is in a font's private characters; save the page again")
    if latin > 0.3 * len(solid) and han < 0.1 * len(solid):
        raise PageRefused("text damaged: read with a wrong (Western) encoding and stored so; save the page again")
    if han >= 40 and commonness(solid) < 0.12:
        raise PageRefused("text damaged: its characters make no words, as after a wrong conversion; save the page again")
