"""Word and PDF documents are read like pages; archives are read member by member; what cannot be read says what to do."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from documents import STYLES, WORD, docx, drawn, paragraph, pdf, run, zipped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval import corpus
from retrieval.pages import File, PageRefused, margin, opened, read, unread
from retrieval.pages import pdf as pdfs
from retrieval.pages.archive import Member, member_name, members
from retrieval.records import Article, Skipped

TODAY = date(2026, 11, 22)
TITLE = "溪口的水车又转了"
STATED = "2014年3月2日 08:00　来源：临川日报　作者：沈一苇"
FIRST = "溪口的水车停了三十年，今天早上又转了起来。修水车的是两位木匠，他们把轴心换成了铁的，叶片还是用老樟木做的，一共二十四片。"
SECOND = "村里的老人坐在桥头看了一上午。有人说，声音不如从前响，也有人说，是溪水小了，和水车没有关系，县里投了35.6万元。"
THIRD = "从明天起，水车每天转两个小时，带动一盘石磨，磨出来的米粉分给来看水车的人，一直到入冬为止。"
PAGE = "\n".join([TITLE, STATED, FIRST, SECOND, THIRD]).encode()


def word(*extra: str) -> bytes:
    return docx("".join([paragraph(TITLE, "a3"), paragraph(STATED), *map(paragraph, (FIRST, SECOND, THIRD)), *extra]))


def wrapped(text: str, width: int) -> list[str]:
    text = "　　" + text
    return [text[i : i + width] for i in range(0, len(text), width)]


def printed(width: int = 38, columns: tuple[int, ...] = (60,), lines: int = 4, paragraphs: tuple[str, ...] = (FIRST, SECOND, THIRD)) -> bytes:
    """A document as a printer would have it: title and date above, hard lines in columns, a header and a number on each page."""
    rest = [line for text in paragraphs for line in wrapped(text, width)]
    pages: list[bytes] = []
    while rest:
        set_lines = [("临川日报电子版", 60.0, 815.0, 9.0), (f"第 {len(pages) + 1} 页", 280.0, 30.0, 9.0)]
        if not pages:
            set_lines += [(TITLE, 200.0, 780.0, 20.0), (STATED, 180.0, 750.0, 10.0)]
        for x in columns:
            set_lines += [(line, float(x), 700.0 - 20 * i, 12.0) for i, line in enumerate(rest[:lines])]
            rest = rest[lines:]
        pages.append(drawn(set_lines))
    return pdf(pages)


def right(article: Article) -> None:
    assert (article.title, article.outlet, article.published, article.authors) == (TITLE, "临川日报", "2014-03-02", ("沈一苇",))
    assert article.body.split("\n") == [FIRST, SECOND, THIRD]


def test_a_word_document_is_read_as_a_page() -> None:
    """Title, outlet, date, people and body, each with its origin."""
    article = read(word(), "a.docx", TODAY)
    right(article)
    assert article.published_origin == "line 2: header, date with outlet"
    assert article.encoding is None


def test_what_a_writer_changed_and_hid_is_as_it_would_be_printed() -> None:
    """Inserted words, links and content controls are text; deleted and hidden words, codes and a drawing's older twin are none."""
    body = (
        paragraph(run("溪口的水车停了") + f'<w:ins w:id="1">{run("三十年")}</w:ins><w:del w:id="2"><w:r><w:delText>四十年</w:delText></w:r></w:del>' + run("，今天又转了。"))
        + f"<w:sdt><w:sdtContent>{paragraph('村里的老人看了一上午。')}</w:sdtContent></w:sdt>"
        + paragraph('<w:hyperlink w:anchor="x">' + run("链接里的字") + "</w:hyperlink>" + run("也是正文。"))
        + paragraph("<w:r><w:instrText> PAGE </w:instrText></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>隐藏</w:t></w:r>" + run("第一行，") + "<w:r><w:br/></w:r>" + run("接着第一行。"))
        + paragraph(f"<w:r><mc:AlternateContent><mc:Choice><w:t>画里的字</w:t></mc:Choice><mc:Fallback><w:t>画里的字</w:t></mc:Fallback></mc:AlternateContent></w:r>{run('只有一次。')}")
    )
    assert read(docx(body), "a.docx", TODAY).body.split("\n") == [
        "溪口的水车停了三十年，今天又转了。", "村里的老人看了一上午。", "链接里的字也是正文。", "第一行，", "接着第一行。", "画里的字只有一次。",
    ]  # fmt: skip


def test_a_table_of_a_document_is_read_by_rows() -> None:
    """Short cells are one line a row; what is long stays a paragraph. A table at the end belongs to the document."""
    rows = [["乡镇", "水车"], ["溪口镇", "24架"]]
    table = "<w:tbl>" + "".join("<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>" for row in rows) + "</w:tbl>"
    side_by_side = f"<w:tbl><w:tr><w:tc>{paragraph(FIRST)}</w:tc><w:tc>{paragraph(SECOND)}</w:tc></w:tr></w:tbl>"
    assert read(docx(paragraph(TITLE, "a3") + side_by_side + paragraph(THIRD) + table), "a.docx", TODAY).body.split("\n") == [FIRST, SECOND, THIRD, "乡镇 水车", "溪口镇 24架"]


def test_a_report_is_read_to_its_signature() -> None:
    """Numbered headings are no titles, rows of a table no writers; who signed and when stands below the text and dates it."""
    rows = "".join("<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>" for row in (["项目", "金额"], ["轴心", "2万"], ["叶片", "3万"]))
    parts = ["溪口水车报告", "2014年第3期", "一、概况", FIRST, "二、经费", SECOND]
    article = read(docx("".join(map(paragraph, parts)) + f"<w:tbl>{rows}</w:tbl>" + paragraph("溪口镇政府") + paragraph("2014年5月6日")), "a.docx", TODAY)
    assert (article.title, article.published, article.published_origin, article.authors) == ("溪口水车报告", "2014-05-06", "line 11: foot, date alone", ())
    assert article.body.split("\n") == [*parts[2:], "项目 金额", "轴心 2万", "叶片 3万"]


def test_a_document_without_a_date_in_its_text_has_none() -> None:
    """When a file was saved says nothing of when its text was published."""
    core = b"<cp:coreProperties><dcterms:created>2014-03-02T00:00:00Z</dcterms:created></cp:coreProperties>"
    article = read(docx(paragraph(TITLE, "a3") + paragraph(FIRST) + paragraph(SECOND), **{"core.xml": core}), "a.docx", TODAY)
    assert (article.title, article.published) == (TITLE, None)
    assert article.published_origin.startswith("none")


def test_a_short_document_is_an_article() -> None:
    """What an author gave is not too short, and a document of one list is kept whole."""
    assert read(docx(paragraph("水车停了。")), "a.docx", TODAY).body == "水车停了。"
    inventory = read(docx(paragraph("水车一架") + paragraph("石磨两盘")), "a.docx", TODAY)
    assert (inventory.body, inventory.published_origin) == ("水车一架\n石磨两盘", "none: no line of the document states its date")


@pytest.mark.parametrize(("width", "columns"), [(38, (60,)), (18, (60, 310)), (24, (60,))])
def test_the_hard_lines_of_a_pdf_are_made_whole(width: int, columns: tuple[int, ...]) -> None:
    """Across lines, columns and pages; running headers and page numbers are left out with their reason."""
    article = read(printed(width, columns), "a.pdf", TODAY)
    right(article)
    left_out = {text for mark, text, reason in margin(article) if reason == "running header or page number"}
    assert {"第 1 页", "第 2 页"} <= left_out
    assert [text for mark, text, _ in margin(article) if mark == "+"] == article.body.split("\n")


@pytest.mark.parametrize("pages", [1, 2])
def test_the_day_a_browser_printed_a_page_is_not_its_date(pages: int) -> None:
    """Its header has the day of printing, its foot the page's address."""
    texts = [[TITLE, "", *wrapped(FIRST, 38), *wrapped(SECOND, 38)], wrapped(THIRD, 38)][:pages]
    streams = [
        drawn([(f"2024/5/6 10:2{i} {TITLE} - 临川网", 20.0, 830.0, 8.0)] + [(line, 60.0, 760.0 - 20 * n, 20.0 if line == TITLE else 12.0) for n, line in enumerate(text)] + [(f"https://a.example/b.html {i + 1}/{pages}", 20.0, 12.0, 8.0)])
        for i, text in enumerate(texts)
    ]
    article = read(pdf(streams), "a.pdf", TODAY)
    assert (article.title, article.published) == (TITLE, None)
    assert article.body.split("\n") == [FIRST, SECOND, THIRD][: pages + 1]


def test_a_pdf_whose_letters_were_set_one_by_one_is_read() -> None:
    """Blanks after each letter are no words of it."""
    spaced = [(" ".join(line), 60.0, 700.0 - 20 * i, 12.0) for i, line in enumerate([TITLE, STATED.replace("　", " "), FIRST, SECOND, THIRD])]
    assert read(pdf([drawn(spaced)]), "a.pdf", TODAY).title == TITLE


def written(**encryption: str) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    writer.append(PdfReader(BytesIO(printed())))
    writer.encrypt(algorithm="RC4-128", **encryption)
    writer.write(out := BytesIO())
    return out.getvalue()


PICTURE = b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray /Length 1 >>\nstream\n0\nendstream"
SCAN = pdf([b"q 500 0 0 800 0 0 cm /X Do Q\n"] * 3, b"/XObject << /X 100 0 R >>", {100: PICTURE})
FORM = b"<< /Type /XObject /Subtype /Form /BBox [0 0 1 1] /Resources << /XObject << /X %d 0 R >> >> /Length 12 >>\nstream\n/X Do /X Do \nendstream"
LAUGHING = pdf([b"/X Do\n"], b"/XObject << /X 100 0 R >>", {**{100 + i: FORM % (101 + i) for i in range(28)}, 128: PICTURE})


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (SCAN, "a.pdf", "not text: the PDF is a scan"),
        (written(user_password="水"), "a.pdf", "not text: the PDF is locked with a password"),
        (pdf([b""]), "a.pdf", "no article body"),
        (printed()[:700], "a.pdf", "text damaged"),
        (b"%PDF-1.4\n" + bytes(range(256)) * 9, "a.pdf", "text damaged"),
        (b"hello", "a.pdf", "text damaged"),
        (b"", "a.pdf", "empty file"),
        (pdf([drawn([(TITLE, 60, 700, 12)])] * 501), "a.pdf", "too large: 501 pages"),
        (pdf([b" " * 90_000_000]), "a.pdf", "too large"),
        (LAUGHING, "a.pdf", "not text"),
        (b"hello", "a.docx", "text damaged"),
        (b"", "a.docx", "empty file"),
        (word()[:600], "a.docx", "text damaged"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "a.docx", "not text: the Word document is locked"),
        (zipped({"content.xml": b"x"}), "a.docx", "not text"),
        (zipped({"word/document.xml": b"<a><b></a>"}), "a.docx", "text damaged"),
        (docx(paragraph("")), "a.docx", "no article body"),
        (docx(paragraph("水" * 12_000_000)), "a.docx", "too large"),
        (docx("<w:sdt>" * 9_000 + "</w:sdt>" * 9_000), "a.docx", "text damaged"),
    ],
    ids=[f"{number}" for number in range(19)],
)  # fmt: skip
def test_a_document_that_cannot_be_read_says_why(data: bytes, name: str, reason: str) -> None:
    """Scans, locked, damaged and exploding documents are refused with what to do, soon, and nothing else is raised."""
    with pytest.raises(PageRefused, match=f"^{reason}"):
        read(data, name, TODAY)


def test_an_owner_password_does_not_keep_a_document_from_being_read() -> None:
    """A PDF that may be opened but not changed is read."""
    right(read(written(user_password="", owner_password="水"), "a.pdf", TODAY))


def test_reading_a_pdf_takes_no_longer_than_its_limit() -> None:
    """The process that reads it is ended, and the refusal says so."""
    with pytest.raises(PageRefused, match=r"^too large: reading it takes longer than 0 seconds"):
        pdfs.read(printed(), seconds=0.001)


def test_entities_of_a_document_are_not_followed() -> None:
    """Neither to other files nor into one another."""
    inside = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/hostname">]><w:document {WORD}><w:body><w:p><w:r><w:t>水车又转了。&a;</w:t></w:r></w:p></w:body></w:document>'
    assert read(zipped({"word/document.xml": inside.encode(), "word/styles.xml": STYLES.encode()}), "a.docx", TODAY).body == "水车又转了。"
    laughs = "".join(f'<!ENTITY a{i} "{(f"&a{i - 1};" if i else "水") * 10}">' for i in range(9))
    with pytest.raises(PageRefused):
        read(zipped({"word/document.xml": f'<?xml version="1.0"?><!DOCTYPE w [{laughs}]><w:document {WORD}><w:body><w:p><w:r><w:t>&a8;</w:t></w:r></w:p></w:body></w:document>'.encode()}), "a.docx", TODAY)


def test_without_the_extra_a_pdf_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone or in a folder; once the extra is there, it is read."""
    monkeypatch.setattr(pdfs, "find_spec", lambda name: None)
    assert 'pip install "wenda[documents]"' in (unread("a.PDF") or "")
    with pytest.raises(PageRefused, match=r"^not text: .*wenda\[documents\]"):
        read(printed(), "a.pdf", TODAY)
    monkeypatch.undo()
    assert unread("a.PDF") is None


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_damage_to_a_word_document_is_refused_or_read(data: st.DataObject) -> None:
    """No other exception leaves the reader."""
    whole = bytearray(word())
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert read(bytes(whole), "a.docx", TODAY).body
    except PageRefused as refusal:
        assert str(refusal).startswith(("no article body", "empty file", "not text", "text damaged", "too large"))


# Archives


def packed(*named: tuple[str, bytes], store: int = ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", store) as archive:
        for name, data in named:
            archive.writestr(name, data)
    return out.getvalue()


def renamed(data: bytes, old: bytes, new: bytes) -> bytes:
    """An archive whose member is called by other bytes of the same number, as another system would have written them."""
    assert len(old) == len(new) and data.count(old) == 2
    return data.replace(old, new)


def test_an_archive_gives_its_articles_under_safe_names() -> None:
    """Pages, documents and JSON lines; what is none is named with the reason; folders and hidden files are passed over in silence."""
    data = packed(
        ("新闻/", b""), ("新闻/水车.txt", PAGE), ("../../etc/过.txt", PAGE), ("/root.md", PAGE), ("C:\\tmp\\win.txt", PAGE), ("新闻/a.docx", word()), ("新闻/b.pdf", printed()),
        ("l.jsonl", b'{"body": "\xe6\xb0\xb4"}\n\n{"x": 1}\n'), ("__MACOSX/新闻/._水车.txt", b"x"), ("新闻/.DS_Store", b"x"), ("inner.zip", packed(("a.txt", PAGE))), ("p.png", b"\x89PNG"), ("leer.txt", b""),
    )  # fmt: skip
    found = list(opened(data, "包.zip", TODAY))
    files = [each for each in found if isinstance(each, File)]
    assert [file.name for file in files] == ["新闻/水车.txt", "etc/过.txt", "root.md", "tmp/win.txt", "新闻/a.docx", "新闻/b.pdf", "l.jsonl"]
    assert all(file.articles for file in files)
    assert files[0].articles[0].title == TITLE and files[0].data == PAGE
    right(files[4].articles[0])
    right(files[5].articles[0])
    assert [skipped.path for skipped in files[6].skipped] == ["l.jsonl:3"]
    assert {each.path: each.reason.split(":")[0] for each in found if isinstance(each, Skipped)} == {
        "包.zip/inner.zip": "not text", "包.zip/p.png": "not a page, Markdown, HTML, Word, PDF or JSON lines file", "包.zip/leer.txt": "empty file",
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "big5"])
def test_names_of_members_are_read_as_their_system_wrote_them(encoding: str) -> None:
    """A Chinese Windows writes GBK, a Taiwanese one Big5, others UTF-8, and none of them says so."""
    raw = "水車新聞".encode(encoding) if encoding == "big5" else "水车新闻".encode(encoding)
    data = renamed(packed(("x" * len(raw), PAGE)), b"x" * len(raw), raw)
    with ZipFile(BytesIO(data)) as archive:
        assert member_name(archive.infolist()[0]) in ("水车新闻", "水車新聞")


def test_two_members_never_have_the_same_name() -> None:
    """Not even where only capitals differ."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = packed(("a.txt", PAGE), ("a.txt", PAGE), ("A.TXT", PAGE), ("./a.txt", PAGE))
    assert [each.name for each in members(data, "x.zip") if isinstance(each, Member)] == ["a.txt", "a-2.txt", "A-3.TXT", "a-4.txt"]


def test_an_archive_gives_no_more_than_its_limits() -> None:
    """Members are counted before, bytes while they come out: a small archive of endless zeros stays small."""
    with pytest.raises(PageRefused, match="too large: 3 members"):
        list(members(packed(*((f"{i}.txt", PAGE) for i in range(3))), "x.zip", most=2))
    bomb = packed(*((f"{i}.txt", bytes(10_000_000)) for i in range(5)))
    assert len(bomb) < 100_000
    got = 0
    with pytest.raises(PageRefused, match="unpacks to more than 22 MiB"):
        for each in members(bomb, "x.zip", unpacked=22 * 1024 * 1024):
            got += len(each.data) if isinstance(each, Member) else 0
    assert got == 20_000_000
    (large,) = opened(packed(("a.txt", bytes(17 * 1024 * 1024))), "x.zip")
    assert isinstance(large, Skipped) and large.reason.startswith("too large")


def test_a_member_that_lies_about_its_size_gives_no_more_than_it_says() -> None:
    """Its bytes are counted as they come out, and its sum is wrong: refused."""
    data = bytearray(packed(("a.txt", PAGE * 50)))
    place = data.rfind(b"PK\x01\x02")
    data[place + 24 : place + 28] = (10).to_bytes(4, "little")
    (only,) = opened(bytes(data), "x.zip", TODAY)
    assert isinstance(only, Skipped) and only.reason.startswith("text damaged")


def test_a_locked_member_says_so() -> None:
    """The others are read."""
    data = bytearray(packed(("a.txt", PAGE), ("b.txt", PAGE)))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + offset] |= 1
    first, second = opened(bytes(data), "x.zip", TODAY)
    assert isinstance(first, Skipped) and "password" in first.reason
    assert isinstance(second, File)


@pytest.mark.parametrize("data", [b"", b"hello", packed(("a.txt", PAGE))[:60], b"PK\x05\x06" + bytes(18)], ids=["empty", "none", "cut", "without members"])
def test_an_archive_without_articles_is_told_in_one_line_at_most(data: bytes) -> None:
    """A broken archive is one reason; an empty one holds nothing."""
    found = list(opened(data, "x.zip"))
    assert len(found) <= 1 and all(isinstance(each, Skipped) and each.reason.startswith("text damaged") for each in found)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_damage_to_an_archive_is_told(data: st.DataObject) -> None:
    """No other exception leaves it."""
    whole = bytearray(packed(("a.txt", PAGE), ("b/c.txt", PAGE), store=data.draw(st.sampled_from([ZIP_DEFLATED, ZIP_STORED]))))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    for each in opened(bytes(whole), "x.zip", TODAY):
        assert isinstance(each, File) or each.reason


def test_a_single_file_is_opened_too() -> None:
    """A page, a document, JSON lines plain and packed; a name without an ending is a page's."""
    import lzma

    line = b'{"id": "m1", "body": "\xe6\xb0\xb4"}\n'
    for name, data in (("a.txt", PAGE), ("dir/a.docx", word()), ("page", PAGE), ("a.jsonl", line), ("a.jsonl.xz", lzma.compress(line))):
        (only,) = opened(data, name, TODAY)
        assert isinstance(only, File) and only.name == name.removeprefix("dir/") and len(only.articles) == 1
    for name, data in (("a.jsonl.xz", b"no"), ("a.jsonl", b"\n"), ("a.xlsx", b"PK"), ("a.txt", b"\x89PNG\r\n")):
        (only_skipped,) = opened(data, name, TODAY)
        assert isinstance(only_skipped, Skipped) and only_skipped.path == name


def test_documents_in_a_corpus_folder_are_sources(tmp_path: Path) -> None:
    """.docx and .pdf beside pages; an archive there is named with what to do."""
    for name in ("a.docx", "b.pdf", "c.txt", "d.zip", "e.doc"):
        (tmp_path / name).write_bytes(b"x")
    sources, skipped = corpus.scan([tmp_path])
    assert [source.name for source in sources] == ["a.docx", "b.pdf", "c.txt"]
    assert {Path(each.path).name: "wenda add" in each.reason for each in skipped} == {"d.zip": True, "e.doc": False}


def test_the_zip_directory_is_measured_before_it_is_read() -> None:
    """An archive of a hundred thousand empty members costs nothing."""
    data = bytearray(packed(("a.txt", PAGE)))
    data[-10:-6] = (5_000_000).to_bytes(4, "little")
    with pytest.raises(PageRefused, match="too many members"):
        list(members(bytes(data), "x.zip"))
