"""What admins read about words, withheld passages, gaps and a reindex, in three languages; `bot.words` joins the entries."""

from __future__ import annotations

UPKEEP: dict[str, tuple[str, str, str]] = {
    # Names and synonyms
    "help_words": ("名称和同义词（管理员）", "名稱和同義詞（管理員）", "names and synonyms (admins)"),
    "words": ("现有的名称和同义词（{count}）：", "現有的名稱和同義詞（{count}）：", "Names and synonyms ({count}):"),
    "words_none": ("还没有添加名称或同义词。", "還沒有新增名稱或同義詞。", "No name or synonym was added yet."),
    "word": ("· {word}", "· {word}", "· {word}"),
    "same_as": (" = ", " = ", " = "),
    "how_words": (
        "添加名称：/words 青原粉条\n添加同义词：/words 保健站=卫生室\n去掉：/words -青原粉条",
        "新增名稱：/words 青原粉條\n新增同義詞：/words 保健站=衛生室\n去掉：/words -青原粉條",
        "A name: /words 青原粉条\nA synonym: /words 保健站=卫生室\nTo take one away: /words -青原粉条",
    ),
    "word_added": (
        "好，“{word}”从现在起是一个整词，文章和问题都不再切开。",
        "好，「{word}」從現在起是一個整詞，文章和問題都不再切開。",
        "Done: “{word}” is one word from now on, in articles and in questions.",
    ),
    "wording_added": (
        "好，从下一问起，这几个词当作同一个意思来找：{word}",
        "好，從下一問起，這幾個詞當作同一個意思來找：{word}",
        "Done: from the next question on, these words find each other: {word}",
    ),
    "words_absent": ("收录的文章里没有：{words}", "收錄的文章裡沒有：{words}", "No article holds: {words}"),
    "word_gone": ("去掉了：{word}\n30天内写“撤销”或 /undo 就恢复。", "去掉了：{word}\n30天內寫「撤銷」或 /undo 就恢復。", "Taken away: {word}\nWithin 30 days, /undo takes this back."),
    "word_unknown": ("没有添加过“{word}”。有哪些，写 /words 看。", "沒有新增過「{word}」。有哪些，寫 /words 看。", "“{word}” was never added; /words lists what was."),
    "word_refused": (
        "“{word}”没有添加：已经有了，或者不是2到20个字的词。同义词写成“甲=乙”。",
        "「{word}」沒有新增：已經有了，或者不是2到20個字的詞。同義詞寫成「甲=乙」。",
        "“{word}” was not added: it is known already, or is not a word of 2 to 20 characters. A synonym is written A=B.",
    ),
    "words_cluster": (
        "“{word}”没有添加：用集群存文章时，词只按词典切，不能加名称。同义词可以加：/words 甲=乙",
        "「{word}」沒有新增：用叢集存文章時，詞只按詞典切，不能加名稱。同義詞可以加：/words 甲=乙",
        "“{word}” was not added: a cluster's articles are cut by the dictionary alone. Synonyms work: /words A=B",
    ),
    "act_word": ("添加名称“{value}”", "新增名稱「{value}」", "the name “{value}”"),
    "act_wording": ("添加同义词“{value}”", "新增同義詞「{value}」", "the synonyms “{value}”"),
    "act_unword": ("去掉“{value}”", "去掉「{value}」", "the removal of “{value}”"),
}  # fmt: skip
