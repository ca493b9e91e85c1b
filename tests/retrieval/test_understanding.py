"""What is understood of a question before any article is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from retrieval import compound, evidence, excerpts, followups, measuring, questions, smalltalk, typos
from retrieval.lexicon import default_lexicon
from retrieval.records import Article
from retrieval.text import default_cutter, fold, terms

TEXTS = ("清禾县残疾人联合会帮苗小禾开了网店,小额信贷有着落", "雷宏志是矿泉水厂的员工", "王宏信和雷宏志的收入", "清禾县的网店")


def frequencies(words: Sequence[str]) -> Mapping[str, int]:
    held = [set(terms(text)) for text in TEXTS]
    return {word: sum(word in some for some in held) for word in words}


def understood(text: str) -> questions.Question:
    return questions.understand(text, default_cutter(), default_lexicon(), frequencies, 1000)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("清禾县有多少残疾人?", "amount"), ("补贴发了几次", "amount"), ("民国几年建校", "when"), ("哪几个县有网店", "list"), ("谁开的网店", "who"), ("哪家公司承建的", "who"), ("哪一年成立的", "when"),
        ("什么時候開始的?", "when"), ("培训班在哪里办", "where"), ("属于哪个镇?", "where"), ("为什么要补贴", "why"), ("怎么申请补贴", "how"),
        ("有哪些补贴", "list"), ("哪几种模式", "list"), ("网店叫什么名字", "named"), ("店主叫什么", "named"), ("那个小伙叫什么", "who"), ("店主的老婆叫啥名字", "who"), ("县长叫什么", "who"), ("理事长姓什么", "who"), ("在哪家医院做的手术", "who"), ("是哪个大学毕业的", "who"), ("客服电话是什么", "amount"), ("清禾县 网店 补贴", "none"),
        ("哪一种茶的比例最高", "what"), ("占全县的比例是?", "amount"), ("这几年他靠什么过日子", "what"), ("只有几家店的镇上谁开网店", "who"), ("许多大学生做什么生意", "what"), ("最后来了几个人", "amount"), ("他几乎天天写什么", "what"), ("换成了哪种电话", "list"),
    ],
)  # fmt: skip
def test_the_kind_of_answer_is_read_from_the_question(question: str, kind: str) -> None:
    """多少 asks for an amount, 谁 for a person, 哪年 for a time: question words steer, in either script."""
    assert questions.answer_type(fold(question))[0] == kind


@pytest.mark.parametrize(
    ("question", "measure"), [("有多少户脱贫", "户"), ("有多少残疾人", "名"), ("花了多少钱", "万元"), ("光缆有多长", "公里"), ("覆盖率是多少", "%"), ("开了几家店", "家"), ("现在房价多少一平", "元"), ("海拔是多少", "米"), ("每个月挣多少", "元"), ("全国排第几", measuring.ORDINAL),
     ("养了多少头猪", "头"), ("种了多少万亩油茶", "亩"), ("有几层楼", "层"), ("有几个孩子", "名"), ("有几个网点", "网点"), ("一年收多少学费", "元"), ("投资多少亿", "亿"), ("要几个月", "个月"),
     ("残联的电话是多少", measuring.CONTACT), ("王宏信多大", "岁"), ("清禾县有多大", "平方公里")],
)
def test_what_an_amount_is_counted_in_is_read_too(question: str, measure: str) -> None:
    """多少户 wants 户, 多少钱 wants 元, 多少残疾人 wants 人 or 名; a measure glued to what it counts is read apart."""
    assert measure in understood(question).measures


@pytest.mark.parametrize(("question", "measure"), [("卖了多少水", "个"), ("来了几个国家", "人"), ("率领多少船出海", "%"), ("清禾县有多大", "岁"), ("打了多少个电话", measuring.CONTACT), ("多少物资", "元")])
def test_what_an_amount_is_not_counted_in(question: str, measure: str) -> None:
    """Water may be weighed or priced, a county is not old, calls are no number to call, and goods no money."""
    assert measure not in understood(question).measures


def test_a_measure_is_no_word_of_the_matter_beside_what_it_counts() -> None:
    """Of 多少头猪 it is 猪 that an article must speak of."""
    assert {"养", "猪"} == {unit.text for unit in understood("养了多少头猪").units}


@pytest.mark.parametrize(
    ("question", "sentence", "fitting"),
    [
        ("有几种做法", "做法有两种", ["两种"]), ("排名第几", "产量居全县第三位", ["第三位"]), ("判了几年", "一审判处无期徒刑", ["无期徒刑"]), ("卖多少钱", "售价 59.9 元,重3公斤", ["59.9"]),
        ("一年租金多少", "占地30亩,8月开业", []), ("失业率降到多少", "全乡有38个村成为示范村", []), ("卖多少钱", "一共20多万元", ["20多万元"]), ("有多重", "重 5 公斤", ["5"]),
        ("老板今年几岁", "他17岁在外打工时学会做面,今年42岁", ["42岁"]), ("老板今年几岁", "他17岁那年离家", []),
        ("残联的电话是多少", "残联电话0931-1234567,共12人", ["0931-1234567"]), ("残联的电话是多少", "残联办了3期培训班", []), ("有几个网点", "网点160个,投资200万元", ["160个"]), ("有几个孩子", "他17岁离家", []),
        ("在哪家医院做的手术", "在清禾县人民医院做了手术,县残联帮忙", ["清禾县人民医院"]), ("修了多少公里路", "打通了最后一公里", []),
        ("网店占多大比例", "占全县的三分之二,年长的近一半", ["三分之二", "一半"]), ("补贴一共多少钱", "其中三分之一发完", []), ("厂里投了多少钱", "出资5000万加元,2010年建成", ["5000万"]), ("贷款是多少钱", "他借了30亿越南盾", ["30亿"]),
        ("票房多少钱", "票房约$10.2亿", ["10.2亿"]), ("卖多少钱", "每件5800日元", ["5800日元"]), ("县里的面积是多少", "全县 1.601 km2", ["1.601"]), ("带来多少茶农", "来了20万茶农", ["20万"]),
        ("上宽带的有多少户", "上宽带的有4.88 万户", ["4.88 万户"]), ("有多少工人", "厂里有18个集装箱,工人13个", ["13个"]), ("想建六十家,建成几家", "原计划60家,建成48家", ["48家"]), ("收入涨了多少", "收入涨了2.5%", ["2.5%"]),
        ("夏天多少度", "夏天28摄氏度,下3天雨", ["28"]), ("跑了多少分钟", "跑了33分31秒", ["33分", "31秒"]), ("哪天开业", "2020 年 8 月 3 日开业", ["2020 年 8 月 3 日"]), ("谁拍的", "由尼尔·布洛克执导的片子", ["尼尔·布洛克"]),

    ],
)  # fmt: skip
def test_an_amount_fits_what_it_is_counted_in(question: str, sentence: str, fitting: list[str]) -> None:
    """两种 answers 几种, 第三位 answers 第几, 无期徒刑 answers 判了几年; 30亩 is no rent, 38个村成为 no share, an age of the past none of today,
    a third no money, whatever the country's money is called."""
    spans, fits = evidence.answering(understood(question), fold(sentence))
    assert [fold(sentence)[s:e] for s, e in spans if fits] == fitting


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("哪一部纪录片讲网店", ["纪录片", "网店"]), ("文中提到,网店是谁开的", ["网店"]), ("文章里说补贴发了几次", ["补贴"]), ("网店在哪个朝代开始", ["网店", "朝代", "开始"]), ("谁主张补贴", ["主张", "补贴"]),
    ],
)  # fmt: skip
def test_words_that_only_ask_are_no_words_of_the_matter(question: str, words: list[str]) -> None:
    """哪一部, 文中提到 and the 谁 of 谁主张 say nothing of what is looked for."""
    asked = [unit.text for unit in understood(question).units]
    assert set(words) <= set(asked)
    assert not any(letter in text for text in asked for letter in "哪谁文一")


def test_the_kind_of_thing_asked_for_weighs_less() -> None:
    """The answer to 哪个朝代 seldom says 朝代; nor does that to 依气候分类,…属于哪一类 say what it goes by."""
    weights = {unit.text: unit.weight for unit in understood("哪个朝代重视补贴").units}
    alone = {unit.text: unit.weight for unit in understood("朝代重视补贴").units}
    assert weights["朝代"] == pytest.approx(alone["朝代"] * questions.CLASS_WEIGHT)
    clause = {unit.text: unit.weight for unit in understood("依气候分类,网店属于哪一类").units}
    plain = {unit.text: unit.weight for unit in understood("气候分类网店属于哪一类").units}
    assert clause["网店"] == plain["网店"]
    assert sum(weight for text, weight in clause.items() if text in "气候分类") < sum(weight for text, weight in plain.items() if text in "气候分类")


@pytest.mark.parametrize(("question", "name"), [("锦地萝的叶子是什么样的", "锦地萝"), ("去买萱侬茜的票", "萱侬茜")])
def test_a_name_that_nobody_knows_is_kept_whole_where_an_article_holds_it(question: str, name: str) -> None:
    """Characters that are seldom words by themselves are one name if they stand side by side in an article; else they are left apart."""

    def held(words: Sequence[str]) -> Mapping[str, int]:
        return {word: int(len(word) == 2 and word in name) for word in words}

    whole = questions.understand(question, default_cutter(), default_lexicon(), held, 1000)
    assert name in [unit.text for unit in whole.units if unit.name]
    assert name not in [unit.text for unit in understood(question).units]


@pytest.mark.parametrize(
    ("question", "sentence", "age"),
    [
        ("苗小禾几岁", "苗小禾今年38岁,带着王宏信开店。", ["38岁"]), ("王宏信几岁", "苗小禾今年38岁,带着王宏信开店。", []), ("王宏信几岁", "王宏信和女儿住在河边。女儿9岁。", ["9岁"]),
    ],
)  # fmt: skip
def test_an_age_is_of_the_person_it_stands_with(question: str, sentence: str, age: list[str]) -> None:
    """An age beside somebody else's name is not the age of the one asked about."""
    spans, _ = evidence.answering(understood(question), fold(sentence))
    assert [fold(sentence)[s:e] for s, e in spans] == age


@pytest.mark.parametrize(
    ("question", "text", "figure"),
    [
        ("有多少残疾人开网店", "县里有10名已开网店的残疾人和8名准备开网店的残疾人。", "10名"), ("有多少残疾人准备开网店", "县里有10名已开网店的残疾人和8名准备开网店的残疾人。", "8名"),
        ("补贴了多少户", "去年补贴了120户,今年计划补贴300户。", "120户"), ("有多少家农场", "全县农场510家,其中27家在山上。", "510家"),
    ],
)  # fmt: skip
def test_what_is_planned_is_not_what_is(question: str, text: str, figure: str) -> None:
    """A figure that is only planned, or of a part, is pointed at where a plan or that part is asked for, or where there is no other."""
    assert [text[start:end] for start, end in excerpts.highlights(understood(question), text)] == [figure]


@pytest.mark.parametrize(("text", "figure"), [("每户补贴在5000元以内。", "5000元以内"), ("每户补贴约5000元。", "约5000元"), ("每户补贴不超过5000元,分两次发。", "不超过5000元"), ("每户补贴5000元。", "5000元")])
def test_what_is_not_exact_is_not_pointed_at_as_exact(text: str, figure: str) -> None:
    """约, 不超过 and 以内 belong to the figure."""
    assert [text[start:end] for start, end in excerpts.highlights(understood("每户补贴多少钱"), text)] == [figure]


@pytest.mark.parametrize(
    ("body", "place"),
    [("海外市场回暖,海外市场的订单多了。青禾县也有订单,青禾县的厂子忙。", "青禾县"), ("自治区开会,自治区来电。", None), ("南京城市更新,南京城市公园。", None)],
)  # fmt: skip
def test_a_place_is_no_part_of_another_word(body: str, place: str | None) -> None:
    """海外市 of 海外市场 is no town."""
    assert excerpts.place(Article(id="a", body=body)) == place


def test_how_badly_is_no_weight() -> None:
    """伤得有多重 asks how badly, 有多重 for a weight."""
    assert questions.answer_type("他伤得有多重")[0] == "how"
    assert questions.answer_type("那头猪有多重")[0] == "amount"


def test_a_comparison_asks_each_for_the_same() -> None:
    """哪个多 is 多少 of each of the two."""
    assert compound.split("清禾县和白石县,网店哪个多?", default_cutter()) == ("清禾县,网店多少?", "白石县,网店多少?")


def test_question_words_and_politeness_weigh_nothing() -> None:
    """The units of a question are its content words."""
    units = {unit.text for unit in understood("你好,请问清禾县的网店一共有多少家?").units}
    assert "网店" in units
    assert not units & {"你好", "请问", "一共", "有", "多少", "的"}


def test_a_name_that_was_cut_apart_is_one_unit() -> None:
    """A surname and the word after it are one name where they stand together in an article."""
    assert any(unit.text == "雷宏志" and unit.name for unit in understood("雷宏志每月多少钱").units)


@pytest.mark.parametrize(
    ("previous", "question", "answered", "completed"),
    [
        ("清禾县有多少残疾人开网店", "那2015年呢", None, "2015年清禾县有多少残疾人开网店"),
        ("2019年清禾县线上交易额有多少?", "那2020年呢?", None, "2020年清禾县线上交易额有多少?"),
        ("清禾县有多少个电商服务站", "那农家乐呢", None, "清禾县有多少个农家乐"), ("清禾县有几所特殊教育学校?", "那网店呢", None, "清禾县有几所网店?"),
        ("清禾县有几家农家乐", "那谷阳呢", None, "谷阳有几家农家乐"), ("王宏信有几家网店", "那苗小禾呢", None, "苗小禾有几家网店"),
        ("清禾县上宽带的有多少户", "那手机用户呢", None, "清禾县手机用户有多少户"), ("清禾县卖了多少台", "其中女的呢", None, "清禾县卖了，其中女的呢"),
        ("清禾县危房改造每户补多少钱", "那谷阳县呢?", None, "谷阳县危房改造每户补多少钱"),
        ("2019年清禾县线上交易额有多少?", "其中农产品占多少?", None, "2019年清禾县线上交易额，其中农产品占多少?"),
        ("网店的老板是谁", "他对收入满意吗", "李明辉", "李明辉对收入满意吗"),
    ],
)
def test_follow_ups_are_completed_by_rule(previous: str, question: str, answered: str | None, completed: str) -> None:
    """那2015年呢 changes the year, 那某县呢 the place, 那农家乐呢 what is counted, 其中 takes the matter over, 他 the person answered before."""
    found = followups.complete(question, previous, answered, default_cutter())
    assert found is not None
    assert found.text == completed


@pytest.mark.parametrize("question", ["苗小禾的网店卖什么?", "清禾县残疾人联合会的理事长叫什么名字", "《清禾县就业帮扶办法》是哪一年出的"])
def test_a_question_with_a_name_of_its_own_stands_alone(question: str) -> None:
    """A question that names what it asks about is not completed."""
    assert followups.complete(question, "临溪市的暖心食堂在哪里", None, default_cutter()) is None


@pytest.mark.parametrize(("typed", "read"), [("青禾县有多少残疾人", ("青禾县", "清禾县")), ("小额信代", ("信代", "信贷")), ("开了几家网殿", ("网殿", "网店"))])
def test_homophones_that_no_article_holds_are_read_as_what_one_holds(typed: str, read: tuple[str, str]) -> None:
    """A character is replaced by one of the same sound where that stands in the articles, and the pair is told."""
    assert read in typos.correct(fold(typed), default_cutter(), frequencies)[1]


@pytest.mark.parametrize("right", ["陕西有多少残疾人", "哪个村的", "一共有几家", "电子商务是什么", "清禾县的网店", "补贴多大"])
def test_words_that_are_right_are_left_alone(right: str) -> None:
    """A word of the dictionary is never read as another, however like it sounds."""
    assert typos.correct(fold(right), default_cutter(), frequencies) == (fold(right), ())


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("清禾县和谷阳县分别在哪里", ("清禾县在哪里", "谷阳县在哪里")),
        ("清禾县和谷阳县,农产品卖得哪个多?", ("清禾县,农产品卖得多少?", "谷阳县,农产品卖得多少?")),
        ("清禾县有多少网店", ()),
        ("米饭和面条多少钱", ()),
    ],
)
def test_a_comparison_is_two_questions(question: str, parts: tuple[str, ...]) -> None:
    """Two names that are compared are asked for one by one; two things that are only listed are not."""
    assert compound.split(question, default_cutter()) == parts


@pytest.mark.parametrize(
    ("question", "asked"), [("那篇讲网店的报道是什么时候登的", "date"), ("这篇文章是哪家媒体发的", "outlet"), ("网店是什么时候开的", None), ("哪家公司开了网店", None)]
)
def test_questions_about_an_article_are_told_from_questions_about_its_matter(question: str, asked: str | None) -> None:
    """When an article appeared is asked otherwise than when something happened."""
    assert compound.published(question) == asked


@pytest.mark.parametrize(("text", "kind"), [("你好,请问补贴多少钱", None), ("谢谢你啊,真好用", "thanks"), ("1+1=?", "ability"), ("哈哈哈哈哈哈哈哈", "odd"), ("早", "greeting"), ("早稻补贴", None)])
def test_only_what_is_small_talk_as_a_whole_is_small_talk(text: str, kind: str | None) -> None:
    """A greeting before a question does not make it small talk."""
    assert smalltalk.kind(text) == kind


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("共培训3.1万余名学员,收入20多万元", "amount", ["3.1万余名", "20多万元"]), ("一是加强培训,一个村一个样", "amount", []), ("占百分之十五,有六成", "amount", ["百分之十五", "六成"]),
        ("自2016年3月起,到去年年底", "when", ["2016年3月", "去年"]), ("店名叫“山货小铺”,注册了", "named", ["山货小铺"]),
        ("元丰六年重修,宋代末毁于火", "when", ["元丰六年", "宋代末"]), ("三年级有两户人家", "when", []), ("一户人家", "amount", []),
    ],
)  # fmt: skip
def test_what_could_answer_is_found_in_a_sentence(text: str, kind: str, found: list[str]) -> None:
    """Amounts with their measures, times and names are found; 一是 and 一个 count nothing."""
    spans = [text[start:end] for start, end in evidence.spans(text, kind)]
    assert all(any(want in span for span in spans) for want in found)
    assert found or not spans
