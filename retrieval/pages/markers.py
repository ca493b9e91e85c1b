"""What a line of a page is by its words alone: menu, widget, caption, tail marker, label. All on folded text.

The tables hold Simplified forms only: `fold` has made 責任編輯 責任编辑's twin before a table is asked. Every pattern is
linear in the length of the line, and lines that are longer than a marker can be are not asked at all.
"""

from __future__ import annotations

import re

# --- the end of the body -----------------------------------------------------------------------------------------------

# A line that is, or begins with, one of these ends the body, whatever follows it (lists under them can be longer than the article).
_LISTS = (
    r"相关(?:阅读|新闻|内容|报道|报导|推荐|焦点|文章|链接|资讯|专题|信息|稿件|话题|视频|图片|主题|搜索|资料|标签|评论|消息)|延伸阅读|拓展阅读|深度阅读|更多阅读|扩展阅读"
    r"|猜[你您]喜欢|(?:新闻|热点|热门|精彩|精选|编辑|今日|本站|最新|站内|本周|图文|内容|文章|好文|视频|网友|栏目|头条|专题|重点)推荐|推荐(?:阅读|内容|文章|新闻|资讯|视频|专题|图片)"
    r"|为[你您]推荐|往期(?:推荐|回顾|精彩|文章|阅读|内容|精选)|(?:最新|最近)(?:消息|新闻|文章|资讯|动态|发布|更新|内容|报道)|(?:热门|热点|热读|热评|今日热)(?:文章|新闻|话题|排行|资讯|标签|图片|视频|搜索|榜)?|(?:点击|阅读|新闻|热度|人气|周|月|本日|24小时)排行榜?"
    r"|[你您]可能(?:还|也|会|还会|也会|)?(?:喜欢|感兴趣|想看)|[你您]也许喜欢|大家都在(?:搜|看|读|聊)|大家(?:还|正)在看|看过本文的人|看了(?:又|还)看|本类推荐|本类热门|同类(?:文章|新闻)|本栏(?:推荐|热门)|其他人也?(?:在看|看了)|更多(?:.{0,8})(?:报道|报导|新闻|文章|内容|资讯|推荐|精彩)"
    r"|今日(?:热门|热点|头条|要闻)|热搜|(?:频道|栏目)(?:热门|精选|头条)|精彩(?:图片|图集|视频|专题|回顾)|图片新闻|高清图集|下期预告|也看看|还看了|人气新闻|实时新闻|即时新闻|焦点新闻|影音新闻|新闻快报|其他新闻|其它新闻|同日新闻|本版新闻|本版其他|今日其他"
)
_COMMENTS = (
    r"(?:网友|新闻|用户|最新|热门|全部|精彩|发表|我要|参与|文章|读者|查看)评论|网友(?:跟贴|跟帖|留言|热议)|评论列表|评论区|评论\(\d+\)|\d+条?评论|跟贴|跟帖|我来说两句|我有话说|发表看法|精选留言|写留言|留言板|文明上网|还可以输入|按(?:热度|时间)"
)
_ENDINGS = (
    r"参考文献|参考资料|注释|引文|责任编辑|责编|上一(?:篇|条|则|页)|下一(?:篇|条|则|页)|前一篇|后一篇|上篇|下篇"
    r"|关于我们|联系我们|关于本站|网站地图|隐私权?政策|版权所有|版权声明|版权与免责|copyright|©|\(c\)\s?\d{4}|[一-龥]icp[备证]|icp[备证]|[一-龥]?公网安备|互联网新闻信息服务|违法和不良信息"
    r"|免责(?:声明|条款)|特别声明|郑重声明|原标题|原文标题|转载请(?:注明|联系)|如需转载|未经授权|powered by|※\s?(?:发信站|文章网址|编辑|引述|来自)|技术支持|主办单位|网站标识码|备案号"
    r"|(?:校对|审核|监制|终审|二审|三审|初审|复审|编审|编校|值班编委|值班总编)\s?[:|丨/]|使用道具|快速回复|回复本帖|发表回复|回帖|本主题由|附件下载|相关附件"
)
_BUTTONS = (
    r"分享到|分享至|分享给|分享本文|分享此文|返回(?:顶部|列表|首页|上页|上一页|目录|主页)|回到?(?:顶部|上一?页|首页|列表)|页顶|打印本页|列印此?页|友善列印|关闭窗口|关闭本页"
    r"|扫一扫|长按(?:识别|扫描|关注|二维码|下图|图片)|识别二维码|扫描二维码|扫码|阅读原文|点个?[“\"]?(?:在看|赞)|(?:喜欢|觉得不错)就?点个?赞|欢迎(?:关注|转发|投稿)|关注我们"
    r"|(?:查看|展开|阅读|点击查看|点击阅读)(?:全文|更多|原文)|(?:收起|展开)$|加载更多|点击加载|投稿(?:邮箱|热线|信箱)|新闻热线|爆料(?:热线|电话)|举报(?:电话|邮箱|热线)"
    r"|推荐给朋友|告诉好友|收藏本文|我要纠错|我要分享|本文(?:网址|链接|地址|标签|关键词)|文章(?:网址|链接)|网址|标签|tags?|关键词|关键字|key ?words"
)
_LATIN = (
    r"related(?: (?:stories|articles|news|links|posts|coverage))?|read more|more (?:from|news|stories|on)|most (?:read|viewed|popular)|recommended|you may also like|editor'?s picks?|top stories|latest news|photos|comments?|leave a comment|share (?:this|on|to)|back to top|print this|all rights reserved|sign up|subscribe|tags|topics|key words|keywords|\(?editors?[:|]|contact (?:us|the)"
)
_DECOR = r"^[\s\W_]{0,6}"
_END_MARK = re.compile(r"^[\s\W_]{0,8}(?:完|全文完|正文完|本文完|the end|end|fin)[\s\W_]{0,8}$")
_HARD = re.compile(_DECOR + rf"(?:{_ENDINGS}|{_LATIN})")
_BUTTON = re.compile(_DECOR + rf"(?:{_BUTTONS})")
_HARD_LINE = re.compile(_DECOR + rf"(?:{_ENDINGS})\s?(?:[:】》>|]|\s|$)")
_BUTTON_LINE = re.compile(_DECOR + rf"(?:{_BUTTONS})\s?(?:[:】》>|]|\s|$)")
_LIST_HEAD = re.compile(_DECOR + rf"(?:{_LISTS}|{_COMMENTS}|(?:{_LATIN})\b)")
_LINE_NAV = re.compile(_DECOR + r"(?:\d\s?)?(?:上一(?:篇|条|则|期|版)|下一(?:篇|条|则|期|版)|前一篇|后一篇)(?:文章|新闻|：|:|\s|$|\d)")
_LONG_END = re.compile(
    _DECOR + r"(?:声明\s?[:】]|免责声明|特别声明|郑重声明|版权声明|版权与免责|转载请注明|转载声明|来源\s?:|文章来源\s?:|信息来源\s?:|稿件来源\s?:|原标题\s?:|原文(?:标题|链接|网址)\s?:|参考文献|copyright|©|powered by|※\s?(?:发信站|文章网址|编辑)|网友评论|(?:责任编辑|责编|编辑|见习编辑|责任主编|执行编辑|主编|编审)\s?[:|丨/]|[一-龥]icp[备证]|(?:责任编辑|责编|编辑)\s[一-龥]{2,4}\W?$|举报电话|本文(?:网址|链接|地址)|凡本?(?:网|站|报)?注明|以上(?:内容|文章)(?:仅代表|来自)|本(?:网站|网|站|报|刊|文)(?:之|上|内|所有|登载|刊登)?的?(?:所有|一切)?(?:文字|内容|图片|资料|新闻|文章|作品|稿件).{0,40}(?:不得|禁止|请勿|谢绝)|[^。]{0,12}(?:非|未)经[^。]{0,12}(?:授权|许可|同意|允许).{0,12}(?:不得|禁止|严禁|请勿|谢绝)|本文(?:来自|来源|转自|转载自|系|为).{0,20}(?:转载|版权|立场|作者)|\(?editors?\s?[:|]|source\s?:)"
)


def tail_marker(folded: str) -> str | None:
    """Why *folded* ends the body when it stands after it, or None: `end mark`, `related list`, `comments`, `footer` ...

    A `button` (分享到, 打印本页) ends it only where no paragraph follows.
    """
    if len(folded) > 400 or folded[:1] in "△▲▼▽↑↓←→":
        return None
    if len(folded) <= 24 and _END_MARK.match(folded):
        return "end mark"
    if _LINE_NAV.match(folded):
        return "previous and next"
    stripped = folded.strip(" .…>»:*-=—#|[]【】()·•▼▲↓")
    if len(stripped) <= 14 or (len(folded) <= 24 and folded.rstrip().endswith((":", "】", ">", "»"))):
        if _LIST_HEAD.match(folded) and _only_marker(stripped):
            return "related list" if not re.match(_DECOR + rf"(?:{_COMMENTS})", folded) else "comments"
        if _HARD.match(folded) and _only_marker(stripped):
            return "footer"
        if _BUTTON.match(folded) and _only_marker(stripped):
            return "button"
    if _LONG_END.match(folded) and (len(folded) <= 90 or re.match(_DECOR + r"(?:\S{0,4}声明|版权|转载|凡|本文|以上|copyright|©)", folded)):
        if "编" in folded[:8] or "editor" in folded[:10]:
            return "editor line"
        return "source line" if "来源" in folded[:8] or folded.startswith("source") else "footer"
    if len(folded) <= 60 and not re.search(r"[。!?]", folded) and _HARD_LINE.match(folded):
        return "footer"
    if len(folded) <= 60 and not re.search(r"[。!?]", folded) and _BUTTON_LINE.match(folded):
        return "button"
    return None


def _only_marker(stripped: str) -> bool:
    """The same words inside a sentence are text: no comma, no full stop."""
    return not re.search(r"[,。;!?](?!$)|。$", stripped)


# --- menus, widgets, counts --------------------------------------------------------------------------------------------

_WIDGET_WORDS = re.findall(
    r"\S+",
    "字号 字体 字级 字形 大字 小字 中字 放大 缩小 默认 大 中 小 特大 正常 打印 列印 打印本页 打印本文 打印文章 打印正文 友善列印 收藏 收藏本文 加入收藏 分享 分享到 分享至 转发 微博 新浪微博 腾讯微博 新浪 微信 朋友圈 微信好友 qzone qq空间 qq好友 qq 人人网 人人 开心网 豆瓣 "
    "手机看新闻 手机看 手机阅读 手机版 电脑版 更多功能 更多 扫码 扫一扫 二维码 复制链接 复制 链接 评论 我要评论 发表评论 条评论 图集 组图 关注 订阅 已关注 加关注 朗读 听新闻 语音播报 播报文章 收听 推荐 下载 纠错 报错 举报 反馈 点赞 赞 踩 顶 参与互动 参与 加载更多 加载中 展开 收起 "
    "关闭 关闭窗口 关闭本页 繁体 简体 简 繁 繁體 english en 无障碍 长者模式 适老版 关怀版 长者版 手语 登录 登入 注册 免费注册 会员中心 我的 退出 搜索 检索 全文检索 高级搜索 设为首页 客户端 app app下载 下载app 打开app 下载客户端 rss 邮箱 邮件 发送 推送 导航 菜单 返回 首页 返回首页 "
    "facebook line twitter telegram whatsapp linkedin email e-mail mail print share copy link url x instagram youtube plurk a+ a- a t+ t- t t小 t大 pdf版 pdf word 版 看图 大图 原图 查看原图 查看大图 全屏 播放 暂停 视频 直播 音频 图片 阅读 浏览 点击 人气 次 人 字 条 热度 在看 写留言 留言 "
    "跳至主要内容 跳到主要内容 跳到主要内容区块 跳转到主要内容 跳到内容 主要内容区 网站导览 网站地图 回首页 意见信箱 常见问答 双语词汇 行动版 查看原文 其他 其它 阴影 加入书签 书签 投稿 rss订阅 正文 close video player videoplayerclose playerclose top back to adjust font size download subscribe login register home menu search "
    "快讯 最新 回复 支持 反对 使用道具 只看该作者 回帖奖励 正序浏览 倒序浏览 阅读模式 显示全部楼层 只看大图 电梯直达 跳转到指定楼层 找回密码 qq登录 只需一步 快速开始 楼主 沙发 板凳 上一主题 下一主题 返回列表 发帖 发新帖 复制链接 加好友 发消息 串个门 打招呼 开启辅助访问 切换到宽版 立即注册 "
    "大家在看 阅读全文 查看全文 展开全文 保存 字数 来源 作者 编辑 时间 日期",
)
_WIDGET = re.compile("|".join(sorted(map(re.escape, dict.fromkeys(_WIDGET_WORDS)), key=len, reverse=True)))
_NOT_WORD = re.compile(r"[\W\d_]+")
_FIELD_WORDS = re.compile(r"^(?:来源|作者|编辑|时间|日期|视频|图片|其他|其它|快讯|最新|阅读|推荐|关注|正文|回复|支持|反对|音频|直播|参与|更多|保存|人|次|字|大|中|小|我的|在看|播放|赞|顶|条)$")
_COUNTS = re.compile(r"(?:阅读|浏览|点击|访问|点阅|点阅数|人气|评论|热度|查看|回复|播放|围观|关注|转发|收藏|点赞|下载|字数|views?|hits?|reads?|comments?)(?:量|数|次数|率|人数|人次)?\s?[:(]?\s?\d[\d,.万+]*\s?(?:次|人|万|人次|条|字|\))?", re.IGNORECASE)
_CRUMB = re.compile(r"(?:您?当前的?位置|您?现在的?位置|您?所在的?位置|所在位置|你的位置|^位置|你在这里|您在这里)\s?[:是>]")
_MENU_START = re.compile(r"^(?:首页|主页|网站首页|home)\s*(?:[|>»›/\s-]|$)")
_COPY = re.compile(r"^\W{0,3}(?:跳(?:至|到|转到)主?要?内容|app下载|打开app|点击上方|点击(?:蓝字|关注|收听|下方|右上角|图片)|关注(?:我们|公众号|[^,。]{1,10}$)|长按|扫码|扫描|微信扫|用微信|手机扫|下载[^,。]{0,12}(?:客户端|app)|设为(?:首页|书签)|加入(?:收藏|书签)|请登录|您好,|欢迎(?:您|光临|访问|来到)|还?没有?帐号|登录后才能|无障碍|本站(?:搜索|公告)|网站(?:无障碍|支持)|需要\s?登录|本帖还?(?:带有附件|最后由)|本主题|该帖|楼主发言|打开[^,。]{0,10}(?:app|客户端|阅读)|来自:?[^,。]{0,10}客户端|投稿\s?:|电邮|热线电话|服务热线|订阅热线|(?:来自|发自)我的)")
_ADS = re.compile(r"广告.{0,4}(?:更多内容)?请继续往下阅读|^广告\s?[:|]|adsbygoogle|google_ad|^ad\w{0,3}_\d|请继续往下阅读|点击.{0,6}领取|领取红包|限时(?:优惠|抢购)!?$|加(?:qq|微信|vx)\s?:?\s?[a-z0-9_-]{5,}")
_AD_WORDS = re.compile(r"广告|advertisements?|ads?\b|adv\b|赞助|推广|sponsored|[\W_]")
_PLACEHOLDER = re.compile(r"^\W{0,2}(?:资料图片?仅供参考|资料图片?|文章图片|图片|题图|配图|网络配图|图文无关|图片来源网络|点击图片|查看大图|点击进入下一页|点击放大|插图|image|img|photo|video|视频加载中|正在加载|请稍候|加载中|js|null|undefined|nan|true|false|xx|\[?图片\]?|文内图|头图|图源\s?[:|]?\s?网络)\W{0,2}\d{0,2}\W{0,2}$|^(?:[\w-]+\.(?:jpe?g|png|gif|webp|mp4|shtml?|html?|js))$")
_CUT = re.compile(r"\(?剩余\s?\d+\s?字\)?|查看(?:剩余|全文)|(?:点击|展开|继续)?阅读(?:剩余|全文)|未完待续|全文请见|^\W*\(?(?:未完|待续)\)?\W*$|本文共\s?\d+\s?页")
_SOURCE_CODE = re.compile(r"^(?:var |function\s?\(|document\.|window\.|\$\(|<script|</script|<style|</?(?:div|span|ul|li|table|iframe|ins|noscript)\b|\.[\w-]+\s?\{|#[\w-]+\s?\{|//\s?<!\[cdata|/\*|}\)?;?$|\{$|if\s?\(|@media|@import)")


def widget(folded: str) -> bool:
    """A line made only of buttons, counts and the like. Two characters of a paragraph never are."""
    if len(folded) > 80:
        return False
    if _FIELD_WORDS.match(folded):
        return True
    rest = _COUNTS.sub(" ", folded)
    rest = _NOT_WORD.sub("", _WIDGET.sub(" ", rest))
    return not rest and bool(re.search(r"\w", folded)) and not folded.strip().isdigit()


def menu(folded: str) -> str | None:
    """`breadcrumb` or `menu`, or None."""
    if len(folded) > 160 or re.search(r"。|;(?!$)", folded):
        return None
    if _CRUMB.search(folded[:20]):
        return "breadcrumb"
    if _MENU_START.match(folded) and not re.search(r"[,!?。]", folded):
        return "breadcrumb" if re.search(r"[>»›]", folded) else "menu"
    if len(folded) > 80 or "," in folded:
        return None
    crumbs = re.split(r"\s*(?:>{1,2}|»|›|→)\s*", folded)
    if len(crumbs) >= 3 and all(len(c) <= 12 for c in crumbs[:-1]) or (len(crumbs) == 2 and 0 < len(crumbs[0]) <= 6 and len(crumbs[1]) <= 8):
        return "breadcrumb"
    cells = [c for c in re.split(r"\s*[|｜丨]\s*", folded) if c]
    if len(cells) >= 3 and all(len(c) <= 8 for c in cells) and not re.search(r"\d{4}", folded) and ":" not in folded:
        return "menu"
    words = folded.split()
    if len(words) >= 4 and all(len(w) <= 4 for w in words) and not re.search(r"[\d,。:!?]", folded) and re.search(r"[\u3400-\u9fff]", folded):
        return "menu"
    return None


def spam(folded: str) -> bool:
    """Words strung together for a search engine: four separators or more and no sentence."""
    if len(folded) > 300 or re.search(r"[。!?;]", folded):
        return False
    for mark in "_|-,":
        cells = folded.split(mark)
        if len(cells) >= 5 and all(0 < len(c.strip()) <= 14 for c in cells) and (mark != "," or len(set(map(len, cells))) <= 4 and " " not in folded and len(cells) >= 6):
            return not re.search(r"\d{4}-\d", folded)
    return bool(re.match(r"^\S{1,20}\s+https?://\S+$", folded))


def furniture(folded: str) -> str | None:
    """Why a line is part of the page and never of an article, or None."""
    if _SOURCE_CODE.match(folded) and not re.search(r"[\u3400-\u9fff].*[,。]", folded):
        return "source code"
    if len(folded) > 160:
        return None
    if _ADS.search(folded) and (len(folded) <= 60 and "。" not in folded or "继续往下" in folded) or (re.search(r"\w", folded) and not _AD_WORDS.sub("", folded)):
        return "advertisement"
    if _LINE_NAV.match(folded) and len(folded) <= 40:
        return "previous and next"
    if _CUT.search(folded) and len(folded) <= 24:
        return "cut text: the page holds a part only"
    if _PLACEHOLDER.match(folded):
        return "placeholder"
    if widget(folded):
        return "widget"
    if _COPY.match(folded) and len(folded) <= 60:
        return "page furniture"
    if (name := menu(folded)) is not None:
        return name
    if spam(folded):
        return "search-engine words"
    return None


_PLATFORM = re.compile(
    r"^[(（\[【]?\s?(?:本文|以上|图片|部分图片|文中|文章|素材|内容|稿件|信息)?(?:来源|内容|图片|素材)?(?:综合|来自|来源于|取自|转载自?|均?来自)\s?(?:于?网络|互联网|本站|公众号)"
    r"|^(?:声明|免责声明|特别声明|郑重声明|版权声明|重要提示|风险提示|温馨提示|友情提示|注|备注|编者按)\s?[:】]\s?.{0,200}(?:版权|侵权|侵删|立场|删除|转载|投资|仅供参考|不代表|仅代表|原创|本站|无关)"
    r"|(?:如有侵权|如侵权|若侵权|侵权请|涉嫌侵权请|侵删).{0,20}(?:联系|删除)?|^\(?(?:原标题|原题|原文标题)\s?:|投稿\S{0,6}\s?:\s?\S+@|^\S{0,10}(?:阅读|浏览|点击|人气|评论)\s?\(\s?(?:\d+|…|\.+)\s?\)"
)


def platform_note(folded: str) -> str | None:
    """`original title` or `platform note` for a sentence that the site and not the article says, or None."""
    if len(folded) > 300 or not _PLATFORM.search(folded):
        return None
    return "original title" if re.match(r"\W?(?:原标题|原题|原文标题)", folded) else "platform note"


# --- captions ----------------------------------------------------------------------------------------------------------

_CAPTION_START = re.compile(r"^[\[(【]?\s?(?:[△▲▼▽◆◇↑↓←→☝]|图(?:①|②|③|④|⑤|⑥|[一二三四五六七八九十]|\d{1,2}|为|:|丨|\||说|/|片说明|片来源|片:|注|\(|\s?[左右上下])|(?:上|下|左|右|本|首|题)图(?:为|:)|资料图(?!书)|资料(?:照片|图片)|插图|视频\s?[:|]|配图|效果图|示意图|制图|影/|video:|photo|a photo|file photo|graphic)")
_CAPTION_END = re.compile(
    r"(?:^|[\s。/(|])[^\s。,]{0,14}\s?(?:摄影?|供图|摄制|拍摄|翻摄|图/文|资料照片?|资料图片?|制图)\)?。?$|(?:[/(]|[\s。])[\u3400-\u9fff]{2,14}提供\)?$|(?:记者|通讯员|本报|网)\S{0,12}摄\)?。?$"
    r"|[\s。(/][\u3400-\u9fff]{0,8}(?:记者|通讯员|摄影师)\s?[\u3400-\u9fff]{2,4}\s?(?:摄|提供|供图|传真)\)?。?$|[\u3400-\u9fff]{2,4}摄\s[\u3400-\u9fff]{2,8}发$|\([^()]{2,20}(?:提供|摄|传真)(?:[/、,][^()]{2,16})?\)$|\([a-z' ]{2,30}/[a-z'. ]{3,40}\)\.?$"
    r"|\((?:资料图片?|资料照片?|图源|图自|来源|图/|图片|摄影|翻摄|摄|网络图|示意图|供图|记者)[^()]{0,24}\)$|(?<!文)(?<!文[./·、])图/\S{1,14}(?:提供|供图|摄)?$|\(图\)$"
    r"|\[photo[^\]]*\]$|\[?photos? (?:by|provided|courtesy)[^\]]{0,60}\]?\.?$|/(?:xinhua|cfp|ic|vcg|reuters|afp|ap|for china daily)\]?\)?$"
)


def caption(folded: str) -> bool:
    """A marked caption: it begins with △, 图为 and the like, or ends with the photographer."""
    if len(folded) > 130:
        return False
    if _CAPTION_START.match(folded):
        return len(folded) <= 90
    if len(folded) > 90 or len(re.findall(r"[。!?]", folded)) > 2:
        return False
    return bool(_CAPTION_END.search(folded))


# --- abstracts, numbers ------------------------------------------------------------------------------------------------

_SCHOLAR = re.compile(r"^[\[【(]?\s?(?:内容)?(?:(摘\s?要|提\s?要|核心提示|内容摘要|内容提要|新闻提要|新闻摘要|abstract|summary)|关\s?键\s?[词字]|主题词|中图分类号|分类号|文献标[识志]码|文章编号|doi|基金项目|作者简介|作者单位|收稿日期|修回日期|通信作者|通讯作者|引用格式|key\s?words|classification|索\s?引\s?号|文\s?号|发文字号|公文时效|主题分类|版权信息)\s?(?:[\]】)]\s?:?|:|\s)")


_AFFILIATION = re.compile(r"^[(\[]\d?\.?[^。!?]{4,280}\d{6}\s?[)\]]$|^\(\d?\.?[^。!?()]{3,40}(?:大学|学院|师范|研究所|党校|学校)[^。!?()]{0,30}\)$")


def scholarly(folded: str) -> str | None:
    """`abstract`, or `number or keywords` for what libraries put above a paper, or None."""
    match = _SCHOLAR.match(folded)
    if not match:
        return "affiliation" if len(folded) <= 300 and _AFFILIATION.match(folded) else None
    return "abstract" if match[1] else "number or keywords"
