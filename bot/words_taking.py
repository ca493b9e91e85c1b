"""What admins read while they take articles in, in three languages; the entries are as in `bot.words`, which joins them with the others."""

from __future__ import annotations

TAKING: dict[str, tuple[str, str, str]] = {
    "take_how": (
        "请贴上文章，长的可以分几条发，发完写“完”；不收了写“取消”。\n也可以直接发文件（{kinds}），转发频道的文章，或者写 /add 加网址。",
        "請貼上文章，長的可以分幾則發，發完寫「完」；不收了寫「取消」。\n也可以直接發檔案（{kinds}），轉發頻道的文章，或者寫 /add 加網址。",
        "Paste the article, in several messages if it is long, then write “done”; “cancel” gives it up.\nOr send a file ({kinds}), forward a channel's post, or write /add and an address.",
    ),
    "take_more": (
        "收到{parts}条，共{length}字。还有就接着发，发完写“完”。",
        "收到{parts}則，共{length}字。還有就接著發，發完寫「完」。",
        "Received: {parts} messages, {length} characters. Go on if there is more, then write “done”.",
    ),
    "take_edited": (
        "改过的消息没有算进来：文章里还是原来的字。要改就写“取消”再重新发。",
        "改過的訊息沒有算進來：文章裡還是原來的字。要改就寫「取消」再重新發。",
        "The edited message does not count: the article has the words from before. To change them, write “cancel” and send it again.",
    ),
    "take_nothing": ("还没有收到文字，请先贴上文章。", "還沒有收到文字，請先貼上文章。", "There is no text yet; please paste the article first."),
    "take_large": (
        "太长了，最多收{limit}字，后面的没有收下。请写“完”，或者改发文件。",
        "太長了，最多收{limit}字，後面的沒有收下。請寫「完」，或者改發檔案。",
        "Too long: at most {limit} characters are taken, and the rest was left out. Write “done”, or send a file instead.",
    ),
    "take_read": ("读出来是这样，还没有收录：", "讀出來是這樣，還沒有收錄：", "This is how it was read; it is not taken in yet:"),
    "take_title": ("标题：{title}", "標題：{title}", "Title: {title}"),
    "take_outlet": ("媒体：{outlet}", "媒體：{outlet}", "Outlet: {outlet}"),
    "take_date": ("日期：{date}（出自：{origin}）", "日期：{date}（出自：{origin}）", "Date: {date} (read from: {origin})"),
    "take_by_you": ("您填的", "您填的", "your own words"),
    "take_by_post": ("频道文章的发表时间", "頻道文章的發表時間", "when the channel posted it"),
    "take_length": ("共{length}字，{paragraphs}段", "共{length}字，{paragraphs}段", "{length} characters, {paragraphs} paragraphs"),
    "take_unsourced": (
        "转来的文字没有说明出自哪里：媒体和日期以文字里写的为准，没有写就是不详。",
        "轉來的文字沒有說明出自哪裡：媒體和日期以文字裡寫的為準，沒有寫就是不詳。",
        "Where this text was passed on from is not known: outlet and date are what the text itself says, or unknown.",
    ),
    "take_reprint": (
        "很像已收录的{title}（{outlet}，{date}）。收录后两篇都在，回答时只算一处。\n编号：{id}",
        "很像已收錄的{title}（{outlet}，{date}）。收錄後兩篇都在，回答時只算一處。\n編號：{id}",
        "Very like {title} ({outlet}, {date}), which is in here already. Both will be kept and counted as one in answers.\nid: {id}",
    ),
    "take_known": ("文字和已收录的{title}完全一样。\n编号：{id}", "文字和已收錄的{title}完全一樣。\n編號：{id}", "The text is the same, letter by letter, as that of {title}, which is in here already.\nid: {id}"),
    "take_withdrawn": (
        "文字和撤下的{title}几乎相同（理由：{reason}），收录了也不会引用。",
        "文字和撤下的{title}幾乎相同（理由：{reason}），收錄了也不會引用。",
        "Nearly the same text as {title}, which was withdrawn ({reason}); taken in, it will not be quoted.",
    ),
    "add_done": ("已收录{title}，从现在起可以引用。", "已收錄{title}，從現在起可以引用。", "Taken in: {title}. It can be quoted from now on."),
    "add_ends": ("开头：{first}\n结尾：{last}", "開頭：{first}\n結尾：{last}", "Begins: {first}\nEnds: {last}"),
    "add_refused": ("没有收录，什么也没改：{reason}", "沒有收錄，什麼也沒改：{reason}", "Not taken in, and nothing was changed: {reason}"),
    "add_known": ("这篇已经收录了，编号：{id}", "這篇已經收錄了，編號：{id}", "This article is in here already, id: {id}"),
    "add_left_out": (
        "文章已放进添加的文件夹（{id}），但更新索引时没有收：可能和撤下的文章相同，或者这个文件夹不在收录范围里。",
        "文章已放進新增的資料夾（{id}），但更新索引時沒有收：可能和撤下的文章相同，或者這個資料夾不在收錄範圍裡。",
        "The article lies in the added folder ({id}), but indexing left it out: it may be the same as a withdrawn one, or the folder is not part of the corpus.",
    ),
    "take_file_large": (
        "{name}有{size} MB，超过机器人能取的{limit} MB，没有收录。请拆开再发，或者在服务器上用 wenda add。",
        "{name}有{size} MB，超過機器人能取的{limit} MB，沒有收錄。請拆開再發，或者在伺服器上用 wenda add。",
        "{name} has {size} MB, more than the {limit} MB that a bot can fetch; not taken in. Split it, or use wenda add on the server.",
    ),
    "take_file_lost": ("没能从Telegram取到{name}，没有收录。请再发一次。", "沒能從Telegram取到{name}，沒有收錄。請再發一次。", "{name} could not be fetched from Telegram; not taken in. Please send it again."),
    "take_summary": ("{name}：读出{count}篇，还没有收录。", "{name}：讀出{count}篇，還沒有收錄。", "{name}: {count} articles were read; none is taken in yet."),
    "take_item": ("{number}. {title}，{outlet}，{date}", "{number}. {title}，{outlet}，{date}", "{number}. {title}, {outlet}, {date}"),
    "take_feed": (
        "这是订阅源。收录以后会记住它，定时更新时读新的文章。",
        "這是訂閱源。收錄以後會記住它，定時更新時讀新的文章。",
        "This is a feed. Once taken in, it is remembered, and scheduled rescans read its new articles.",
    ),
    "take_ids_known": (
        "其中{count}篇的编号已经有了，收录时跳过。",
        "其中{count}篇的編號已經有了，收錄時跳過。",
        "Articles whose ids are taken already, and that will be passed over: {count}",
    ),
    "take_skipped": ("没有读的（{count}）：", "沒有讀的（{count}）：", "Left out ({count}):"),
    "take_none": ("{name}：没有读出文章，什么也没改。", "{name}：沒有讀出文章，什麼也沒改。", "{name}: no article was found in it, and nothing was changed."),
    "button_take_in": ("收录", "收錄", "Take it in"),
    "button_take_published": ("改日期", "改日期", "Date"),
    "button_take_title": ("改标题", "改標題", "Title"),
    "button_take_outlet": ("改媒体", "改媒體", "Outlet"),
    "button_take_drop": ("放弃", "放棄", "Give up"),
    "button_take_end": ("发完了", "發完了", "Done"),
    "button_take_keep": ("不改了", "不改了", "Leave it"),
    "button_take_back": ("撤回收录", "撤回收錄", "Take it back out"),
    "take_ask_published": (
        "请写日期，例如 2019年5月14日；只知道年月就写年月，不详写“-”。",
        "請寫日期，例如 2019年5月14日；只知道年月就寫年月，不詳寫「-」。",
        "Write the date, such as 2019-05-14; a month or a year alone will do, “-” is unknown.",
    ),
    "take_ask_title": ("请写标题；没有标题写“-”。", "請寫標題；沒有標題寫「-」。", "Write the title; “-” is none."),
    "take_ask_outlet": ("请写媒体的名字；不详写“-”。", "請寫媒體的名字；不詳寫「-」。", "Write the outlet's name; “-” is unknown."),
    "take_value_long": ("太长了，最多{limit}字。请再写一次。", "太長了，最多{limit}字。請再寫一次。", "Too long: at most {limit} characters. Please write it again."),
    "take_value_bad": (
        "“{date}”不是能用的日期。请写 2019年5月14日、2019-05 或 2019 这样的，不能晚于今天。",
        "「{date}」不是能用的日期。請寫 2019年5月14日、2019-05 或 2019 這樣的，不能晚於今天。",
        "“{date}” is no date that can be used. Write it like 2019-05-14, 2019-05 or 2019, not later than today.",
    ),
    "take_dropped": ("已放弃，没有收录，也没有留下。", "已放棄，沒有收錄，也沒有留下。", "Given up: nothing was taken in, and nothing was kept."),
    "take_gone": (
        "这份草稿已经不在了：收录过、放弃了，或者过了一天。请重新发一次。",
        "這份草稿已經不在了：收錄過、放棄了，或者過了一天。請重新發一次。",
        "This draft is gone: it was taken in, given up, or is older than a day. Please send it again.",
    ),
    "take_busy": ("正在更新索引，请等它完成再按“收录”。草稿还在。", "正在更新索引，請等它完成再按「收錄」。草稿還在。", "The index is being updated; please press again when that is done. The draft is kept."),
    "take_cancelled": ("已取消，没有收录。草稿还在，可以再按“收录”。", "已取消，沒有收錄。草稿還在，可以再按「收錄」。", "Cancelled: not taken in. The draft is kept, and the button still works."),
    "take_failed": ("没有收录：{reason}\n草稿还在，可以再按“收录”。", "沒有收錄：{reason}\n草稿還在，可以再按「收錄」。", "Not taken in: {reason}\nThe draft is kept, and the button still works."),
    "take_done_many": ("已收录{count}篇，从现在起可以引用。", "已收錄{count}篇，從現在起可以引用。", "Taken in: {count} articles. They can be quoted from now on."),
    "take_done_feed": ("订阅源已记住：{url}", "訂閱源已記住：{url}", "The feed is remembered: {url}"),
    "channel_asked": (
        "机器人当上了频道“{channel}”的管理员。要收录它的文章吗？以后的新文章会自动收录，改过的会跟着改。",
        "機器人當上了頻道「{channel}」的管理員。要收錄它的文章嗎？以後的新文章會自動收錄，改過的會跟著改。",
        "The bot was made an admin of the channel “{channel}”. Take its posts in? New ones are then taken in by themselves, and edits are corrections.",
    ),
    "button_channel_yes": ("收录这个频道", "收錄這個頻道", "Take this channel in"),
    "button_channel_no": ("不用", "不用", "No"),
    "channel_confirmed": (
        "好，从现在起收录“{channel}”的新文章。写 /channels 可以停。",
        "好，從現在起收錄「{channel}」的新文章。寫 /channels 可以停。",
        "Done: new posts of “{channel}” are taken in from now on. /channels ends it.",
    ),
    "channel_refused": ("好，不收录“{channel}”。", "好，不收錄「{channel}」。", "Done: “{channel}” is not taken in."),
    "channel_gone": ("机器人已经不在这个频道里了。", "機器人已經不在這個頻道裡了。", "The bot is no longer in this channel."),
    "channel_left": (
        "频道“{channel}”不再让机器人当管理员，新的文章收不到了；已收录的还在。",
        "頻道「{channel}」不再讓機器人當管理員，新的文章收不到了；已收錄的還在。",
        "The channel “{channel}” has removed the bot: new posts cannot be seen; those taken in stay.",
    ),
    "channels_listed": ("自动收录的频道（{count}）：", "自動收錄的頻道（{count}）：", "Channels taken in by themselves ({count}):"),
    "feeds_listed": ("定时更新的订阅源（{count}）：", "定時更新的訂閱源（{count}）：", "Feeds read on schedule ({count}):"),
    "channels_hint": (
        "停止以后，已收录的文章还在。频道里删掉的文章，机器人看不到，要用 /withdraw 撤下。",
        "停止以後，已收錄的文章還在。頻道裡刪掉的文章，機器人看不到，要用 /withdraw 撤下。",
        "What was taken in stays. A bot cannot see that a channel deleted a post: /withdraw takes it out.",
    ),
    "channels_none": (
        "还没有自动收录的频道和订阅源。把机器人加为频道的管理员，或者写 /add 加订阅源的网址。",
        "還沒有自動收錄的頻道和訂閱源。把機器人加為頻道的管理員，或者寫 /add 加訂閱源的網址。",
        "There are no channels and feeds yet. Make the bot an admin of a channel, or write /add and a feed's address.",
    ),
    "button_channel_off": ("停止：{name}", "停止：{name}", "End: {name}"),
    "help_channels": ("自动收录的频道和订阅源（管理员）", "自動收錄的頻道和訂閱源（管理員）", "channels and feeds taken in by themselves (admins)"),
    "refreshed": ("自动更新：", "自動更新：", "By itself:"),
    "refresh_failed": ("没能更新：{reason}", "沒能更新：{reason}", "Could not be brought up to date: {reason}"),
    "take_back_hint": ("收错了可以按“撤回收录”，30天内有效。", "收錯了可以按「撤回收錄」，30天內有效。", "If that was a slip, the button takes it back out, for 30 days."),
    "take_back_done": (
        "已撤回{count}个文件，不再引用。文件移到了一边，没有删除。",
        "已撤回{count}個檔案，不再引用。檔案移到了一邊，沒有刪除。",
        "Taken back out ({count} files): no longer quoted. The files were moved aside, not deleted.",
    ),
    "take_back_gone": ("已经撤回过了，或者过了30天。", "已經撤回過了，或者過了30天。", "It was taken back before, or 30 days have passed."),
}  # fmt: skip

_ENDS = ("完", "完了", "完毕", "完畢", "发完了", "發完了", "done", "end")


def means_end(text: str) -> bool:
    """Whether an admin means by *text* that everything was sent."""
    return text.strip().strip("。.!！").lower() in _ENDS


def means_never_mind(text: str) -> bool:
    """Whether an admin means by *text* to leave things as they are."""
    return text.strip().strip("。.!！").lower() in ("取消", "不改了", "放弃", "放棄", "cancel")
