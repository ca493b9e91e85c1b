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
    # What commands do
    "help_stats": ("问了多少，答出多少（管理员）", "問了多少，答出多少（管理員）", "how much was asked and answered (admins)"),
}  # fmt: skip
