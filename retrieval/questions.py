"""A question in, what it asks for out: its content words with weights, the answer's type, names, years, what is quoted."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

from retrieval import measuring
from retrieval.lexicon import Lexicon
from retrieval.records import Span
from retrieval.text import Cutter, fold
from retrieval.variants import NONE, Wording, variants
from retrieval.wording import FUNCTION_WORDS, INTERROGATIVES, SURNAMES

Frequencies = Callable[[Sequence[str]], Mapping[str, int]]
"""Takes terms to the number of passages that hold each."""

_QUESTION_WORD = [(kind, re.compile(pattern)) for kind, pattern in INTERROGATIVES]
_QUOTED = re.compile(r"[“\"「『《‘]([^”\"」』》’]{1,40})[”\"」』》’]")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_HAN = re.compile(r"[\u3400-\u9fff]")
_PLACE_END = re.compile(r"[省市县区州镇乡村岛港湾]$")
_PERSON_NAMED = re.compile(r"(?:人|位|者|员|家伙|小伙|姑娘|先生|女士|老师|太太|妻子|丈夫|老婆|老公|爱人|媳妇|老伴|父亲|母亲|爸爸?|妈妈?|哥哥?|弟弟|姐姐?|妹妹|儿子|女儿|孩子|司机|医生|护士|学生|记者|男子|女子|大爷|大妈|老人|女孩|男孩|[省市县区镇乡村局厅校院会社站厂]长|书记|主任|主席|经理|老板)叫(?:什么|啥)")
_DEGREE = re.compile(r"(?:伤|病|烧|摔|撞|损|砸|错)得?(?:有)?多[重深惨严]")
_PLURAL = re.compile(r"哪些|哪几|各地|分别|对比|比较|哪个多|都有|几个县|这些")
_SEVERAL = re.compile(r"哪(?:些|几个|几|两个)(?:地方|地区|县|市|省|区|乡|镇|村|国家|城市|州|国)|各地|各县|各市|各省|各国|各村|别的地方|其他地方|(?:这些|所有)(?:报道|文章|新闻)|对比|比较一下")

PRIOR_PASSAGES = 1000.0
"""How many passages the news frequencies count for beside the library's own: a library of five articles says
little about how common a word is, one of 200,000 passages everything."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A content word of the question: its folded text, where it stands, and its weight (nats of self-information)."""

    text: str
    start: int
    end: int
    weight: float
    name: bool = False
    focus: bool = False
    """Whether it stands beside the words that ask: the attribute of 面积有多大, the deed of 哪年去世的."""
    parts: tuple[str, ...] = ()
    """The words of an expression that also stands where all of them do: 开, 网店."""
    others: tuple[str, ...] = ()
    """Its other wordings."""

    def forms(self) -> tuple[str, ...]:
        """The unit and its other wordings."""
        return (self.text, *self.others)



@dataclass(frozen=True, slots=True)
class Question:
    """What was understood of a question. All texts are folded; spans count in `folded`, which is as long as `text`."""

    text: str
    folded: str
    units: tuple[Unit, ...]
    kind: str
    asked: Span
    measures: tuple[str, ...]
    quoted: tuple[str, ...]
    years: tuple[str, ...]
    plural: bool
    """Whether a list is asked for."""
    several: bool = False
    """Whether several articles are asked for at once (哪些县, 各地)."""


def answer_type(folded: str) -> tuple[str, Span]:
    """What kind of answer is asked for, and the span of the words that ask; `what` and an empty span if none do."""
    best: tuple[int, int, str, Span] | None = None
    for order, (kind, pattern) in enumerate(_QUESTION_WORD):
        for found in pattern.finditer(folded):
            candidate = (order, -found.end(), kind, found.span())
            if best is None or candidate[0] < best[0]:
                best = candidate
            break
    if best and best[2] == "named" and _PERSON_NAMED.search(folded):
        return "who", best[3]
    if (contact := measuring.asked_contact(folded)) and (best is None or best[2] in ("what", "amount")):
        return "amount", best[3] if best else contact
    if best and best[2] == "amount" and _DEGREE.search(folded):
        return "how", best[3]
    return (best[2], best[3]) if best else ("none", (0, 0))


def held(words: Sequence[str], frequencies: Frequencies) -> dict[str, int]:
    """In how many passages each word stands; for one that was cut apart when it was indexed, as many as its rarest pair of characters."""
    counts = dict(frequencies(words))
    apart = [w for w in words if len(w) > 2 and not counts.get(w) and _HAN.match(w)]
    pairs = frequencies(sorted({w[n : n + 2] for w in apart for n in range(len(w) - 1)})) if apart else {}
    return counts | {w: min(pairs[w[n : n + 2]] for n in range(len(w) - 1)) for w in apart}


def self_information(frequency: int, passages: int, word: str, lexicon: Lexicon) -> float:
    """How much it says (in nats) that a passage holds *word*: minus the logarithm of its share of passages."""
    share = (frequency + PRIOR_PASSAGES * lexicon.frequency(word)) / (passages + PRIOR_PASSAGES)
    return -math.log(min(1.0, max(share, 1e-7)))


UNKNOWN_WEIGHT = 8.0
"""The most a word can weigh that neither the library nor the news hold: it may be a typing error as well as a name."""


_TOWN = re.compile(r"(?:^|(?<=[和与跟同及、,。?在到从把问那]))[\u4e00-\u9fff]{2,3}?[县市区镇乡村](?![长委民里])")


def places(folded: str) -> list[Span]:
    """The spans that have the shape of a town's name at the beginning of a question or after and, in, from."""
    return [m.span() for m in _TOWN.finditer(folded) if not any(letter in FUNCTION_WORDS or letter in "哪几全该各" for letter in m[0][:-1])]


def _named(folded: str, cutter: Cutter) -> set[int]:
    """The places in *folded* that belong to a name: what jieba tags as a person, place or organisation, and words that end as places do."""
    inside: set[int] = set()
    for word, tag, start, end in cutter.tags(folded):
        if len(word) > 1 and word not in FUNCTION_WORDS and (tag.startswith(("nr", "ns", "nt")) or (len(word) > 2 and _PLACE_END.search(word))):
            inside.update(range(start, end))
    for start, end in places(folded):
        inside.update(range(start, end))
    return inside


def _pieces(
    guessed: Sequence[tuple[str, int, int]], named: Set[int], frequencies: Frequencies
) -> dict[Span, list[tuple[str, int, int]]]:
    """What to read for words that no dictionary holds and that were only guessed, by their spans.

    The longest part that an article holds as a word stays (the name in 汲某昌犯); so does what looks like a name; what
    holds a function word otherwise falls apart (能补, 园有).
    """
    inner = {w[i:j] for w, _, _ in guessed if len(w) > 2 for i in range(len(w)) for j in range(i + 2, len(w) + 1)}
    counts = frequencies(sorted(inner)) if inner else {}
    whole = held([w for w, _, _ in guessed], frequencies)
    result: dict[Span, list[tuple[str, int, int]]] = {}
    for w, s, e in guessed:
        if len(w) > 2 and not counts.get(w) and not (s in named and whole[w]):
            spans = [(j - i, counts[w[i:j]], i, j) for i in range(len(w)) for j in range(i + 2, len(w)) if counts.get(w[i:j])]
            if spans:
                _, _, i, j = max(spans)
                singles = [(w[n], s + n, s + n + 1) for n in (*range(i), *range(j, len(w))) if w[n] not in FUNCTION_WORDS]
                result[s, e] = sorted([(w[i:j], s + i, s + j), *singles], key=lambda part: part[1])
                continue
        if s not in named and any(c in FUNCTION_WORDS for c in w):
            result[s, e] = [(c, s + n, s + n + 1) for n, c in enumerate(w) if c not in FUNCTION_WORDS]
    return result


def wordings(word: str, own: Wording = NONE) -> tuple[str, ...]:
    """The other wordings of a folded *word*: those of the library's *own* table, then those of the one that ships."""
    return tuple(dict.fromkeys((*own.variants(word), *variants(word))))


def _with_wordings(words: Sequence[tuple[str, int, int]], own: Wording) -> list[tuple[str, int, int]]:
    """*words* with neighbours joined that together have other wordings (网际 and 网路, 当 and 老板)."""
    joined: list[tuple[str, int, int]] = []
    for word, start, end in words:
        if joined and joined[-1][2] == start and len(joined[-1][0]) + len(word) <= LONGEST_WORDING and wordings(joined[-1][0] + word, own):
            joined[-1] = (joined[-1][0] + word, joined[-1][1], end)
        else:
            joined.append((word, start, end))
    return joined


LONGEST_WORDING = 6
"""Characters of a word of the table of wordings that is looked for across the words of a question."""


def standing(units: Sequence[Unit], texts: Sequence[str]) -> list[list[bool]]:
    """A row a folded text, a column a unit: whether the text holds the unit, one of its other wordings, or all its parts."""
    ready = [(unit.forms(), unit.parts) for unit in units]
    return [[any(form in text for form in forms) or (bool(parts) and all(part in text for part in parts)) for forms, parts in ready] for text in texts]


def with_names(words: Sequence[tuple[str, int, int]], folded: str, frequencies: Frequencies) -> list[tuple[str, int, int]]:
    """*words* with a surname and the word after it joined where they stand together in an article (雷 and 宏伟)."""
    apart = [
        n for n in range(len(words) - 1)
        if words[n][0] in SURNAMES and words[n][2] == words[n + 1][1] and len(words[n + 1][0]) <= 2 and _HAN.match(words[n + 1][0]) and words[n + 1][0] not in FUNCTION_WORDS
    ]  # fmt: skip
    held = frequencies([folded[words[n][1] : words[n][1] + 2] for n in apart]) if apart else {}
    joined: list[tuple[str, int, int]] = []
    skip = False
    for n, (word, start, end) in enumerate(words):
        if skip:
            skip = False
        elif n in apart and held.get(folded[start : start + 2]):
            last = words[n + 1][2]
            joined.append((folded[start:last], start, last))
            skip = True
        else:
            joined.append((word, start, end))
    return joined


SELDOM, RARELY = 4e-3, 1e-3
"""The share of news articles in which a character stands as a word of its own, of those that a name nobody knows may be made of:
each is seldom a word, one rarely."""
_CODE = re.compile(r"(?=.*[a-z])[a-z0-9-]{3,}")
_ASKS = frozenset("哪几谁啥咋")


def _with_rare_names(
    words: Sequence[tuple[str, int, int]], cutter: Cutter, lexicon: Lexicon, frequencies: Frequencies
) -> tuple[list[tuple[str, int, int]], list[Span]]:
    """*words* with neighbours joined that are seldom words by themselves and stand side by side in an article (锦地 and 罗); the spans of these."""

    def seldom(word: str, most: float) -> bool:
        return lexicon.frequency(word) <= most if len(word) == 1 else len(word) == 2 and not cutter.knows(word) and not lexicon.knows(word)

    runs: list[tuple[int, int]] = []
    n = 0
    while n < len(words):
        last = n
        while last < len(words) and _HAN.match(words[last][0]) and not _ASKS & {*words[last][0]} and (last == n or words[last][1] == words[last - 1][2]):
            inside = last > n and len(words[last][0]) == 1 and words[last][0] in FUNCTION_WORDS
            if not inside and (words[last][0] in FUNCTION_WORDS or not seldom(words[last][0], SELDOM)):
                break
            last += 1
        while last > n and words[last - 1][0] in FUNCTION_WORDS:
            last -= 1
        if last - n > 1 and any(seldom(w, RARELY) for w, _, _ in words[n:last] if w not in FUNCTION_WORDS):
            runs.append((n, last))
        n = max(last, n + 1)
    texts = ["".join(w for w, _, _ in words[first:last]) for first, last in runs]
    known = frequencies([text[i : i + 2] for text in texts for i in range(len(text) - 1)]) if texts else {}
    joined, spans = list(words), []
    for (first, last), text in zip(reversed(runs), reversed(texts), strict=True):
        if all(known.get(text[i : i + 2]) for i in range(len(text) - 1)):
            span = words[first][1], words[last - 1][2]
            joined[first:last] = [(text, *span)]
            spans.append(span)
    return joined, spans


BESIDE_BEFORE, BESIDE_AFTER = 3, 2
"""Characters between a word and the words that ask within which it is their focus."""


def _beside(asked: Span, start: int, end: int) -> bool:
    return asked[1] > asked[0] and (0 <= asked[0] - end <= BESIDE_BEFORE or 0 <= start - asked[1] <= BESIDE_AFTER)


CONTEXT_WEIGHT = 0.4
"""What a word of the question before counts for in a follow-up, beside 1 for the follow-up's own words; and so do words of
a clause at the beginning that names what the answer goes by (依全球气候分类,...)."""

CLASS_WEIGHT = 0.5
"""What the word for the kind of thing that is asked for counts for: the answer to 哪个朝代 seldom says 朝代."""

_IN_THE_TEXT = re.compile(r"(?:文中|文内|文里|本文|上文|该文|文章[中里内])(?:所|有|里|中)*(?:提及|提到|提过|述及|指出|说到|讲到|写到|写道|表示)?(?:的是)?[,:]?")
_WHICH_ONE = re.compile(r"哪(?:一?[种个位条家座项部场门组类所间支篇本颗艘派份集款句宗只次边版队届批段层级件张首块名]|一)")
_WHAT = re.compile(r"什么(?:样的|样)?|何种|何|啥|哪(?=[\u4e00-\u9fff]{2})")
_ACCORDING_TO = re.compile(r"(?:依照|依据|根据|按照|依|按)[^,?]{2,16},")


def _beyond(asking: Sequence[Span], word: str, start: int, end: int) -> tuple[str, int, int] | None:
    """What of a word lies beyond the words that ask; None where it is one of them."""
    for first, last in asking:
        if first <= start < last:
            word, start = word[last - start :], min(last, end)
        elif start < first < end <= last:
            word, end = word[: first - start], first
    return (word, start, end) if start < end else None


def understand(
    text: str,
    cutter: Cutter,
    lexicon: Lexicon,
    frequencies: Frequencies,
    passages: int,
    context: str = "",
    carried: int = 0,
    aside: Sequence[str] = (),
    wording: Wording = NONE,
) -> Question:
    """What *text* asks, weighed by the words' frequencies in a library of so many *passages*.

    *context* is the question before, where this one leans on it; the first *carried* characters of *text* were taken from
    it. *aside* are words of the question that do not speak of
    the matter, such as 2016年12月的报道里. *wording* holds for this library alone.
    """
    own = len(text)
    folded = fold(f"{text}\n{context}" if context else text)
    asking = folded[:own]
    kind, asked = answer_type(asking)
    cut = with_names(cutter.words(folded), folded, frequencies)
    cut, rare = _with_rare_names(cut, cutter, lexicon, frequencies)
    words = measuring.apart(_with_wordings(cut, wording), asking, cutter.knows)
    inner = {(s, e): tuple(w for w, i, j in cut if s <= i and j <= e) for _, s, e in words}
    idle = [(m.start(), m.end()) for phrase in aside for m in re.finditer(re.escape(fold(phrase)), folded)]
    idle += measuring.idle(words, asking)
    idle += [m.span() for m in _IN_THE_TEXT.finditer(asking)] + [m.span() for m in _WHICH_ONE.finditer(asking)]
    according = _ACCORDING_TO.match(asking)
    classes = {m.end() for m in _WHICH_ONE.finditer(asking)} | {m.end() for m in _WHAT.finditer(asking)}
    spans = [rest for word in words if (rest := _beyond([asked, *idle], *word)) and rest[0] not in FUNCTION_WORDS]
    spans = [(w, s, e) for w, s, e in spans if not any(p.fullmatch(w) for _, p in _QUESTION_WORD)]
    known = held([w for w, _, _ in spans], frequencies) if spans else {}
    units: list[Unit] = []
    named = _named(folded, cutter)
    named |= {n for w, start, end in words if len(w) > 1 and w[0] in SURNAMES and not cutter.knows(w) for n in range(start, end)}
    named |= {n for start, end in rare for n in range(start, end)}
    guessed = [(w, s, e) for w, s, e in spans if len(w) > 1 and _HAN.match(w) and not lexicon.knows(w) and not cutter.knows(w)]
    pieces = _pieces(guessed, named, frequencies)
    unknown = {(s, e) for w, s, e in guessed if 2 <= len(w) <= 4} | {(s, e) for w, s, e in spans if _CODE.fullmatch(w) and not lexicon.knows(w)}
    known |= frequencies([part for parts in pieces.values() for part, _, _ in parts]) if pieces else {}
    for w, s, e in spans:
        parts = pieces.get((s, e), [(w, s, e)])
        for part, start, end in parts:
            if (len(part) == 1 and not _HAN.match(part) and not part.isdigit()) or (start >= own and any(u.text == part for u in units)):
                continue
            weight = self_information(known.get(part, 0), passages, part, lexicon)
            if not known.get(part) and not lexicon.knows(part):
                weight = min(weight, UNKNOWN_WEIGHT)
            if start >= own or start < carried or (according and end <= according.end() and start not in named):
                weight *= CONTEXT_WEIGHT
            if start in classes:
                weight *= CLASS_WEIGHT
            within = inner.get((start, end), ())
            new = (start, end) == (s, e) and (s, e) in unknown and bool(known.get(part))
            units.append(Unit(part, start, end, weight, len(part) > 1 and (start in named or new), _beside(asked, start, end), within if len(within) > 1 else (), wordings(part, wording)))
    people = any(tag.startswith("nr") for _, tag, _, end in cutter.tags(asking) if end <= asked[0])
    years = dict.fromkeys(_YEAR.findall(asking)) or dict.fromkeys(_YEAR.findall(folded))
    return Question(
        text=text,
        folded=folded,
        units=tuple(units),
        kind=kind,
        asked=asked,
        measures=measuring.measures(asking, [(w, s, e) for w, s, e in words if e <= own], people) if kind == "amount" else (),
        quoted=tuple(m[1] for m in _QUOTED.finditer(asking)),
        years=tuple(y for y in years if not any(y in fold(phrase) for phrase in aside)),
        plural=bool(_PLURAL.search(asking)),
        several=bool(_SEVERAL.search(asking)),
    )
