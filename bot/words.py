"""What people read, in three languages: the only modules with words of the interface are this one and its family.

Each entry is (zh-Hans, zh-Hant, en). `{name}` is filled in by `say`. Words of articles never pass through here.
"""

from __future__ import annotations

from bot.replies import Language
from bot.words_desk import DESK
from bot.words_people import PEOPLE
from bot.words_taking import TAKING
from bot.words_upkeep import UPKEEP
from bot.words_watch import WATCH

LANGUAGES: tuple[Language, ...] = ("zh-Hans", "zh-Hant", "en")

LANGUAGE_NAMES: dict[Language, str] = {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}

_LANGUAGE_WORDS: dict[Language, tuple[str, ...]] = {
    "zh-Hans": ("简体中文", "简体", "简", "簡體", "簡", "hans", "zh", "cn"),
    "zh-Hant": ("繁體中文", "繁體", "繁", "繁体", "繁体中文", "正體", "hant", "tw", "hk"),
    "en": ("english", "英文", "英语", "英語", "英"),
}

_RATES = ("补助", "补贴", "補助", "補貼", "津贴", "津貼", "标准", "標準", "报销", "報銷", "低保", "工资", "工資", "收费", "收費", "价格", "價格", "票价", "票價")

_NUMERALS = "一二三四五六七八九十"
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")

_WORDS: dict[str, tuple[str, str, str]] = DESK | PEOPLE | TAKING | UPKEEP | WATCH | {
    # An answer, from top to bottom
    "follow_up": ("接着上一问，理解为：\n{question}", "接著上一問，理解為：\n{question}", "Taken as a follow-up:\n{question}"),
    "corrected": ("按“{read}”查找（您写的是“{typed}”）。", "按「{read}」查找（您寫的是「{typed}」）。", "Looked for “{read}” (you wrote “{typed}”)."),
    "lead": ("{place}：{words}", "{place}：{words}", "{place}: {words}"),
    "heading": ("{number}、{place}", "{number}、{place}", "{number}. {place}"),
    "several": ("找到{count}处：", "找到{count}處：", "Found in {count} places:"),
    "several_figures": (
        "找到{count}处数字。时间和范围可能不同，请看清再比。",
        "找到{count}處數字。時間和範圍可能不同，請看清再比。",
        "Found {count} figures. Their dates and scope may differ; compare with care.",
    ),
    "over_time": (
        "同一件事，各篇数字不同，按日期从旧到新：",
        "同一件事，各篇數字不同，按日期從舊到新：",
        "The same matter, with different figures; oldest first:",
    ),
    "source": ("出处：{outlet}，{date}", "出處：{outlet}，{date}", "Source: {outlet}, {date}"),
    "source_original": (
        "出处：{outlet}，{original}（网页日期{date}）",
        "出處：{outlet}，{original}（網頁日期{date}）",
        "Source: {outlet}, {original} (web page dated {date})",
    ),
    "brief": (
        "整理自{title}，{outlet}，{date}\n编者整理，不是报纸原文",
        "整理自{title}，{outlet}，{date}\n編者整理，不是報紙原文",
        "Editor's brief after {title}, {outlet}, {date}; not the newspaper's own words",
    ),
    "source_issue": ("出处：{outlet}（网页日期{date}）", "出處：{outlet}（網頁日期{date}）", "Source: {outlet} (web page dated {date})"),
    "title": ("《{title}》", "《{title}》", "《{title}》"),
    "no_title": ("无标题文章", "無標題文章", "an untitled article"),
    "republished": ("（{outlet}转载）", "（{outlet}轉載）", " (republished by {outlet})"),
    "reprints": ("另有{count}篇转载，文字相同", "另有{count}篇轉載，文字相同", "Reprints with the same text: {count}"),
    "no_outlet": ("媒体不详", "媒體不詳", "outlet unknown"),
    "no_date": ("发表日期不详", "發表日期不詳", "publication date unknown"),
    "note": ("编者注：{note}", "編者註：{note}", "Editor's note: {note}"),
    "dated": ("文中“{word}”指{date}文章发表时。", "文中「{word}」指{date}文章發表時。", "“{word}” in the text means {date}, when it was published."),
    "old": ("注意：这是{years}年前的报道，情况可能已变。", "注意：這是{years}年前的報導，情況可能已變。", "Note: this report is {years} years old; things may have changed."),
    "old_amount": (
        "注意：这是{years}年前的报道，标准可能已变。",
        "注意：這是{years}年前的報導，標準可能已變。",
        "Note: this report is {years} years old; amounts may have changed.",
    ),
    "old_several": (
        "注意：这些是{years}年前的报道，情况可能已变。",
        "注意：這些是{years}年前的報導，情況可能已變。",
        "Note: these reports are {years} years old; things may have changed.",
    ),
    "years_between": ("{few}到{many}", "{few}到{many}", "{few} to {many}"),
    "contact_old": ("办事请先问：{contact}", "辦事請先問：{contact}", "Before you act on it, ask: {contact}"),
    "contact_miss": ("办事请问：{contact}", "辦事請問：{contact}", "Please ask: {contact}"),
    "window_between": (
        "只找{begin}到{end}发表的报道（您说“{phrase}”）。",
        "只找{begin}到{end}發表的報導（您說「{phrase}」）。",
        "Only reports published from {begin} to {end} (you said “{phrase}”).",
    ),
    "window_day": ("只找{begin}发表的报道（您说“{phrase}”）。", "只找{begin}發表的報導（您說「{phrase}」）。", "Only reports published on {begin} (you said “{phrase}”)."),
    "window_from": (
        "只找{begin}以后发表的报道（您说“{phrase}”）。",
        "只找{begin}以後發表的報導（您說「{phrase}」）。",
        "Only reports published since {begin} (you said “{phrase}”).",
    ),
    "window_until": (
        "只找{end}以前发表的报道（您说“{phrase}”）。",
        "只找{end}以前發表的報導（您說「{phrase}」）。",
        "Only reports published until {end} (you said “{phrase}”).",
    ),
    "outside": ("这段时间以外的报道里另有{count}篇可能相关，没有列出。", "這段時間以外的報導裡另有{count}篇可能相關，沒有列出。", "Related reports outside this time, not listed: {count}"),
    "undated": ("{count}篇没有日期的文章不在其中。", "{count}篇沒有日期的文章不在其中。", "Articles without a date, left out: {count}"),
    "related": (
        "没有找到确切的答案。\n下面的内容相近，不一定是您问的：",
        "沒有找到確切的答案。\n下面的內容相近，不一定是您問的：",
        "No exact answer found.\nThis comes close, but may not be what you asked:",
    ),
    "related_year": (
        "没有找到{year}的内容。\n下面的内容相近，但不是您问的那一年：",
        "沒有找到{year}的內容。\n下面的內容相近，但不是您問的那一年：",
        "Nothing found for {year}.\nThis comes close, but is not of that year:",
    ),
    "not_matched": ("没对上的词：{words}", "沒對上的詞：{words}", "Words without a match: {words}"),
    "no_answer": (
        "收录的文章里没有答案。我只摘文章原话，不会猜。",
        "收錄的文章裡沒有答案。我只摘文章原話，不會猜。",
        "The articles in here do not say. I only quote articles; I never guess.",
    ),
    "not_found": ("没找到的词：{words}", "沒找到的詞：{words}", "Words found nowhere: {words}"),
    "coverage": ("现在收录：{count}篇文章，{oldest}到{newest}。", "現在收錄：{count}篇文章，{oldest}到{newest}。", "Articles in here: {count}, {oldest} to {newest}."),
    "coverage_one": ("现在收录：{count}篇文章，{newest}。", "現在收錄：{count}篇文章，{newest}。", "Articles in here: {count}, {newest}."),
    "coverage_undated": ("现在收录：{count}篇文章，日期不详。", "現在收錄：{count}篇文章，日期不詳。", "Articles in here: {count}, without dates."),
    "enumeration": ("、", "、", ", "),
    "ellipsis": ("……", "……", "… "),
    # Buttons
    "button_context": ("前后文", "前後文", "Context"),
    "button_original": ("看原文", "看原文", "Article"),
    "button_brief": ("看全文", "看全文", "Full brief"),
    "button_more": ("更多", "更多", "More"),
    "button_numbered": ("{label} {number}", "{label} {number}", "{label} {number}"),
    "button_useful": ("有用", "有用", "Useful"),
    "button_wrong": ("不对或过时", "不對或過時", "Wrong or outdated"),
    "button_off_target": ("答非所问", "答非所問", "Off target"),
    "button_wrong_figure": ("数字不对", "數字不對", "Wrong figure"),
    "button_outdated": ("已经过时", "已經過時", "Outdated"),
    "button_no_window": ("去掉日期限制", "去掉日期限制", "Any date"),
    "button_not_this": ("不是这个意思", "不是這個意思", "Not what I meant"),
    "button_wish": ("请管理员补充", "請管理員補充", "Ask for more articles"),
    "button_sources": ("看目录", "看目錄", "Contents"),
    "button_next": ("下一页", "下一頁", "Next"),
    "button_previous": ("上一页", "上一頁", "Previous"),
    "button_confirm_removal": ("确认移除", "確認移除", "Yes, remove"),
    # What a press or a command brings
    "context": ("前后文：", "前後文：", "In context:"),
    "page_of": ("第{page}页，共{pages}页", "第{page}頁，共{pages}頁", "Page {page} of {pages}"),
    "link": ("网页：{url}", "網頁：{url}", "On the web: {url}"),
    "why_wrong": ("哪里不对？", "哪裡不對？", "What is wrong with it?"),
    "thanks_useful": ("谢谢，记下了。", "謝謝，記下了。", "Thank you, noted."),
    "thanks_wrong": ("谢谢，已告诉管理员。", "謝謝，已告訴管理員。", "Thank you, the admins will see it."),
    "thanks_wish": ("已记下，管理员会看到这个问题。", "已記下，管理員會看到這個問題。", "Noted; the admins will see this question."),
    "answer_gone": ("这条回答已经不在了，请再问一次。", "這條回答已經不在了，請再問一次。", "That answer is no longer kept; please ask again."),
    "article_gone": ("这篇文章已撤下，不再引用。", "這篇文章已撤下，不再引用。", "This article was withdrawn and is no longer quoted."),
    "article_changed": (
        "文章后来改过，这段文字现在不在里面了。请再问一次。",
        "文章後來改過，這段文字現在不在裡面了。請再問一次。",
        "The article has changed since and no longer holds these words; please ask again.",
    ),
    "nothing_more": ("没有更多了。", "沒有更多了。", "That is all."),
    "nothing_before": ("还没有问过问题。请先写一个问题。", "還沒有問過問題。請先寫一個問題。", "There is no question yet; please ask one first."),
    "more": ("同一问题的其他段落：", "同一問題的其他段落：", "More passages for the same question:"),
    "empty": ("请写一个问题，例如：{example}", "請寫一個問題，例如：{example}", "Please write a question, for example: {example}"),
    "empty_plain": ("请写一个问题。", "請寫一個問題。", "Please write a question."),
    "too_long": ("问题太长（{length}字）。请用{limit}字以内说清要问什么。", "問題太長（{length}字）。請用{limit}字以內說清要問什麼。", "The question is too long ({length} characters); please keep it under {limit}."),
    "unknown_command": ("没有“{name}”这个命令。写“帮助”看能做什么。", "沒有「{name}」這個命令。寫「幫助」看能做什麼。", "There is no command {name}; /help lists what there is."),
    "admins_only": ("这个命令只有管理员能用。", "這個命令只有管理員能用。", "Only admins may use this command."),
    "start": (
        "您好，我是闻答。我从收录的文章里摘原话回答，每段都注明媒体和日期；找不到就直说，不会猜。",
        "您好，我是聞答。我從收錄的文章裡摘原話回答，每段都註明媒體和日期；找不到就直說，不會猜。",
        "Hello, this is Wenda. I answer by quoting the articles in here, each with its outlet and date; where they do not say, I tell you so and never guess.",
    ),
    "try": ("可以这样问：", "可以這樣問：", "For example:"),
    "ask_freely": ("直接写问题就行。写“帮助”看能做什么。", "直接寫問題就行。寫「幫助」看能做什麼。", "Just write your question. /help lists what else there is."),
    "operator": ("维护：{operator}", "維護：{operator}", "Run by: {operator}"),
    "contact": ("联系：{contact}", "聯絡：{contact}", "Contact: {contact}"),
    "privacy": (
        "问题只在本机查找和记录，不发给别的服务；写“忘记我”就删去。",
        "問題只在本機查找和記錄，不發給別的服務；寫「忘記我」就刪去。",
        "Questions are looked up and kept on this machine only, and sent to no other service; /forget deletes yours.",
    ),
    "privacy_kept": (
        "问题和给您的摘录记在这台机器上，保存{days}天，为的是接着问、按按钮和核对引用。",
        "問題和給您的摘錄記在這台機器上，保存{days}天，為的是接著問、按按鈕和核對引用。",
        "Your questions and the excerpts you got are kept on this machine for {days} days, for follow-ups, buttons and checking citations.",
    ),
    "privacy_kept_always": (
        "问题和给您的摘录记在这台机器上，一直保存，为的是接着问、按按钮和核对引用。",
        "問題和給您的摘錄記在這台機器上，一直保存，為的是接著問、按按鈕和核對引用。",
        "Your questions and the excerpts you got are kept on this machine without a limit, for follow-ups, buttons and checking citations.",
    ),
    "privacy_rest": (
        "评价只记一个代号，看不出是谁。问题不发给别的服务；经聊天软件来的消息，聊天软件自己也会保存。\n写“忘记我”就删去您在这里的问答。",
        "評價只記一個代號，看不出是誰。問題不發給別的服務；經聊天軟體來的訊息，聊天軟體自己也會保存。\n寫「忘記我」就刪去您在這裡的問答。",
        "Ratings are kept under a digest that does not tell who you are. Questions go to no other service; a chat app keeps its own messages.\n/forget deletes your questions here.",
    ),
    "help_privacy": ("记下什么，保存多久", "記下什麼，保存多久", "what is kept, and for how long"),
    "help": ("直接写问题，例如：{example}\n接着问也行，例如“那2020年呢？”\n\n命令：", "直接寫問題，例如：{example}\n接著問也行，例如「那2020年呢？」\n\n命令：", "Just write a question, for example: {example}\nFollow-ups work too: 那2020年呢？\n\nCommands:"),
    "help_plain": ("直接写问题就行，也可以接着问，例如“那2020年呢？”\n\n命令：", "直接寫問題就行，也可以接著問，例如「那2020年呢？」\n\n命令：", "Just write a question; follow-ups such as 那2020年呢？ work too.\n\nCommands:"),
    "command": ("/{name} {help}", "/{name} {help}", "/{name} {help}"),
    "command_word": ("/{name}（{word}） {help}", "/{name}（{word}） {help}", "/{name} ({word}) {help}"),
    "sources": ("收录的文章，从新到旧（{count}篇）：", "收錄的文章，從新到舊（{count}篇）：", "The articles in here, newest first ({count}):"),
    "listed": ("{number}. {title}\n{outlet}，{date}", "{number}. {title}\n{outlet}，{date}", "{number}. {title}\n{outlet}, {date}"),
    "listed_brief": ("{number}. {title}\n{outlet}，{date}（编者整理）", "{number}. {title}\n{outlet}，{date}（編者整理）", "{number}. {title}\n{outlet}, {date} (editor's brief)"),
    "language_ask": ("界面用哪种文字？", "介面用哪種文字？", "Which language should the interface use?"),
    "language_set": ("界面改为{language}。文章摘录保持原文。", "介面改為{language}。文章摘錄保持原文。", "The interface is now in {language}. Excerpts stay as they were written."),
    "language_unknown": ("没有“{name}”这种界面。可以选：{choices}", "沒有「{name}」這種介面。可以選：{choices}", "There is no interface in “{name}”. There are: {choices}"),
    "quit": ("再见。", "再見。", "Goodbye."),
    "forgotten": ("已忘记您在这里的{count}条问答。", "已忘記您在這裡的{count}條問答。", "Forgot your {count} questions here."),
    "ask_again": ("请在下面写您的问题。", "請在下面寫您的問題。", "Please write your question."),
    # What went wrong
    "library_empty": ("还没有收录文章。请管理员先更新索引。", "還沒有收錄文章。請管理員先更新索引。", "There are no articles in here yet; an admin has to index some first."),
    "failed": ("现在做不到：{reason}", "現在做不到：{reason}", "This could not be done: {reason}"),
    "unreachable": ("报库现在连不上，请稍后再问。", "報庫現在連不上，請稍後再問。", "The archive is not reachable now; please ask again later."),
    "failed_plain": ("现在做不到，请稍后再试。", "現在做不到，請稍後再試。", "This cannot be done right now; please try again later."),
    "reported": ("有人说“{what}”，问题是：{question}", "有人說「{what}」，問題是：{question}", "Someone says “{what}” of the answer to: {question}"),
    # What commands do
    "help_start": ("介绍和例子", "介紹和例子", "introduction and examples"),
    "help_help": ("怎么用", "怎麼用", "how to use it"),
    "help_about": ("这里收录了什么，由谁维护", "這裡收錄了什麼，由誰維護", "what is in here and who runs it"),
    "help_sources": ("收录的文章", "收錄的文章", "the articles in here"),
    "help_ask": ("问一个问题（群里用）", "問一個問題（群組裡用）", "ask a question (for groups)"),
    "help_more": ("同一问题的更多段落", "同一問題的更多段落", "more passages for the last question"),
    "help_context": ("上一段摘录的前后文", "上一段摘錄的前後文", "the sentences around the last excerpt"),
    "help_original": ("看引用的文章", "看引用的文章", "the cited article"),
    "help_useful": ("上一条回答有用", "上一條回答有用", "the last answer was useful"),
    "help_wrong": ("上一条回答不对或过时", "上一條回答不對或過時", "the last answer was wrong or outdated"),
    "help_language": ("界面文字：简、繁、英", "介面文字：簡、繁、英", "language of the interface"),
    "help_forget": ("忘记我在这里的问答", "忘記我在這裡的問答", "forget my questions here"),
    "help_quit": ("离开", "離開", "leave"),
    # A chat app: who may, when, and what it cannot read
    "stranger": (
        "这个闻答只为获准的人服务。您的号码是 {id}，管理员可以按号码让您使用。",
        "這個聞答只為獲准的人服務。您的號碼是 {id}，管理員可以按號碼讓您使用。",
        "This Wenda answers only people who were let in. Your number is {id}; an admin can let you in by it.",
    ),
    "stranger_group": (
        "这个群还没有获准使用闻答。群号是 {id}，管理员可以按群号允许。",
        "這個群組還沒有獲准使用聞答。群組號碼是 {id}，管理員可以按號碼允許。",
        "This group has not been let in yet. Its number is {id}; an admin can let it in by that.",
    ),
    "stranger_alert": ("您还没有获准使用闻答。", "您還沒有獲准使用聞答。", "You have not been let in yet."),
    "group_hello": (
        "大家好，我是闻答，从收录的文章里摘原话回答。\n在群里请用 /ask 加问题，或者 @{name} 加问题，也可以直接回复我的回答接着问。其他消息我不看。",
        "大家好，我是聞答，從收錄的文章裡摘原話回答。\n在群組裡請用 /ask 加問題，或者 @{name} 加問題，也可以直接回覆我的回答接著問。其他訊息我不看。",
        "Hello, this is Wenda; I answer by quoting the articles in here.\nIn this group, write /ask and your question, or @{name} and your question, or reply to one of my answers to go on. I look at nothing else.",
    ),
    "late": ("刚恢复，您{when}问的是：{question}", "剛恢復，您{when}問的是：{question}", "Back just now; {when} you asked: {question}"),
    "late_today": ("今天{time}", "今天{time}", "today at {time}"),
    "late_yesterday": ("昨天{time}", "昨天{time}", "yesterday at {time}"),
    "late_day": ("{date}{time}", "{date}{time}", "on {date} at {time}"),
    "limit_user": (
        "您问得太快了，请{seconds}秒后再问；这之前的问题请到时重发。",
        "您問得太快了，請{seconds}秒後再問；這之前的問題請到時重發。",
        "That is too many questions at once; please go on in {seconds} seconds, and send what you ask before then again.",
    ),
    "limit_group": (
        "群里问得太快了，请{seconds}秒后再问；这之前的问题请到时重发。",
        "群組裡問得太快了，請{seconds}秒後再問；這之前的問題請到時重發。",
        "That is too many questions in this group at once; please go on in {seconds} seconds, and send what you ask before then again.",
    ),
    "apology": ("抱歉，刚才出了错，这个问题没能回答。请稍后再问一次。", "抱歉，剛才出了錯，這個問題沒能回答。請稍後再問一次。", "Sorry, something went wrong with that one; please ask again in a while."),
    "media_voice": ("谢谢，可我听不了语音。请把问题打成字。", "謝謝，可我聽不了語音。請把問題打成字。", "Thank you, but I cannot listen; please write your question."),
    "media_photo": ("谢谢，可我看不了图片和视频。请把问题打成字。", "謝謝，可我看不了圖片和影片。請把問題打成字。", "Thank you, but I cannot see pictures; please write your question."),
    "media_sticker": ("您好！请直接写您的问题。", "您好！請直接寫您的問題。", "Hello! Just write your question."),
    "media_other": ("这个我看不懂。请把问题打成字。", "這個我看不懂。請把問題打成字。", "I cannot read that; please write your question."),
    "button_gone": ("这个按钮已经失效，请再问一次。", "這個按鈕已經失效，請再問一次。", "This button no longer works; please ask again."),
    "link_not_yours": ("这是另一个群里的回答，只有那里的成员能看。", "這是另一個群組裡的回答，只有那裡的成員能看。", "That answer was given in another group; only its members can read on."),
    "inline_hint": ("写一个问题", "寫一個問題", "Write a question"),
    "inline_none": ("没有找到，私聊里再试试", "沒有找到，私聊裡再試試", "Nothing found; try in the private chat"),
    # Small talk
    "talk_greeting": ("您好！请直接写您的问题。", "您好！請直接寫您的問題。", "Hello! Just write your question."),
    "talk_thanks": ("不客气，有问题再问我。", "不客氣，有問題再問我。", "You are welcome; ask again any time."),
    "talk_goodbye": ("再见！", "再見！", "Goodbye!"),
    "talk_identity": ("我是闻答，只摘收录文章的原话来回答。", "我是聞答，只摘收錄文章的原話來回答。", "I am Wenda; I answer only by quoting the articles in here."),
    "talk_ability": (
        "我在收录的文章里查找，摘原话回答，并注明媒体和日期。请直接写您的问题。",
        "我在收錄的文章裡查找，摘原話回答，並註明媒體和日期。請直接寫您的問題。",
        "I look through the articles in here and quote them with outlet and date. Just write your question.",
    ),
    "talk_praise": ("谢谢夸奖，有问题再问我。", "謝謝誇獎，有問題再問我。", "Thank you; ask again any time."),
    "talk_complaint": ("抱歉没帮上忙。换个说法或写上地名、年份再问一次，也许能找到。", "抱歉沒幫上忙。換個說法或寫上地名、年份再問一次，也許能找到。", "Sorry that did not help. Other words, a place or a year may find it."),
    "talk_empty": ("请写一个问题。", "請寫一個問題。", "Please write a question."),
    "talk_odd": ("没看懂。请用一句话写您的问题。", "沒看懂。請用一句話寫您的問題。", "I could not read that; please write your question in a sentence."),
}  # fmt: skip


def say(language: Language, key: str, /, **values: object) -> str:
    """The words under *key* in *language*, with *values* filled in."""
    return _WORDS[key][LANGUAGES.index(language)].format(**values)


def has(key: str) -> bool:
    return key in _WORDS


def small_talk(language: Language, kind: str) -> str:
    """The friendly reply to small talk of a kind (`greeting`, `thanks`, …); words that are no kind are kept."""
    return say(language, f"talk_{kind}") if has(f"talk_{kind}") else kind


def names_rate(text: str) -> bool:
    """Whether *text* speaks of a rate that an office sets and changes: an allowance, a fee, a wage, a standard."""
    return any(word in text for word in _RATES)


def means_unknown(text: str) -> bool:
    """Whether an admin means by *text* that there is nothing to say, or that it is not known."""
    return text.strip().lower() in ("-", "—", "——", "－", "不详", "不詳", "unknown")


def names_issue(outlet: str) -> bool:
    """Whether an outlet ends with the number of an issue (2019年11期), which says more than the page's date."""
    return outlet.endswith("期")


def phase(language: Language, name: str) -> str:
    """The name of a reindex's phase in words."""
    return say(language, f"phase_{name}") if has(f"phase_{name}") else name


def language(name: str) -> Language | None:
    """The interface language that people mean by *name* (a code, 繁体, English), or None."""
    written = name.strip().lower()
    for code, names in _LANGUAGE_WORDS.items():
        if written == code.lower() or written in names:
            return code
    return None


def script(text: str) -> Language | None:
    """The script of *text*: by its Han characters that exist in one script only, or English where it has none but letters."""
    hant = sum(_encodes(character, "big5") and not _encodes(character, "gb2312") for character in text)
    hans = sum(_encodes(character, "gb2312") and not _encodes(character, "big5") for character in text)
    if hans or hant:
        return "zh-Hant" if hant > hans else "zh-Hans"
    if any("\u3400" <= character <= "\u9fff" for character in text):
        return None
    return "en" if sum(character.isascii() and character.isalpha() for character in text) > 1 else None


def fitting(text: str, *preferred: Language | None) -> Language:
    """The first of the *preferred* languages that fits *text*: Han characters are not answered in English."""
    han = any("\u3400" <= character <= "\u9fff" for character in text)
    return next((language for language in preferred if language and not (han and language == "en")), "zh-Hans")


def _encodes(character: str, encoding: str) -> bool:
    """Whether a Han *character* is in the character set that Big5 (Traditional) or GB 2312 (Simplified) encodes."""
    try:
        return "\u3400" <= character <= "\u9fff" and bool(character.encode(encoding))
    except UnicodeEncodeError:
        return False


def number(language: Language, n: int) -> str:
    """*n* as the number of a heading: 一, 二, 三 or 1, 2, 3."""
    return _NUMERALS[n - 1] if language != "en" and 0 < n <= len(_NUMERALS) else str(n)


def date(language: Language, iso: str | None) -> str:
    """A date as people write it, as precise as it is known: 2020年11月2日, November 2019, 2019年."""
    if not iso:
        return say(language, "no_date")
    year, month, day = ([int(part) for part in iso[:10].split("-")] + [0, 0])[:3]
    if language != "en":
        return f"{year}年" + (f"{month}月" if month else "") + (f"{day}日" if day else "")
    return " ".join(([str(day)] if day else []) + ([_MONTHS[month - 1]] if month else []) + [str(year)])


def short_date(language: Language, month: int, day: int) -> str:
    """A day below a chart: 11月2日, 2 Nov."""
    return f"{month}月{day}日" if language != "en" else f"{day} {_MONTHS[month - 1][:3]}"
