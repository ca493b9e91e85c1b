"""Draws an answer as a phone shows it, from the HTML that Telegram gets: `PYTHONPATH=. python tests/bot/picture.py [FILE.png]`.

Needs Chromium and a Chinese font; the library is the starter corpus, indexed afresh.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

from bot import render, settings
from bot.chat import Chat
from bot.replies import Button, Message, Reply, Visitor
from retrieval import Library
from retrieval.ledger import Ledger

HERE = Path(__file__).resolve().parent
QUESTION = "谷城县非贫困户改造危房,每户能补多少钱?"

PAGE = """<!doctype html><meta charset="utf-8"><style>
* {{ box-sizing: border-box; margin: 0 }}
body {{ width: 390px; padding: 14px 10px 16px; font: 16px/1.45 "Noto Sans CJK SC", sans-serif; color: #111;
  background: linear-gradient(160deg, #d5e3b5, #9fc6a4 55%, #8fb9b4) }}
.me, .bot {{ border-radius: 16px; padding: 8px 12px; box-shadow: 0 1px 1px #0002; white-space: pre-wrap; overflow-wrap: anywhere }}
.me {{ background: #e8fecb; margin: 0 0 10px auto; width: fit-content; max-width: 300px; border-bottom-right-radius: 5px }}
.bot {{ background: #fff; max-width: 350px; border-bottom-left-radius: 5px }}
.reply {{ border-left: 3px solid #3a8fd6; background: #3a8fd614; border-radius: 5px; padding: 2px 8px; margin-bottom: 6px; font-size: 13.5px; color: #3a8fd6 }}
.reply span {{ display: block; color: #444; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }}
blockquote {{ border-left: 3px solid #2f9e6b; background: #2f9e6b16; border-radius: 5px; padding: 4px 9px; margin: 3px 0 }}
a {{ color: #2a7cc2; text-decoration: none }}
time {{ display: block; text-align: right; font-size: 12px; color: #8a9; margin-top: 2px; line-height: 1 }}
.row {{ display: flex; gap: 4px; max-width: 350px; margin-top: 4px }}
.row div {{ flex: 1; text-align: center; background: #2e4a3f7a; color: #fff; border-radius: 9px; padding: 8px 4px; font-size: 14.5px; font-weight: 500 }}
</style><body><div class="me">{question}<time>14:02 ✓✓</time></div>
<div class="bot"><div class="reply">我<span>{question}</span></div>{answer}<time>14:02</time></div>{buttons}</body>"""


def answer(folder: Path) -> Reply:
    """The reply to QUESTION over the starter corpus."""
    chosen = settings.read(db=folder / "wenda.db")
    with Library.open(chosen.db, ledger=False) as library:
        library.reindex([settings.starter_corpus()])
        ledger = Ledger.open(chosen.ledger)
        ledger.put("contact", "12345")
        reply = Chat(library, ledger, chosen).reply(Message(QUESTION), Visitor("picture"))
        ledger.close()
    return reply


def page(reply: Reply) -> str:
    """The reply as a chat on a phone."""
    text = "\n".join(render.html(reply)).replace("<blockquote>\n", "<blockquote>").replace("\n<blockquote>", "<blockquote>").replace("</blockquote>\n", "</blockquote>")
    rows = "".join(f'<div class="row">{"".join(map(_button, row))}</div>' for row in reply.buttons)
    return PAGE.format(question=escape(QUESTION), answer=text, buttons=rows)


def _button(button: Button) -> str:
    return f"<div>{escape(button.label)}</div>"


def draw(html: str, picture: Path, folder: Path) -> None:
    """Takes the picture, twice as sharp as a screen, as high as the page is."""
    source = folder / "page.html"
    source.write_text(html, encoding="utf-8")
    measured = '<script>document.title = document.documentElement.offsetHeight</script>'
    (folder / "measured.html").write_text(html + measured, encoding="utf-8")
    chromium = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder / 'profile'}"]
    found = subprocess.run([*chromium, "--window-size=390,800", "--dump-dom", f"file://{folder / 'measured.html'}"], capture_output=True, text=True, check=True)
    height = int(found.stdout.partition("<title>")[2].partition("<")[0])
    subprocess.run(
        [*chromium, f"--window-size=390,{height}", "--force-device-scale-factor=2", f"--screenshot={picture}", f"file://{source}"], capture_output=True, check=True
    )


def main() -> None:
    picture = Path(sys.argv[1] if len(sys.argv) > 1 else HERE / "golden" / "answer.png").resolve()
    with tempfile.TemporaryDirectory() as folder:
        draw(page(answer(Path(folder))), picture, Path(folder))


if __name__ == "__main__":
    main()
