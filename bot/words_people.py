"""What is said about people: claiming, letting in, admins; the entries are as in `bot.words`, which joins them with the others."""

from __future__ import annotations

PEOPLE: dict[str, tuple[str, str, str]] = {
    # The first admin
    "claimed": (
        "好，您是这里的管理员了，认领码已作废。\n现在只有管理员能提问。要让别人用，写 /allow 加号码；要添加管理员，写 /admin 加号码；能做的都在 /help 里。",
        "好，您是這裡的管理員了，認領碼已作廢。\n現在只有管理員能提問。要讓別人用，寫 /allow 加號碼；要新增管理員，寫 /admin 加號碼；能做的都在 /help 裡。",
        "Done: you are the admin here, and the code is used up.\nOnly admins are answered so far. /allow and a number lets somebody in, /admin and a number makes another admin; /help lists the rest.",
    ),
    "claimed_open": (
        "好，您是这里的管理员了，认领码已作废。\n要添加管理员，写 /admin 加号码；能做的都在 /help 里。",
        "好，您是這裡的管理員了，認領碼已作廢。\n要新增管理員，寫 /admin 加號碼；能做的都在 /help 裡。",
        "Done: you are the admin here, and the code is used up.\n/admin and a number makes another admin; /help lists the rest.",
    ),
    "claim_wrong": ("认领码不对。", "認領碼不對。", "That is not the code."),
    "claim_void": (
        "这个认领码不能再用了。请在运行闻答的机器上写 wenda claim，取一个新的。",
        "這個認領碼不能再用了。請在執行聞答的機器上寫 wenda claim，取一個新的。",
        "This code can no longer be used; `wenda claim` on the machine that runs Wenda prints a new one.",
    ),
    "claim_none": ("现在没有可用的认领码。", "現在沒有可用的認領碼。", "There is no code to claim with now."),
    "claim_private": ("请在和我的私聊里写认领码。", "請在和我的私聊裡寫認領碼。", "Please send the code in the private chat with me."),
    # Asking to be let in
    "stranger_ask": ("点下面的按钮，我就替您问。", "點下面的按鈕，我就替您問。", "Press the button and I will ask for you."),
    "button_ask_in": ("请管理员允许", "請管理員允許", "Ask the admins"),
    "asked_in": ("已转告管理员。允许以后，我会在这里告诉您。", "已轉告管理員。允許以後，我會在這裡告訴您。", "The admins have been asked; you will hear from me here once you are let in."),
    "asked_already": ("今天已经转告过了，请等管理员决定。", "今天已經轉告過了，請等管理員決定。", "The admins were asked already; please wait for them, or ask again tomorrow."),
    "asked_nobody": ("这里还没有管理员，暂时没有人能允许。", "這裡還沒有管理員，暫時沒有人能允許。", "There is no admin here yet who could let you in."),
    "asked_needless": ("您已经可以提问了，直接写问题就行。", "您已經可以提問了，直接寫問題就行。", "You are let in already; just write your question."),
    "plea": (
        "有人请求使用闻答：\n{person}\n名字是对方自己取的，请看清号码。",
        "有人請求使用聞答：\n{person}\n名字是對方自己取的，請看清號碼。",
        "Somebody asks to be let in:\n{person}\nPeople choose their names themselves; mind the number.",
    ),
    "plea_group": (
        "有人请求让一个群使用闻答：\n{person}\n请求的人：{asker}",
        "有人請求讓一個群組使用聞答：\n{person}\n請求的人：{asker}",
        "Somebody asks that a group be let in:\n{person}\nAsked by: {asker}",
    ),
    "button_let_in": ("允许", "允許", "Let in"),
    "button_keep_out": ("拒绝", "拒絕", "Refuse"),
    "plea_allow": ("{who}允许了{person}。", "{who}允許了{person}。", "{who} let {person} in."),
    "plea_deny": ("{who}拒绝了{person}。", "{who}拒絕了{person}。", "{who} refused {person}."),
    "plea_admin": ("{who}已经让{person}当管理员。", "{who}已經讓{person}當管理員。", "{who} made {person} an admin."),
    "plea_before": ("已经决定过了：{what}", "已經決定過了：{what}", "This was decided before: {what}"),
    "plea_gone": ("这个请求已经不在了。", "這個請求已經不在了。", "That request is no longer kept."),
    "you": ("您", "您", "You"),
    "let_in": ("管理员允许您提问了，直接写问题就行。", "管理員允許您提問了，直接寫問題就行。", "You have been let in; just write your question."),
    "let_in_group": (
        "管理员允许这个群使用了。请用 /ask 加问题，或者回复我的回答接着问。",
        "管理員允許這個群組使用了。請用 /ask 加問題，或者回覆我的回答接著問。",
        "This group has been let in. Write /ask and your question, or reply to one of my answers to go on.",
    ),
    # People by name
    "person": ("“{name}”（{id}）", "「{name}」（{id}）", "“{name}” ({id})"),
    "person_unnamed": ("{id}", "{id}", "{id}"),
    "person_local": ("这台机器上的命令行", "這台機器上的命令列", "the command line on this machine"),
    "person_unknown": ("不详", "不詳", "somebody"),
    # Letting in, shutting out, admins
    "already_allow": ("{person}本来就可以使用，什么也没改。", "{person}本來就可以使用，什麼也沒改。", "{person} is let in already; nothing was changed."),
    "already_deny": ("{person}本来就不能使用，什么也没改。", "{person}本來就不能使用，什麼也沒改。", "{person} is shut out already; nothing was changed."),
    "already_admin": ("{person}本来就是管理员，什么也没改。", "{person}本來就是管理員，什麼也沒改。", "{person} is an admin already; nothing was changed."),
    "deny_admin": (
        "{person}是管理员，不能拒绝。要先取消：/unadmin {id}",
        "{person}是管理員，不能拒絕。要先取消：/unadmin {id}",
        "{person} is an admin and cannot be shut out; first /unadmin {id}",
    ),
    "how_admin": (
        "请写 /admin 加一个人的号码，例如 /admin 123456789。各人写 /privacy 就能看到自己的号码。",
        "請寫 /admin 加一個人的號碼，例如 /admin 123456789。各人寫 /privacy 就能看到自己的號碼。",
        "Write /admin and a person's number, such as /admin 123456789. /privacy tells people their own.",
    ),
    "how_unadmin": (
        "请写 /unadmin 加一个管理员的号码，例如 /unadmin 123456789。号码在 /who 里。",
        "請寫 /unadmin 加一個管理員的號碼，例如 /unadmin 123456789。號碼在 /who 裡。",
        "Write /unadmin and an admin's number, such as /unadmin 123456789; /who lists them.",
    ),
    "admin_denied": (
        "{person}在不能使用的名单里，那里优先。请先 /allow {id}",
        "{person}在不能使用的名單裡，那裡優先。請先 /allow {id}",
        "{person} is shut out, which wins over everything; first /allow {id}",
    ),
    "admin_made": ("好，{person}现在是管理员了。", "好，{person}現在是管理員了。", "Done: {person} is an admin now."),
    "admin_unmade": ("好，{person}不再是管理员。", "好，{person}不再是管理員。", "Done: {person} is no longer an admin."),
    "admin_fixed": (
        "{person}是在设置 WENDA_ADMINS 里定的，聊天里改不了。",
        "{person}是在設定 WENDA_ADMINS 裡定的，聊天裡改不了。",
        "{person} is an admin by the setting WENDA_ADMINS, which cannot be changed from here.",
    ),
    "admin_last": (
        "{person}是最后一个管理员，不能取消。请先添加另一个：/admin 加号码",
        "{person}是最後一個管理員，不能取消。請先新增另一個：/admin 加號碼",
        "{person} is the last admin and has to stay; first make another: /admin and a number",
    ),
    "admin_not": ("{person}不是管理员，什么也没改。", "{person}不是管理員，什麼也沒改。", "{person} is no admin; nothing was changed."),
    "admin_welcome": (
        "{who}让您当了闻答的管理员。能做的都在 /help 里；做错了可以 /undo。",
        "{who}讓您當了聞答的管理員。能做的都在 /help 裡；做錯了可以 /undo。",
        "{who} made you an admin of Wenda. /help lists what you can do; /undo takes slips back.",
    ),
    "admin_news": ("{who}添加了管理员{person}。", "{who}新增了管理員{person}。", "{who} made {person} an admin."),
    "unadmin_news": ("{who}取消了管理员{person}。", "{who}取消了管理員{person}。", "{who} removed {person} as an admin."),
    # Who is who
    "who_admins": ("管理员（{count}）：", "管理員（{count}）：", "Admins ({count}):"),
    "who_allowed": ("可以使用（{count}）：", "可以使用（{count}）：", "Let in ({count}):"),
    "who_denied": ("不能使用（{count}）：", "不能使用（{count}）：", "Shut out ({count}):"),
    "who_nobody": ("没有", "沒有", "nobody"),
    "who_everyone": ("所有人都可以提问（设置 WENDA_ALLOWED=*）。", "所有人都可以提問（設定 WENDA_ALLOWED=*）。", "Everybody is answered (WENDA_ALLOWED=*)."),
    "who_setting": ("{person}，由设置", "{person}，由設定", "{person}, by the settings"),
    "who_claim": ("{person}，{date}用认领码", "{person}，{date}用認領碼", "{person}, by claiming on {date}"),
    "who_act": ("{person}，{date}由{who}", "{person}，{date}由{who}", "{person}, by {who} on {date}"),
    "who_early": ("{person}，何时由谁不详", "{person}，何時由誰不詳", "{person}, since when and by whom is not known"),
    "who_undo": ("号码后面的名字是各人自己取的。", "號碼後面的名字是各人自己取的。", "People choose their names themselves."),
    "privacy_number": ("您的号码是 {id}。", "您的號碼是 {id}。", "Your number is {id}."),
    "privacy_people": (
        "请求使用，或者在允许、拒绝、管理员的名单上时，管理员看得到您的号码和您自己取的名字。",
        "請求使用，或者在允許、拒絕、管理員的名單上時，管理員看得到您的號碼和您自己取的名字。",
        "If you ask to be let in, or are on a list of those let in, shut out or admins, admins see your number and the name you chose.",
    ),
    # Taking back
    "act_allow": ("允许{person}使用", "允許{person}使用", "letting {person} in"),
    "act_deny": ("不让{person}使用", "不讓{person}使用", "shutting {person} out"),
    "act_admin": ("添加管理员{person}", "新增管理員{person}", "making {person} an admin"),
    "act_unadmin": ("取消管理员{person}", "取消管理員{person}", "removing {person} as an admin"),
    "act_about": ("介绍的改动，现在是：{before}", "介紹的改動，現在是：{before}", "the new introduction; it is now: {before}"),
    "act_contact": ("联系方式的改动，现在是：{before}", "聯絡方式的改動，現在是：{before}", "the new contact line; it is now: {before}"),
    "take_undo": (
        "最近做的一件事是收录{what}。要撤回吗？会重新更新一次索引。",
        "最近做的一件事是收錄{what}。要撤回嗎？會重新更新一次索引。",
        "The last thing an admin did was to take in {what}. Take it back out? That updates the index once more.",
    ),
    "several_articles": ("{title}等{count}篇", "{title}等{count}篇", "{title} and others, {count} in all"),
    "nothing": ("（空）", "（空）", "(nothing)"),
    # Texts
    "about_set": ("介绍改为：\n{about}", "介紹改為：\n{about}", "The introduction is now:\n{about}"),
    "about_gone": ("介绍去掉了。", "介紹去掉了。", "There is no introduction any more."),
    "contact_gone": ("联系方式去掉了。", "聯絡方式去掉了。", "There is no contact line any more."),
    "text_long": ("太长了（{length}字），请写在{limit}字以内。什么也没改。", "太長了（{length}字），請寫在{limit}字以內。什麼也沒改。", "That is too long ({length} characters); please keep it under {limit}. Nothing was changed."),
    # What commands do
    "help_claim": ("用认领码成为第一个管理员", "用認領碼成為第一個管理員", "become the first admin, by the code"),
    "help_admin": ("添加管理员：加号码（管理员）", "新增管理員：加號碼（管理員）", "make somebody an admin, by number (admins)"),
    "help_unadmin": ("取消管理员：加号码（管理员）", "取消管理員：加號碼（管理員）", "remove an admin, by number (admins)"),
    "help_who": ("谁是管理员，谁可以用（管理员）", "誰是管理員，誰可以用（管理員）", "who is an admin, who is let in (admins)"),
}  # fmt: skip
