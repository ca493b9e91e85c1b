"""The bytes of a ZIP file in, its members' bytes out, never more of them than a limit: .docx documents and archives of articles.

What a member says of its size is not believed beyond what really comes out, and the directory is measured before it is read.
"""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from zipfile import BadZipFile, LargeZipFile, ZipFile, ZipInfo

from retrieval.errors import PageRefused

MOST_DIRECTORY = 4 * 1024 * 1024
"""Bytes of a ZIP file's directory; each member takes about a hundred, and each costs memory before anything is known of it."""

_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x07"


def opened(data: bytes, what: str = "ZIP archive") -> ZipFile:
    """The archive that *data* is, its directory read, nothing unpacked; *what* a person calls it.

    Raises PageRefused where it is none or too large a one.
    """
    place = data.rfind(_END, max(0, len(data) - 66_000))
    if place < 0 or place + 22 > len(data):
        raise PageRefused(f"text damaged: the {what} has no end, as after a broken download; get it again")
    (directory,) = struct.unpack_from("<L", data, place + 12)
    if directory > MOST_DIRECTORY or data[max(0, place - 20) : place].startswith(_END_64):
        raise PageRefused(f"too large: the {what} has too many members; split it")
    try:
        return ZipFile(BytesIO(data))
    except (BadZipFile, LargeZipFile, ValueError, OSError, struct.error, NotImplementedError, EOFError) as error:
        raise PageRefused(f"text damaged: the {what} cannot be opened ({error}); get it again") from error


def unpacked(archive: ZipFile, member: ZipInfo, most: int) -> bytes:
    """The bytes of *member*, at most *most* of them. Raises PageRefused for more, for a password, for damage."""
    if member.flag_bits & 0x1:
        raise PageRefused("not text: it is locked with a password; unpack it and add the file itself")
    if member.file_size > most:
        raise PageRefused(f"too large: {member.file_size / 1024 / 1024:.1f} MiB unpacked, at most {most / 1024 / 1024:.1f} are read")
    try:
        with archive.open(member) as packed:
            data = packed.read(most + 1)
    except (BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, struct.error, zlib.error) as error:
        raise PageRefused(f"text damaged: it cannot be unpacked ({error}); pack it again") from error
    if len(data) > most:
        raise PageRefused(f"too large: more than {most / 1024 / 1024:.1f} MiB unpacked")
    return data
