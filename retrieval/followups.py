"""A question and the ones before it in, the question completed so that it stands alone out; by rule, and only where it leans.

A question leans on the one before it where it begins with a pronoun or 那, 其中, 还有, ends in 呢, or names nothing and
is short. It is completed by putting the earlier year, place or name in the pronoun's place, by putting the new one in
place of the old (那2015年呢), a new thing in place of the counted one (那农家乐呢), or by taking over what the earlier question was about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.questions import Frequencies, answer_type, places, with_names
from retrieval.text import Cutter, fold
from retrieval.wording import FUNCTION_WORDS

_OPENING = re.compile(r"^(?:那么|那末|那|还有|另外|然后|再问|接着|and|what about|how about)[,，、\s]*", re.IGNORECASE)
_CLOSING = re.compile(r"(?:呢|又如何|又怎样|怎么样)?[?？!！。\s]*$")
_PRONOUN = re.compile(r"他们|她们|它们|他|她|它(?!山)|这家|那家|该(?=[县市区镇村厂校公])|这个人|那个人|这人|那人")
_THERE = re.compile(r"那里|那儿|那边|这里|这边|当地|该[县市区镇村]|那(?:个)?[县市区镇村](?!\w*[县市])")
_PARTLY = re.compile(r"^(?:那)?(?:其中|当中|里面|里头|这里面|这当中)")
_THAT = re.compile(r"^(?:那|这)个?(?=[“\"「『《‘])")
_YEAR = re.compile(r"(?:(?:19|20)\d\d|[一二〇零○九]{4})年?|去年|前年|今年|明年|(?:民国|民國)[\d一二三四五六七八九十百]+年")
_PLACE = re.compile(r"[\u4e00-\u9fff]{2,7}?[省市县縣区區州镇鎮乡鄉村]")
_ASKS = re.compile(r"[哪几啥谁么]")
_WORDS_ASKING = re.compile(r"(?:一共|总共|总計|总计|到底|究竟|大概|现在|現在)?(?:是|有|达|達|占)?(?:多少(?:[个家名户次种位所座条元钱台辆件只头亩吨岁天年月项间部张篇份人])?|几多|幾多|什么|什麼|谁|誰|哪[里裡儿兒些个個年天]?|几[个家名户次种位所座条台辆件只头亩吨岁天年项间部张篇份人]|幾[個家名戶次種位所座條]|怎么样?|怎樣|如何|多[大长長高久远遠])")
_HOW_MANY = re.compile(r"(?:多少|几多|幾多|[几幾])[\u4e00-\u9fff]?(?=[?？呢了吗嗎]|$)")
_COUNTED = re.compile(r"(?:多少|几多|幾多|[几幾])[个個家名户戶种種位所座条條项項]?([\u4e00-\u9fff]{2,12}?)(?=[?？呢了吗嗎]|$)")
"""What a question counts, at its end: the 网店 of 有多少家网店."""
_SENTENCE = re.compile(r"[,，。?？!！;；]")
LONGEST_ANTECEDENT = 20
"""Characters of an answer that a pronoun may stand for."""
SHORT = 12
"""Content characters up to which a question that names nothing leans on the one before it."""


@dataclass(frozen=True, slots=True)
class Completion:
    """`text` stands alone and is shown; `context` is the earlier question, whose words count for less than the new ones."""

    text: str
    context: str
    carried: int = 0
    """How many characters at the beginning of `text` were taken over from the question before."""
    sure: bool = True
    """False where only the question's shortness speaks for it: it may as well stand alone."""


def names(text: str, cutter: Cutter, frequencies: Frequencies | None = None) -> list[tuple[str, int, int]]:
    """The names in *text* with their spans: quoted words first, then places, people, organisations and words that no dictionary holds.

    With *frequencies* a name that was cut too short is read on as long as its last character and the next stand together
    in the library (王某 of 王某某和李某).
    """
    folded = fold(text)
    quoted = [(text[m.start(1) : m.end(1)], m.start(), m.end()) for m in re.finditer(r"[“「『《]([^”」』》]{1,20})[”」』》]", text)]
    words = with_names(cutter.words(folded), folded, frequencies) if frequencies else cutter.words(folded)
    found = [(text[s:e], s, e) for w, s, e in words if _name(w, cutter)]
    towns = places(folded)
    found = sorted([f for f in found if not any(s < f[2] and f[1] < e for s, e in towns)] + [(text[s:e], s, e) for s, e in towns], key=lambda f: f[1])
    joined: list[tuple[str, int, int]] = []
    for name, start, end in found:
        if joined and joined[-1][2] == start:
            joined[-1] = (text[joined[-1][1] : end], joined[-1][1], end)
        else:
            joined.append((name, start, end))
    if frequencies:
        held = frequencies([folded[end - 1 : end + 1] for _, _, end in joined])
        joined = [
            (text[start : end + 1], start, end + 1) if end < len(folded) and held.get(folded[end - 1 : end + 1]) and end - start < 4 and folded[end] not in FUNCTION_WORDS else (name, start, end)
            for name, start, end in joined
        ]
    return quoted + joined


def _name(word: str, cutter: Cutter) -> bool:
    if len(word) < 2 or word in FUNCTION_WORDS or word[0].isdigit() or _ASKS.search(word):
        return False
    if cutter.knows(word) or any(letter in FUNCTION_WORDS for letter in word):
        return cutter.is_name(word)
    return not cutter.tags(word)[0][1].startswith("v")  # else a name that no dictionary holds


def _is_place(text: str, cutter: Cutter) -> bool:
    return bool(_PLACE.fullmatch(text)) or any(tag == "ns" for _, tag, _, _ in cutter.tags(fold(text)))


def _is_thing(text: str, cutter: Cutter) -> bool:
    return not _is_place(text, cutter) and cutter.tags(fold(text))[-1][1].startswith("n")


def _content(folded: str, cutter: Cutter) -> int:
    return sum(len(w) for w, _, _ in cutter.words(folded) if w not in FUNCTION_WORDS)


def leans(question: str, cutter: Cutter, frequencies: Frequencies | None = None) -> str:
    """Whether *question* leans on the one before it: `yes`, `maybe` (it is short and names nothing) or an empty text."""
    folded = fold(question).strip()
    if _PARTLY.match(folded) or _THAT.match(folded) or _PRONOUN.search(folded[:12]) or _THERE.match(folded):
        return "yes"
    ends = folded.rstrip("?!。 ").endswith("呢")
    if names(question, cutter, frequencies):
        return "yes" if (_OPENING.match(folded) or ends) and _content(folded, cutter) <= 8 else ""
    if _OPENING.match(folded) or ends:
        return "yes"
    return "maybe" if _content(folded, cutter) <= SHORT else ""


def topic(question: str) -> str:
    """What *question* was about: the question without the words that ask."""
    bare = _WORDS_ASKING.sub("", re.sub(r"[?？吗嗎呢\s]+$", "", question.strip()), count=1).strip("的,，")
    return bare if len(bare) >= 2 else question.strip("?？ ")



def complete(question: str, previous: str, answered: str | None, cutter: Cutter, frequencies: Frequencies | None = None) -> Completion | None:
    """*question* after *previous*, whose answer named *answered*; None where it stands alone."""
    lean = leans(question, cutter, frequencies) if previous.strip() else ""
    if not lean:
        return None
    sure = lean == "yes"
    if _THAT.match(question.strip()):
        return _after(topic(previous), question.strip(), previous)
    bare = _OPENING.sub("", question.strip())
    slot = _CLOSING.sub("", bare)
    year, place = _YEAR.search(previous), _PLACE.search(previous)
    if (whole := _YEAR.fullmatch(slot)) and year:
        return Completion(previous[: year.start()] + whole[0] + ("" if previous[year.end() - 1 : year.end()] != "年" or whole[0].endswith("年") else "年") + previous[year.end() :], previous)
    if _YEAR.fullmatch(slot):
        return Completion(f"{slot}{'' if slot.endswith('年') else '年'}{previous}", previous)
    earlier = names(previous, cutter, frequencies)
    asked = answer_type(fold(previous))[0]
    person = re.search(r"[他她]", bare)
    fitting = asked == "who" if person else asked in ("who", "where", "named")
    answered = answered if answered and len(answered) <= LONGEST_ANTECEDENT and not _SENTENCE.search(answered) else None
    antecedent = answered if answered and fitting else earlier[0][0] if earlier else None
    if bare.rstrip("?？ ").endswith("呢") and slot and _content(fold(slot), cutter) <= 8:
        old = place[0] if place and re.search(r"[省市县縣區区州镇鎮乡鄉村]$", slot) else earlier[0][0] if earlier else None
        thing, named = _COUNTED.search(previous), bool(names(slot, cutter))
        # A thing may be taken for a name (农家乐), but is not asked of in place of a town.
        if thing and _is_thing(slot, cutter) and (not named or (old and _is_place(old, cutter) and cutter.knows(fold(slot)))):
            return Completion(previous[: thing.start(1)] + slot + previous[thing.end(1) :], previous)
        if asked == "amount" and _is_thing(slot, cutter) and not named and (how_many := _HOW_MANY.search(previous)):
            return Completion(f"{place[0] if place else earlier[0][0] if earlier else ''}{slot}有{how_many[0]}", previous)
        if named and old and old in previous:
            return Completion(previous.replace(old, slot, 1), previous)
    if _PARTLY.match(bare):
        return _after(topic(previous), bare, previous)
    if _THERE.search(bare[:8]) and place:
        return Completion(_THERE.sub(place[0], bare, count=1), previous)
    if (pronoun := _PRONOUN.search(bare)) and antecedent:
        return Completion(bare[: pronoun.start()] + antecedent + bare[pronoun.end() :], previous)
    if antecedent and antecedent not in bare:
        return Completion(f"{antecedent}{bare}", previous, 0, sure)
    return _after(topic(previous), bare, previous, sure)


def _after(about: str, asked: str, previous: str, sure: bool = True) -> Completion:
    return Completion(f"{about}，{asked}", previous, len(about), sure)
