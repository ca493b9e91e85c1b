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
    # A passage or a name that is withheld
    "help_withhold": ("撤下一段话或一个人名（管理员）", "撤下一段話或一個人名（管理員）", "withhold a passage or a name (admins)"),
    "how_withhold": (
        "撤下文章里的一段：/withhold 编号 那段原话（从文章里复制）\n撤下一个人名，含这个名字的句子都不再出现：/withhold 姓名\n编号用 /articles 查。",
        "撤下文章裡的一段：/withhold 編號 那段原話（從文章裡複製）\n撤下一個人名，含這個名字的句子都不再出現：/withhold 姓名\n編號用 /articles 查。",
        "A passage: /withhold, the article's id and its words, copied from the article\nA name, with every sentence that holds it: /withhold NAME\n/articles finds ids.",
    ),
    "withheld": (
        "撤下了{title}里的这段话：不再引用，看原文时写作【已撤下】，以后更新索引也一样。",
        "撤下了{title}裡的這段話：不再引用，看原文時寫作【已撤下】，以後更新索引也一樣。",
        "Withheld from {title}: these words are no longer quoted, stand as 【已撤下】 in the article, and stay away at every indexing.",
    ),
    "withheld_too": ("另外{count}篇有同样的话，也撤下了。", "另外{count}篇有同樣的話，也撤下了。", "Articles with the same words, where they were withheld too: {count}"),
    "withhold_not_there": (
        "{title}里没有找到这段话（至少4个字），什么也没改。请从文章里复制原话。",
        "{title}裡沒有找到這段話（至少4個字），什麼也沒改。請從文章裡複製原話。",
        "{title} does not hold these words (4 characters at least); nothing was changed. Please copy them from the article.",
    ),
    "withhold_nowhere": ("没有文章提到“{name}”，什么也没改。", "沒有文章提到「{name}」，什麼也沒改。", "No article holds “{name}”; nothing was changed."),
    "withhold_too_common": (
        "“{name}”出现在{articles}篇文章里，太多了，不像人名，什么也没改。请写全名；整篇不要就用 /withdraw。",
        "「{name}」出現在{articles}篇文章裡，太多了，不像人名，什麼也沒改。請寫全名；整篇不要就用 /withdraw。",
        "“{name}” stands in {articles} articles: too many for a name; nothing was changed. Write the whole name; /withdraw takes out a whole article.",
    ),
    "withhold_too_long": (
        "“{name}”太长，不像人名。撤下一段话：/withhold 编号 那段原话",
        "「{name}」太長，不像人名。撤下一段話：/withhold 編號 那段原話",
        "“{name}” is too long for a name. A passage: /withhold, the article's id and its words",
    ),
    "withhold_sure": (
        "“{name}”出现在{articles}篇文章的{sentences}句话里。要把这些句子都撤下吗？文章的其他内容不变。",
        "「{name}」出現在{articles}篇文章的{sentences}句話裡。要把這些句子都撤下嗎？文章的其他內容不變。",
        "“{name}” stands in {sentences} sentences of {articles} articles. Withhold all of them? The rest of the articles stays.",
    ),
    "button_withhold": ("撤下这些句子", "撤下這些句子", "Withhold them"),
    "withheld_name": (
        "撤下了{count}篇文章里含“{name}”的句子：不再引用，看原文时写作【已撤下】，以后更新索引也一样。",
        "撤下了{count}篇文章裡含「{name}」的句子：不再引用，看原文時寫作【已撤下】，以後更新索引也一樣。",
        "Withheld from {count} articles: the sentences with “{name}”. They are no longer quoted, stand as 【已撤下】, and stay away at every indexing.",
    ),
    "passage_withheld": ("这段话已撤下，不再引用。", "這段話已撤下，不再引用。", "These words were withheld and are no longer quoted."),
    "act_withheld": ("撤下{title}里的一段话", "撤下{title}裡的一段話", "the withholding of a passage of {title}"),
    "act_withheld_name": ("撤下含“{value}”的句子", "撤下含「{value}」的句子", "the withholding of “{value}”"),
}  # fmt: skip
