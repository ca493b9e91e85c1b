"""Small documents for the tests: what stands on their pages in, the bytes of a .pdf, .docx or .zip file out."""

from __future__ import annotations

import zlib
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

Set = tuple[str, float, float, float]
"""A line of a page: its text, left edge, height above the foot, size of letters."""


def drawn(lines: list[Set]) -> bytes:
    """The stream that writes these lines."""
    return b"".join(f"BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm <{text.encode('utf-16-be').hex()}> Tj ET\n".encode() for text, x, y, size in lines)


def pdf(pages: list[bytes], resources: bytes = b"", objects: dict[int, bytes] | None = None) -> bytes:
    """A PDF of these page streams, in a Chinese font that is named and not embedded, as Adobe's old programs wrote them.

    *resources* are further ones of each page, *objects* further objects, by numbers from 100 on.
    """
    kids = b" ".join(b"%d 0 R" % (10 + 2 * i) for i in range(len(pages)))
    parts = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        3: b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UCS2-H /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>",
        4: b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /DW 1000 >>",
        **(objects or {}),
    }
    for i, stream in enumerate(pages):
        packed = zlib.compress(stream)
        parts[10 + 2 * i] = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> %s >> /Contents %d 0 R >>" % (resources, 11 + 2 * i)
        parts[11 + 2 * i] = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)
    out = BytesIO()
    out.write(b"%PDF-1.4\n")
    places = {}
    for number, part in sorted(parts.items()):
        places[number] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, part))
    start = out.tell()
    out.write(b"xref\n0 1\n0000000000 65535 f \n")
    for number, place in sorted(places.items()):
        out.write(b"%d 1\n%010d 00000 n \n" % (number, place))
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (max(parts) + 1, start))
    return out.getvalue()


WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
STYLES = (
    f'<w:styles {WORD}><w:style w:type="paragraph" w:styleId="a3"><w:name w:val="Title"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="2"><w:name w:val="heading 2"/></w:style></w:styles>'
)


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(inner: str, style: str = "") -> str:
    """A paragraph of runs; of plain text where it begins with no tag."""
    inner = inner if inner.startswith("<") else run(inner)
    return f'<w:p>{f"<w:pPr><w:pStyle w:val={chr(34)}{style}{chr(34)}/></w:pPr>" if style else ""}{inner}</w:p>'


def docx(body: str, **parts: bytes) -> bytes:
    """A Word document with this body, and *parts* (`media` for word/media) as further members."""
    document = f'<?xml version="1.0" encoding="UTF-8"?><w:document {WORD}><w:body>{body}</w:body></w:document>'
    return zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": document.encode(), "word/styles.xml": STYLES.encode(), **{f"word/{n}": d for n, d in parts.items()}})


def zipped(members: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()
