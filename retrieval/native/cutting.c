/* Texts in code points in, the packed terms of their passages out: split into passages, folded, cut into words.

   Words are cut as jieba cuts them (jieba 0.42.1, MIT: __init__.py, finalseg/__init__.py; own code): all words of the
   dictionary that begin at each character, the likeliest way through them by dynamic programming, and for what is left of
   single characters the likeliest states of a hidden Markov model by Viterbi's algorithm. Sums are made in jieba's order, so
   that ties fall as they do there. Long terms are known by BLAKE2b (RFC 7693), with 8 bytes of digest.

   The caller guarantees, for all kernels: bounds ascend within the codes, codes are below 0x110000, and every array is as
   large as said here. */
#include "kernels.h"

#include <math.h>
#include <string.h>

#define CODES 0x110000u
#define PLANE 0x10000u

/* What a character is; bits of `kinds`, an array of CODES bytes. */
#define WORD 1     /* makes a word: \w */
#define BLOCK 2    /* is cut together with its neighbours (jieba's re_han_default) */
#define HAN 4      /* makes pairs */
#define NUMERAL 8  /* begins what may be a written-out number */
#define NUMERAL_NEXT 16 /* goes on with it */
#define SPACE 32   /* \s */

typedef struct {
    uint64_t key;  /* parent << 21 | character; 0 where the slot is free */
    double weight; /* the logarithm of the word's probability; NO_WORD where it is only a beginning */
} Slot;

typedef struct {
    const uint8_t *kinds;
    const Slot *table;      /* an open hash table; a node is its slot + 1 */
    uint64_t mask;          /* slots - 1; slots are a power of two */
    const uint64_t *hashes; /* slot -> the key of a word of three characters or more */
    const int32_t *firsts;  /* character of the basic plane -> node of words that begin with it, 0 where there is none */
    const double *emit;     /* (LAST - FIRST + 1) rows of four: what a state (B, E, M, S) gives a character by */
    const double *start;    /* 4 */
    const double *trans;    /* 4 rows of 4: from state, to state */
    double absent;          /* the weight of a character that is no word */
} Dictionary;

#define NO_WORD 1.0
#define FIRST 0x4E00u
#define LAST 0x9FD5u
#define MIN_FLOAT (-3.14e100) /* jieba's for what never occurred */

static inline uint64_t place_of(uint64_t key, uint64_t mask) {
    key *= 0x9E3779B97F4A7C15u;
    return (key ^ key >> 32) & mask;
}

/* The node below *parent* by *code*; 0 where there is none. */
static inline uint32_t child(const Slot *table, uint64_t mask, uint32_t parent, uint32_t code) {
    uint64_t key = (uint64_t)parent << 21 | code;
    for (uint64_t at = place_of(key, mask); table[at].key; at = (at + 1) & mask)
        if (table[at].key == key) return (uint32_t)at + 1;
    return 0;
}

/* BLAKE2b */

static const uint64_t IV[8] = {
    0x6a09e667f3bcc908u, 0xbb67ae8584caa73bu, 0x3c6ef372fe94f82bu, 0xa54ff53a5f1d36f1u,
    0x510e527fade682d1u, 0x9b05688c2b3e6c1fu, 0x1f83d9abfb41bd6bu, 0x5be0cd19137e2179u,
};

static const uint8_t SIGMA[12][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
};

static inline uint64_t turned(uint64_t value, int by) { return value >> by | value << (64 - by); }

#define MIX(a, b, c, d, x, y) \
    (a += b + x, d = turned(d ^ a, 32), c += d, b = turned(b ^ c, 24), a += b + y, d = turned(d ^ a, 16), c += d, b = turned(b ^ c, 63))

static void compress(uint64_t h[8], const uint8_t block[128], uint64_t length, int last) {
    uint64_t m[16], v[16];
    for (int i = 0; i < 16; i++) {
        m[i] = 0;
        for (int j = 7; j >= 0; j--) m[i] = m[i] << 8 | block[8 * i + j];
    }
    for (int i = 0; i < 8; i++) v[i] = h[i], v[i + 8] = IV[i];
    v[12] ^= length;
    if (last) v[14] = ~v[14];
    for (int round = 0; round < 12; round++) {
        const uint8_t *s = SIGMA[round];
        MIX(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
        MIX(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
        MIX(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
        MIX(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
        MIX(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
        MIX(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
        MIX(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
        MIX(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
    }
    for (int i = 0; i < 8; i++) h[i] ^= v[i] ^ v[i + 8];
}

/* Bytes of a code point in UTF-8; lone surrogates as if they were none. */
static inline int utf8(uint32_t code, uint8_t out[4]) {
    if (code < 0x80) return out[0] = (uint8_t)code, 1;
    if (code < 0x800) return out[0] = (uint8_t)(0xC0 | code >> 6), out[1] = (uint8_t)(0x80 | (code & 63)), 2;
    if (code < 0x10000) {
        out[0] = (uint8_t)(0xE0 | code >> 12), out[1] = (uint8_t)(0x80 | (code >> 6 & 63)), out[2] = (uint8_t)(0x80 | (code & 63));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | code >> 18), out[1] = (uint8_t)(0x80 | (code >> 12 & 63));
    out[2] = (uint8_t)(0x80 | (code >> 6 & 63)), out[3] = (uint8_t)(0x80 | (code & 63));
    return 4;
}

/* The key of a term of three characters or more. */
static uint64_t hashed(const uint32_t *codes, int64_t count) {
    uint64_t h[8], length = 0;
    uint8_t block[128 + 4];
    int used = 0;
    memcpy(h, IV, sizeof h);
    h[0] ^= 0x01010000u ^ 8;
    for (int64_t i = 0; i < count; i++) {
        if (used > 128) { /* a block is given away only once more follows: the last one is marked */
            length += 128;
            compress(h, block, length, 0);
            memmove(block, block + 128, (size_t)(used - 128));
            used -= 128;
        }
        used += utf8(codes[i], block + used);
    }
    if (used > 128) {
        length += 128;
        compress(h, block, length, 0);
        memmove(block, block + 128, (size_t)(used - 128));
        used -= 128;
    }
    memset(block + used, 0, (size_t)(128 - used));
    compress(h, block, length + (uint64_t)used, 1);
    return h[0] | (uint64_t)1 << 63;
}

/* The dictionary */

/* The lines `word frequency tag` of a jieba dictionary, as words under their beginnings.

   text: *size* bytes of UTF-8.  table, hashes: of mask + 1, all zero.  firsts: of PLANE, all zero.
   Returns how many words there are, or -1 where the table is too small or a line is no such line. *absent* is the weight of
   a character that is no word. */
EXPORTED int64_t cutting_dictionary(const uint8_t *text, int64_t size, Slot *table, uint64_t mask, uint64_t *hashes,
                                    int32_t *firsts, double *absent) {
    int64_t at = 0, words = 0;
    uint64_t used = 0;
    double total = 0;
    while (at < size) {
        uint32_t node = 0, codes[64];
        int length = 0;
        for (; at < size && text[at] != ' ' && text[at] != '\n'; length++) {
            uint32_t code = text[at++];
            int more = code < 0x80 ? 0 : code < 0xE0 ? 1 : code < 0xF0 ? 2 : 3;
            if (more) code &= 0x3Fu >> more;
            for (; more; more--) {
                if (at >= size || (text[at] & 0xC0) != 0x80) return -1;
                code = code << 6 | (text[at++] & 0x3F);
            }
            if (length == 64 || code >= CODES) return -1;
            codes[length] = code;
            uint64_t key = (uint64_t)node << 21 | code, place = place_of(key, mask);
            while (table[place].key && table[place].key != key) place = (place + 1) & mask;
            if (!table[place].key) {
                if (2 * ++used > mask) return -1;
                table[place].key = key;
            }
            node = (uint32_t)place + 1;
            if (!length && code < PLANE) firsts[code] = (int32_t)node;
        }
        double frequency = 0;
        for (at++; at < size && text[at] >= '0' && text[at] <= '9'; at++) frequency = 10 * frequency + (text[at] - '0');
        while (at < size && text[at] != '\n') at++;
        at++;
        if (!node) continue;
        words++;
        total += frequency;
        table[node - 1].weight = frequency;
        if (length > 2) hashes[node - 1] = hashed(codes, length);
    }
    double whole = log(total);
    for (uint64_t place = 0; place <= mask; place++) table[place].weight = table[place].weight > 0 ? log(table[place].weight) - whole : NO_WORD;
    *absent = log(1) - whole;
    return words;
}

/* Terms */

typedef struct {
    const Dictionary *dictionary;
    const uint32_t *codes;
    uint64_t owner, owners; /* the first passage that the text is of, and how many */
    uint64_t *briefs, *keys, *holders;
    int64_t brief, long_;
    double *route;
    int32_t *next, *nodes;
    uint8_t *back;
    int close; /* whether two ways through the text were as good as equally likely */
} Cutting;

/* Nearer to each other than this, two sums of logarithms may compare otherwise where they are made otherwise: among 68,162
   articles rjieba prefers another way by 2e-7 in the model of unknown words, and none among words of the dictionary. */
#define CLOSE_STATES 1e-4
#define CLOSE_WORDS 1e-9
#define NEVER (-1e50) /* below: sums with MIN_FLOAT, in which all else is lost; these tie by the rule */

static inline int too_close(double one, double other, double than) {
    double apart = one - other;
    return apart < than && apart > -than && one > NEVER;
}

static inline void put_brief(Cutting *cutting, uint64_t term) {
    for (uint64_t owner = cutting->owner; owner < cutting->owner + cutting->owners; owner++) cutting->briefs[cutting->brief++] = term << 21 | owner;
}

/* The word from *begin* to *end*, of which *node* is the node if it stands in the dictionary; punctuation is left out. */
static inline void put(Cutting *cutting, int64_t begin, int64_t end, uint32_t node) {
    const uint32_t *codes = cutting->codes + begin;
    const uint8_t *kinds = cutting->dictionary->kinds;
    if (end - begin == 1) {
        if (kinds[codes[0]] & WORD) put_brief(cutting, (uint64_t)codes[0] << 21);
    } else if (end - begin == 2) {
        if ((kinds[codes[0]] | kinds[codes[1]]) & WORD) put_brief(cutting, (uint64_t)codes[0] << 21 | codes[1]);
    } else {
        int word = 0;
        for (int64_t i = 0; i < end - begin; i++) word |= kinds[codes[i]];
        if (!(word & WORD)) return;
        uint64_t key = node ? cutting->dictionary->hashes[node - 1] : hashed(codes, end - begin);
        for (uint64_t owner = cutting->owner; owner < cutting->owner + cutting->owners; owner++)
            cutting->keys[cutting->long_] = key, cutting->holders[cutting->long_++] = owner;
    }
}

enum { B, E, M, S };
/* From which states each may come, the one that wins a tie last: by the letters' order, as jieba compares them. */
static const uint8_t BEFORE[4][2] = {{E, S}, {B, M}, {B, M}, {E, S}};

/* Words of Han characters that are none in the dictionary, by jieba's hidden Markov model. */
static void put_unknown(Cutting *cutting, int64_t begin, int64_t end) {
    const Dictionary *dictionary = cutting->dictionary;
    const uint32_t *codes = cutting->codes;
    uint8_t *back = cutting->back;
    double now[4], before[4];
    const double *emit = dictionary->emit + 4 * (codes[begin] - FIRST);
    for (int state = 0; state < 4; state++) now[state] = dictionary->start[state] + emit[state];
    for (int64_t at = begin + 1; at < end; at++) {
        memcpy(before, now, sizeof now);
        emit = dictionary->emit + 4 * (codes[at] - FIRST);
        for (int state = 0; state < 4; state++) {
            int one = BEFORE[state][0], other = BEFORE[state][1];
            double first = before[one] + dictionary->trans[4 * one + state] + emit[state];
            double second = before[other] + dictionary->trans[4 * other + state] + emit[state];
            int better = second >= first;
            cutting->close |= too_close(first, second, CLOSE_STATES);
            now[state] = better ? second : first;
            back[4 * (at - begin) + state] = (uint8_t)(better ? other : one);
        }
    }
    int64_t count = end - begin;
    int state = now[S] >= now[E] ? S : E;
    cutting->close |= too_close(now[S], now[E], CLOSE_STATES);
    for (int64_t i = count - 1; i >= 0; i--) { /* from here on the first of each four says the state */
        int earlier = i ? back[4 * i + state] : 0;
        back[4 * i] = (uint8_t)state;
        state = earlier;
    }
    int64_t word = 0, next = 0;
    for (int64_t i = 0; i < count; i++) {
        if (back[4 * i] == B) word = i;
        else if (back[4 * i] == E) put(cutting, begin + word, begin + i + 1, 0), next = i + 1;
        else if (back[4 * i] == S) put(cutting, begin + i, begin + i + 1, 0), next = i + 1;
    }
    if (next < count) put(cutting, begin + next, end, 0);
}

static inline int is_digit(uint32_t code) { return code >= '0' && code <= '9'; }
static inline int is_latin(uint32_t code) { return is_digit(code) || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z'); }
static inline int is_common(uint32_t code) { return code >= FIRST && code <= LAST; }

/* What is no Han, split as finalseg's re_skip does: [a-zA-Z0-9]+(?:\.\d+)?%? and what stands between such. */
static void put_latin(Cutting *cutting, int64_t begin, int64_t end) {
    const uint32_t *codes = cutting->codes;
    for (int64_t at = begin; at < end;) {
        int64_t from = at;
        if (is_latin(codes[at])) {
            while (at < end && is_latin(codes[at])) at++;
            if (at + 1 < end && codes[at] == '.' && is_digit(codes[at + 1])) {
                at += 2;
                while (at < end && is_digit(codes[at])) at++;
            }
            if (at < end && codes[at] == '%') at++;
        } else {
            while (at < end && !is_latin(codes[at])) at++;
        }
        put(cutting, from, at, 0);
    }
}

/* Characters of which each alone would be a word. */
static void put_singles(Cutting *cutting, int64_t begin, int64_t end) {
    const Dictionary *dictionary = cutting->dictionary;
    const uint32_t *codes = cutting->codes;
    if (end - begin == 1) {
        put(cutting, begin, end, 0);
        return;
    }
    uint32_t node = (uint32_t)dictionary->firsts[codes[begin]];
    for (int64_t at = begin + 1; node && at < end; at++) node = child(dictionary->table, dictionary->mask, node, codes[at]);
    if (node && dictionary->table[node - 1].weight != NO_WORD) { /* a word that was less likely than its characters */
        for (int64_t at = begin; at < end; at++) put(cutting, at, at + 1, 0);
        return;
    }
    for (int64_t at = begin; at < end;) {
        int64_t from = at;
        int common = is_common(codes[at]);
        while (at < end && is_common(codes[at]) == common) at++;
        if (common) put_unknown(cutting, from, at);
        else put_latin(cutting, from, at);
    }
}

/* Characters that are cut together; all are of the basic plane. */
static void cut_block(Cutting *cutting, int64_t begin, int64_t end) {
    const Dictionary *dictionary = cutting->dictionary;
    const uint32_t *codes = cutting->codes + begin;
    int64_t count = end - begin;
    double *route = cutting->route;
    int32_t *next = cutting->next, *nodes = cutting->nodes;
    route[count] = 0;
    for (int64_t at = count - 1; at >= 0; at--) {
        double best = dictionary->absent + route[at + 1];
        int64_t to = at + 1;
        uint32_t node = (uint32_t)dictionary->firsts[codes[at]], taken = 0;
        int found = 0;
        for (int64_t last = at; node;) {
            double weight = dictionary->table[node - 1].weight;
            if (weight != NO_WORD) {
                double value = weight + route[last + 1];
                if (found && too_close(value, best, CLOSE_WORDS)) cutting->close = 1;
                if (!found || value >= best) best = value, to = last + 1, taken = node;
                found = 1;
            }
            if (++last >= count) break;
            node = child(dictionary->table, dictionary->mask, node, codes[last]);
        }
        route[at] = best, next[at] = (int32_t)to, nodes[at] = (int32_t)taken;
    }
    int64_t singles = -1;
    for (int64_t at = 0; at < count; at = next[at]) {
        if (next[at] - at == 1) {
            if (singles < 0) singles = at;
            continue;
        }
        if (singles >= 0) put_singles(cutting, begin + singles, begin + at);
        singles = -1;
        put(cutting, begin + at, begin + next[at], (uint32_t)nodes[at]);
    }
    if (singles >= 0) put_singles(cutting, begin + singles, end);
}

/* The terms of folded texts: words and pairs of Han characters.

   codes: all texts one after another.  bounds: where each of *count* texts begins and, at last, where they end.
   owners: for each text the first passage that it is of, then of how many; passages are below 1 << 21.
   briefs: terms of one or two characters, (first << 21 | second) << 21 | passage.  keys, holders: of longer terms the key,
   and the passage.  briefs has room for two of each character and passage that it is of, keys and holders for a third of one.
   hints: for each text whether it may hold a written-out number.  close: for each whether two ways to cut it are so nearly as
   likely that its terms are left out: what defines how texts are cut has to decide.  sizes: receives how many briefs and longer terms there are.
   route, next, nodes: room for a longest text's characters and one more; back: for four times as many. */
EXPORTED void cutting_terms(const Dictionary *dictionary, const uint32_t *codes, const int64_t *bounds, const int64_t *owners, int64_t count,
                            uint64_t *briefs, uint64_t *keys, uint64_t *holders, uint8_t *hints, uint8_t *close, int64_t *sizes, double *route, int32_t *next,
                            int32_t *nodes, uint8_t *back) {
    Cutting cutting = {dictionary, codes, 0, 0, briefs, keys, holders, 0, 0, route, next, nodes, back, 0};
    const uint8_t *kinds = dictionary->kinds;
    for (int64_t text = 0; text < count; text++) {
        int64_t at = bounds[text], end = bounds[text + 1];
        cutting.owner = (uint64_t)owners[2 * text], cutting.owners = (uint64_t)owners[2 * text + 1];
        int64_t brief = cutting.brief, long_ = cutting.long_;
        uint8_t before = 0, hint = 0;
        cutting.close = 0;
        for (int64_t i = at; i < end; i++) {
            uint8_t kind = kinds[codes[i]];
            if (before & kind & HAN) put_brief(&cutting, (uint64_t)codes[i - 1] << 21 | codes[i]);
            hint |= (before & NUMERAL) && (kind & NUMERAL_NEXT);
            before = kind;
        }
        hints[text] = hint;
        while (at < end) {
            if (!(kinds[codes[at]] & BLOCK)) {
                put(&cutting, at, at + 1, 0);
                at++;
                continue;
            }
            int64_t from = at;
            while (at < end && kinds[codes[at]] & BLOCK) at++;
            cut_block(&cutting, from, at);
        }
        close[text] = (uint8_t)cutting.close;
        if (cutting.close) cutting.brief = brief, cutting.long_ = long_;
    }
    sizes[0] = cutting.brief, sizes[1] = cutting.long_;
}

/* Folding */

/* Texts folded character by character, where that is all that folding them takes.

   table: PLANE entries, what a character becomes, or UNSURE where that depends on others or is not one character.
   out: as large as codes.  unsure: for each text 1 where it holds such a character; its part of *out* is not to be used then. */
#define UNSURE 0xFFFFFFFFu
EXPORTED void cutting_fold(const uint32_t *codes, const int64_t *bounds, int64_t count, const uint32_t *table, uint32_t *out, uint8_t *unsure) {
    for (int64_t text = 0; text < count; text++) {
        uint32_t found = 0;
        for (int64_t at = bounds[text]; at < bounds[text + 1]; at++) {
            uint32_t folded = codes[at] < PLANE ? table[codes[at]] : UNSURE;
            found |= folded >> 31;
            out[at] = folded;
        }
        unsure[text] = (uint8_t)found;
    }
}

/* Passages */

static inline int ends_sentence(uint32_t code) {
    return code == 0x3002 || code == 0xFF01 || code == 0xFF1F || code == '!' || code == '?' || code == 0xFF1B || code == ';' || code == 0x2026;
}

static inline int closes(uint32_t code) {
    return code == 0x201D || code == 0x2019 || code == 0x300D || code == 0x300F || code == ')' || code == 0xFF09 || code == 0x300B || code == 0x3011 ||
           code == '"' || code == '\'';
}

static int blank(const uint8_t *kinds, const uint32_t *codes, int64_t begin, int64_t end) {
    while (begin < end && kinds[codes[begin]] & SPACE) begin++;
    return begin == end;
}

/* The passages of a body, as `passages.split` finds them.

   ends: receives where each ends; the first begins at 0, each other where the one before it ends.  It has room for
   2 * length / size + 2.  Returns how many there are. */
EXPORTED int64_t cutting_passages(const uint8_t *kinds, const uint32_t *codes, int64_t length, int64_t size, int64_t *ends) {
    int64_t count = 0, start = 0, passage = 0;
    for (int64_t at = 0; at < length;) {
        uint32_t code = codes[at++];
        if (code > '?' && code < 0x2026) continue; /* most Latin text */
        if (code == '.') {
            if (at < length && !(kinds[codes[at]] & SPACE)) continue;
        } else if (ends_sentence(code)) {
            while (at < length && ends_sentence(codes[at])) at++;
            while (at < length && closes(codes[at])) at++;
        } else if (code != '\n') {
            continue;
        }
        while (at < length && kinds[codes[at]] & SPACE) at++;
        if (blank(kinds, codes, start, at)) continue;
        if (count && at - passage <= size) ends[count - 1] = at;
        else passage = start, ends[count++] = at;
        start = at;
    }
    if (start < length) { /* not blank, unless the whole body is: each end takes the white space behind it along */
        if (count && length - passage <= size) ends[count - 1] = length;
        else ends[count++] = length;
    }
    return count;
}
