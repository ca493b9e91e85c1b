"""Text as the Bot API takes it: HTML in, plain text and entities out, or the API's own words for what is wrong.

The rules are those of the official server (tdlib, `parse_html` and `fix_formatted_text`): only four named references
are decoded, an unknown tag is an error with its byte offset, lengths count code points after parsing, entity offsets
count UTF-16 units.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_RAW_BYTES = 32768
MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_SHOWN_ENTITIES = 100

TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline", "s": "strikethrough",
    "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "span": "spoiler", "a": "text_link",
    "code": "code", "pre": "pre", "blockquote": "blockquote", "tg-emoji": "custom_emoji", "tg-time": "date_time",
}  # fmt: skip
REFERENCES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
SPACE = " \t\r\n\0\v"


class ApiError(Exception):
    """What the API answers instead of a result."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad(description: str) -> ApiError:
    return ApiError(400, f"Bad Request: {description}")


@dataclass(frozen=True)
class Text:
    text: str
    entities: tuple[dict[str, object], ...] = ()

    def quoted(self) -> list[str]:
        """The texts of all block quotations."""
        return self.marked("blockquote")

    def marked(self, kind: str) -> list[str]:
        units = self.text.encode("utf-16-le")
        return [
            units[2 * int(str(e["offset"])) : 2 * (int(str(e["offset"])) + int(str(e["length"])))].decode("utf-16-le")
            for e in self.entities
            if e["type"] == kind
        ]


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def formatted(raw: str, parse_mode: str | None, limit: int = MAX_TEXT, empty: str = "message text is empty") -> Text:
    """*raw* as the server shows it. Raises ApiError in the server's words."""
    if len(raw.encode("utf-8", "surrogatepass")) > MAX_RAW_BYTES:
        raise bad("text is too long")
    if any(0xD800 <= ord(c) <= 0xDFFF for c in raw):
        raise bad("strings must be encoded in UTF-8")
    mode = (parse_mode or "").lower()
    if mode not in ("", "html"):
        raise bad("unsupported parse_mode") if mode not in ("markdown", "markdownv2") else bad("this server checks HTML only")
    result = parse_html(raw) if mode == "html" else Text(raw)
    shown = result.text.strip("".join(SPACE))
    if not shown or not re.sub(r"[\s\u200b-\u200f\u2060\ufeff\u3164]", "", shown):
        raise bad(empty)
    if len(shown) > limit:
        raise bad("message is too long" if limit == MAX_TEXT else "message caption is too long")
    lead = utf16(result.text[: len(result.text) - len(result.text.lstrip(SPACE))])
    size = utf16(shown)
    entities = []
    for entity in result.entities:
        offset, length = int(str(entity["offset"])) - lead, int(str(entity["length"]))
        if offset < 0:
            offset, length = 0, length + offset
        length = min(length, size - offset)
        if length > 0:
            entities.append({**entity, "offset": offset, "length": length})
    return Text(shown, tuple(sorted(entities, key=lambda e: (e["offset"], -e["length"]))[:MAX_SHOWN_ENTITIES]))


def parse_html(raw: str) -> Text:
    """Tags to entities, after tdlib's parser; raises ApiError `can't parse entities: ...`."""
    out: list[str] = []
    units = 0
    open_tags: list[tuple[str, dict[str, str], int, int]] = []
    entities: list[dict[str, object]] = []
    i = 0

    def put(text: str) -> None:
        nonlocal units
        out.append(text)
        units += utf16(text)

    def at(position: int) -> int:
        return len(raw[:position].encode())

    def wrong(text: str) -> ApiError:
        return bad(f"can't parse entities: {text}")

    while i < len(raw):
        c = raw[i]
        if c == "&":
            text, i = _reference(raw, i)
            put(text)
            continue
        if c != "<":
            put(c)
            i += 1
            continue
        begin = i
        i += 1
        if raw[i : i + 1] == "/":
            if not open_tags:
                raise wrong(f"Unexpected end tag at byte offset {at(begin)}")
            while i < len(raw) and raw[i] not in SPACE + ">":
                i += 1
            name = raw[begin + 2 : i].lower()
            while i < len(raw) and raw[i] in SPACE:
                i += 1
            if raw[i : i + 1] != ">":
                raise wrong(f"Unclosed end tag at byte offset {at(begin)}")
            i += 1
            opened, attributes, start, _ = open_tags.pop()
            if name and name != opened:
                raise wrong(f'Unmatched end tag at byte offset {at(begin)}, expected "</{opened}>", found "</{name}>"')
            entity = _entity(opened, attributes, start, units - start, "".join(out))
            if entity:
                entities.append(entity)
            continue
        while i < len(raw) and raw[i] not in SPACE + ">":
            i += 1
        if i >= len(raw):
            raise wrong(f"Unclosed start tag at byte offset {at(begin)}")
        name = raw[begin + 1 : i].lower()
        if name not in TAGS:
            raise wrong(f'Unsupported start tag "{name}" at byte offset {at(begin)}')
        attributes = {}
        while raw[i : i + 1] != ">":
            while i < len(raw) and raw[i] in SPACE:
                i += 1
            if raw[i : i + 1] == ">":
                break
            key_start = i
            while i < len(raw) and raw[i] not in SPACE + "=>":
                i += 1
            key = raw[key_start:i].lower()
            if i >= len(raw):
                raise wrong(f'Unclosed start tag "{name}" at byte offset {at(begin)}')
            if not key:
                raise wrong(f'Empty attribute name in the tag "{name}" at byte offset {at(begin)}')
            if raw[i] != "=":
                attributes[key] = ""
                continue
            i += 1
            value, i = _attribute(raw, i, name, at(begin))
            attributes[key] = value
        i += 1
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise wrong(f'Tag "span" must have class "tg-spoiler" at byte offset {at(begin)}')
        open_tags.append((name, attributes, units, begin))
    if open_tags:
        raise wrong(f"Can't find end tag corresponding to start tag \"{open_tags[-1][0]}\"")
    return Text("".join(out), tuple(entities))


def _reference(raw: str, i: int) -> tuple[str, int]:
    """A character reference at *i*, decoded where it is one of the known ones, else the `&` itself."""
    if number := re.compile(r"&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));?").match(raw, i):
        code = int(number[1], 16) if number[1] else int(number[2])
        if 0 < code < 0x10FFFF and not 0xD800 <= code <= 0xDFFF:
            return chr(code), number.end()
    if name := re.compile(r"&([a-zA-Z]+);?").match(raw, i):
        known = REFERENCES.get(name[1])
        if known:
            return known, name.end()
    return "&", i + 1


def _attribute(raw: str, i: int, tag: str, offset: int) -> tuple[str, int]:
    while i < len(raw) and raw[i] in SPACE:
        i += 1
    quote = raw[i : i + 1]
    if quote not in ('"', "'"):
        plain = re.compile(r"[A-Za-z0-9.\-]+").match(raw, i)
        if not plain or raw[plain.end() : plain.end() + 1] not in (*SPACE, ">"):
            raise bad(f"can't parse entities: Unexpected end of name token at byte offset {offset}")
        return plain[0].lower(), plain.end()
    i += 1
    value: list[str] = []
    while i < len(raw) and raw[i] != quote:
        if raw[i] == "&":
            text, i = _reference(raw, i)
            value.append(text)
        else:
            value.append(raw[i])
            i += 1
    if i >= len(raw):
        raise bad(f'can\'t parse entities: Unclosed start tag "{tag}" at byte offset {offset}')
    return "".join(value), i + 1


def _entity(tag: str, attributes: dict[str, str], start: int, length: int, text: str) -> dict[str, object] | None:
    kind = TAGS[tag]
    if length <= 0:
        return None
    entity: dict[str, object] = {"type": kind, "offset": start, "length": length}
    if kind == "blockquote" and "expandable" in attributes:
        entity["type"] = "expandable_blockquote"
    if kind == "text_link":
        url = attributes.get("href") or text.encode("utf-16-le")[2 * start : 2 * (start + length)].decode("utf-16-le")
        if not link_shown(url):
            return None
        entity["url"] = url
    return entity


def link_shown(url: str) -> bool:
    """Whether the server keeps a link: a known scheme and a host with a dot in it."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
    except ValueError:
        return False
    if parts.scheme == "tg":
        return True
    return parts.scheme in ("http", "https", "ton") and "." in (parts.hostname or "") and not re.search(r"\s", url)


def keyboard(markup: dict[str, object] | None) -> None:
    """Checks an inline keyboard as the server does; raises ApiError."""
    if not markup:
        return
    rows = markup.get("inline_keyboard")
    if rows is None:
        return
    if not isinstance(rows, list):
        raise bad("object expected as reply markup")
    count = 0
    for row in rows:
        for button in row:
            count += 1
            if not str(button.get("text", "")).strip():
                raise bad("can't parse inline keyboard button: text must be non-empty")
            kinds = [k for k in ("callback_data", "url", "switch_inline_query", "switch_inline_query_current_chat", "copy_text", "web_app") if k in button]
            if len(kinds) != 1:
                raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
            if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
                raise bad("BUTTON_DATA_INVALID")
            if "url" in button and not link_shown(button["url"]):
                raise bad(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    if count > 100:
        raise bad("reply markup is too long")
