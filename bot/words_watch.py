"""What admins read about how things go: figures, the week, what needs a hand; the entries are as in `bot.words`, which joins them."""

from __future__ import annotations

WATCH: dict[str, tuple[str, str, str]] = {
    # Figures
    "stats_span": ("最近7天（{begin}至{end}）：", "最近7天（{begin}至{end}）：", "The last seven days ({begin} to {end}):"),
    "stats_asked": ("问题：{count}个（之前7天：{before}个）", "問題：{count}個（之前7天：{before}個）", "Questions: {count} (the seven days before: {before})"),
    "stats_share": (
        "有答案：{answered}个，占{share}（之前7天：{before}）",
        "有答案：{answered}個，占{share}（之前7天：{before}）",
        "Answered: {answered}, which is {share} (the seven days before: {before})",
    ),
    "stats_rest": ("只有相近的：{related}个　没有找到：{missed}个", "只有相近的：{related}個　沒有找到：{missed}個", "Only something close: {related}. Nothing found: {missed}"),
    "stats_askers": ("提问的人：{count}个", "提問的人：{count}個", "People asking: {count}"),
    "stats_wrong": ("说答案不对或过时的：{count}次", "說答案不對或過時的：{count}次", "Answers called wrong or outdated: {count}"),
    "stats_cited": ("引用最多的文章：", "引用最多的文章：", "Articles cited most:"),
    "stats_article": ("{number}. {title}，{times}次", "{number}. {title}，{times}次", "{number}. {title}, {times}×"),
    "stats_none": ("最近7天没有人提问。之前7天：{before}个问题。", "最近7天沒有人提問。之前7天：{before}個問題。", "Nobody asked anything in the last seven days; in the seven before: {before} questions."),
    "stats_kept": (
        "只数人，不记是谁问的；已经忘记的问答不算在内。",
        "只數人，不記是誰問的；已經忘記的問答不算在內。",
        "People are counted, not named; what was forgotten does not count.",
    ),
    "no_share": ("无", "無", "none"),
    # The picture
    "chart_title": ("每天的问题", "每天的問題", "Questions a day"),
    "chart_answered": ("有答案", "有答案", "answered"),
    "chart_related": ("只有相近的", "只有相近的", "only something close"),
    "chart_missed": ("没有找到", "沒有找到", "nothing found"),
    "chart_share": ("有答案的比例（7天合计）", "有答案的比例（7天合計）", "Share answered (over seven days)"),
    # The week
    "digest": ("上一周（{begin}至{end}）：", "上一週（{begin}至{end}）：", "Last week ({begin} to {end}):"),
    "digest_quiet": ("上一周（{begin}至{end}）没有人提问，也没有别的事。", "上一週（{begin}至{end}）沒有人提問，也沒有別的事。", "Last week ({begin} to {end}) was quiet: nobody asked anything."),
    "digest_gaps": ("问了没有答案的：", "問了沒有答案的：", "Asked without an answer:"),
    "digest_gap": ("{number}. {what}，{times}次", "{number}. {what}，{times}次", "{number}. {what}, {times}×"),
    "digest_newest": ("最新的文章：{title}，{outlet}，{date}", "最新的文章：{title}，{outlet}，{date}", "Newest article: {title}, {outlet}, {date}"),
    "backup_last": ("上次备份：{date}", "上次備份：{date}", "Last backup: {date}"),
    "backup_none": ("还没有备份过。", "還沒有備份過。", "There was no backup yet."),
    "button_gaps": ("没有答案的问题", "沒有答案的問題", "Questions without an answer"),
    "button_stats": ("数字和图", "數字和圖", "Figures"),
    # What needs a hand, and when it is over
    "alarm_disk": (
        "磁盘快满了，只剩{free} GB。请腾出空间，否则更新索引、备份和记录会失败。",
        "磁碟快滿了，只剩{free} GB。請騰出空間，否則更新索引、備份和記錄會失敗。",
        "The disk is nearly full: {free} GB left. Make room, or reindexing, backups and the ledger will fail.",
    ),
    "over_disk": ("磁盘空间又够了。", "磁碟空間又夠了。", "There is room on the disk again."),
    "alarm_backup": (
        "已经{days}天没有备份。请在机器上运行 wenda backup 文件名，最好用定时器。",
        "已經{days}天沒有備份。請在機器上執行 wenda backup 檔名，最好用定時器。",
        "The last backup is {days} days old. Run `wenda backup FILE` on the machine, best by a timer.",
    ),
    "over_backup": ("又有新的备份了。", "又有新的備份了。", "There is a fresh backup again."),
    "alarm_no_backup": (
        "用了{days}天，还没有备份过。请在机器上运行 wenda backup 文件名，最好用定时器。",
        "用了{days}天，還沒有備份過。請在機器上執行 wenda backup 檔名，最好用定時器。",
        "In {days} days there was no backup yet. Run `wenda backup FILE` on the machine, best by a timer.",
    ),
    "over_no_backup": ("有第一份备份了。", "有第一份備份了。", "There is a first backup now."),
    "alarm_reindex": (
        "最近一次更新索引没有成功，仍照旧的内容回答。请写 /reindex 再试一次，会说明原因。",
        "最近一次更新索引沒有成功，仍照舊的內容回答。請寫 /reindex 再試一次，會說明原因。",
        "The last reindex failed; the old state goes on answering. /reindex tries again and says why.",
    ),
    "over_reindex": ("索引又更新成功了。", "索引又更新成功了。", "The index is up to date again."),
    "alarm_cluster": (
        "连不上集群，现在答不了问题。请看看集群是否在运行，网络通不通。",
        "連不上叢集，現在答不了問題。請看看叢集是否在運行，網路通不通。",
        "The cluster cannot be reached, so questions are not answered. See whether it runs, and the network.",
    ),
    "over_cluster": ("又连上集群了。", "又連上叢集了。", "The cluster can be reached again."),
    "alarm_ledger": (
        "记录写不进去：{reason}\n仍然回答问题，但不记下来，按钮和接着问会失灵。请看磁盘是否满了、文件能不能写。",
        "記錄寫不進去：{reason}\n仍然回答問題，但不記下來，按鈕和接著問會失靈。請看磁碟是否滿了、檔案能不能寫。",
        "The ledger cannot be written: {reason}\nQuestions are answered, but not kept; buttons and follow-ups will fail. See whether the disk is full or the file read-only.",
    ),
    "over_ledger": ("又能写记录了。", "又能寫記錄了。", "The ledger can be written again."),
    "was_down": (
        "我回来了。从{begin}到{end}（约{hours}小时）没有运行或连不上网，这期间的问题现在补答。",
        "我回來了。從{begin}到{end}（約{hours}小時）沒有運行或連不上網，這期間的問題現在補答。",
        "I am back. From {begin} to {end} (about {hours} h) I did not run or could not reach Telegram; what was asked meanwhile is answered now.",
    ),
    # What commands do
    "help_stats": ("问了多少，答出多少（管理员）", "問了多少，答出多少（管理員）", "how much was asked and answered (admins)"),
}  # fmt: skip
