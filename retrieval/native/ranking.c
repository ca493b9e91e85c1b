/* The best passages for a question's terms, by the weights of BM25, from the postings of a library's segments.

   Terms are taken from the rarest to the commonest. The first ones' lists are walked: what each posting weighs is added
   to the score of its passage. As soon as all terms that are left cannot lift a passage that has none of the terms so far
   to where the best already are, no list is walked any more: for the passages that still can be among the best, the
   other terms are looked up, one term after the other, and fewer passages each time. What a term adds at most is known
   from its list. Nothing is guessed: every passage that is left out cannot be among the best. (Turtle and Flood's
   MaxScore, 1995, with a threshold from passages that are finished early.)

   The caller owns all memory. It vouches for: `starts` ascending up to the number of postings; the number of each posting
   below `passages` and its code below the number of weights, both checked when postings are read; the states of what is
   known of common terms being zeros at first. Lists that are not ascending make wrong results, never a wrong address. */
#include "kernels.h"

#include <math.h>

/* Scores of passages that no list has named. No sum of weights is this: a + b is -0.0 only where both are. */
#define UNNAMED (-0.0)

#define TIED 1e-9 /* as in ranking.py */

/* Passages that are finished before the others, for each that is wanted: they tell what the others must reach. */
#define AHEAD 2

/* Postings that can be walked while one is looked up. */
#define LOOKUP 8

struct segment {
    const uint64_t *keys;     /* ascending */
    const uint32_t *starts;   /* where the postings of each key begin, and where the last ones end */
    const int32_t *numbers;   /* of passages, ascending for each key */
    const void *codes;        /* uint16_t, or uint32_t where `wide` */
    const double *weights;    /* of each code */
    const uint32_t *common;   /* which keys have a guide, ascending */
    const uint64_t *places;   /* where the guide of each of them begins */
    uint32_t *guides;         /* see `guide_of` */
    uint8_t *guided;          /* of each of them whether its guide is there: all UNKNOWN at first */
    double *most;             /* the largest weight in the list of each of them */
    uint8_t *measured;        /* whether that is known */
    int64_t terms, commons;
    int32_t passages, base;   /* base: the number of its first passage among all passages */
    int32_t wide, unused;
};

struct library {
    const struct segment *segments;
    const uint64_t *removed;       /* keys of which removed passages still have postings, ascending */
    const int64_t *removals;       /* how many */
    const int64_t *counts;         /* numbers of passages that terms are in, ascending */
    const double *idf;             /* of a term that is in so many */
    double most;                   /* no posting weighs more */
    int64_t removed_size, counts_size;
    int64_t common;                /* postings from which on a key is among the `common` ones */
    int32_t segments_size, passages;
};

/* Paper for one question at a time. All scores are UNNAMED between questions. */
struct sheet {
    double *scores;       /* one a passage */
    int32_t *walked;      /* passages that a list has named; room for all, and one more */
    int32_t *candidates;  /* room for all */
    int32_t *best;        /* room for all; the passages found */
    double *results;      /* room for all; their scores */
    void *terms;          /* room for `ranking_room` bytes */
};

/* The postings of one term in one segment. */
struct list {
    const int32_t *numbers;
    const void *codes;
    const uint32_t *guide;  /* NULL: none */
    uint32_t size;
    int32_t shift;
};

struct term {
    uint64_t key;
    double weight;  /* idf and what the question says */
    double bound;   /* what it adds at most */
    double rest;    /* what it and all terms after it add at most */
    int64_t size;   /* of its lists in all segments */
    struct list *lists;
};

/* Where `key` stands, or would stand, among ascending keys. */
static int64_t place_of(const uint64_t *keys, int64_t size, uint64_t key)
{
    const uint64_t *at = keys;
    while (size > 1) {
        int64_t half = size / 2;
        at += at[half - 1] < key ? half : 0;
        size -= half;
    }
    return at - keys + (size == 1 && *at < key);
}

/* The shift that makes guides of a list: some eight to sixteen postings share a block of passages. */
static int32_t shift_for(int64_t size, int64_t passages)
{
    int32_t shift = 0;
    while (shift < 31 && (passages >> shift) * 8 > size)
        shift++;
    return shift;
}

/* Fill in a segment's `places`; how many entries all its guides have. */
EXPORTED int64_t ranking_places(const struct segment *segment, uint64_t *places)
{
    uint64_t next = 0;
    for (int64_t c = 0; c < segment->commons; c++) {
        uint32_t row = segment->common[c];
        places[c] = next;
        next += (uint64_t)(segment->passages >> shift_for(segment->starts[row + 1] - segment->starts[row], segment->passages)) + 2;
    }
    return (int64_t)next;
}

#define CODE(codes, wide, i) ((wide) ? ((const uint32_t *)(codes))[i] : ((const uint16_t *)(codes))[i])

/* What is known of a term is found out when it is first asked for, by whichever thread comes first; until it is through, others
   do without. */
enum { UNKNOWN, BEGUN, KNOWN };

static int begin(uint8_t *state)
{
    uint8_t unknown = UNKNOWN;
    return __atomic_compare_exchange_n(state, &unknown, BEGUN, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static int known(const uint8_t *state)
{
    return __atomic_load_n(state, __ATOMIC_ACQUIRE) == KNOWN;
}

static void end(uint8_t *state)
{
    __atomic_store_n(state, KNOWN, __ATOMIC_RELEASE);
}

/* The guide of a list, NULL where there is none yet: entry b is the place of its first posting in a block from b on, a block
   being the passages whose numbers agree but for the last `shift` bits. `c` is the key's place in `common`. */
static const uint32_t *guide_of(const struct segment *segment, int64_t c, const struct list *list)
{
    uint32_t *guide = segment->guides + segment->places[c];
    if (known(segment->guided + c))
        return guide;
    if (!begin(segment->guided + c))
        return 0;
    int64_t next = 0, blocks = (segment->passages >> list->shift) + 1;
    for (uint32_t i = 0; i < list->size; i++) {
        int64_t block = list->numbers[i] >> list->shift;
        while (next <= block)
            guide[next++] = i;
    }
    while (next <= blocks)
        guide[next++] = list->size;
    end(segment->guided + c);
    return guide;
}

/* The largest weight in a list; that of any list where it is not known yet. */
static double most_of(const struct library *library, const struct segment *segment, int64_t c, const struct list *list)
{
    if (known(segment->measured + c))
        return segment->most[c];
    if (!begin(segment->measured + c))
        return library->most;
    double most = 0;
    for (uint32_t i = 0; i < list->size; i++) {
        double weight = segment->weights[CODE(list->codes, segment->wide, i)];
        most = weight > most ? weight : most;
    }
    segment->most[c] = most;
    end(segment->measured + c);
    return most;
}

/* Bytes of `sheet.terms` for so many terms. */
EXPORTED int64_t ranking_room(int64_t terms, int64_t segments)
{
    return terms * (int64_t)(sizeof(struct term) + (size_t)segments * sizeof(struct list)) + 16;
}

/* Whether `one` comes before `other`: rarest first, and always in the same order, so that passages that are alike get the
   same sum to the last digit. */
static int before(const struct term *one, const struct term *other)
{
    return one->size != other->size ? one->size < other->size : one->key < other->key;
}

/* Shell's sort, by Ciura's gaps: a question has dozens of terms, a whole article as a question thousands. */
static void sort_terms(struct term *terms, int64_t size)
{
    static const int64_t gaps[] = {1750, 701, 301, 132, 57, 23, 10, 4, 1};
    for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++)
        for (int64_t i = gaps[g]; i < size; i++) {
            struct term term = terms[i];
            int64_t at = i;
            for (; at >= gaps[g] && before(&term, &terms[at - gaps[g]]); at -= gaps[g])
                terms[at] = terms[at - gaps[g]];
            terms[at] = term;
        }
}

/* The place of a key in `common`; `commons` where it is not there. */
static int64_t common_place(const struct segment *segment, int64_t row)
{
    const uint32_t *at = segment->common;
    for (int64_t left = segment->commons; left > 1;) {
        int64_t half = left / 2;
        at += at[half] <= row ? half : 0;
        left -= half;
    }
    return segment->commons && *at == row ? at - segment->common : segment->commons;
}

/* The terms of the question that are in the library, rarest first; how many, or -1 where the library contradicts itself. */
static int64_t listed(const struct library *library, const uint64_t *keys, const double *times, int64_t size, struct term *terms)
{
    struct list *lists = (struct list *)(terms + size);
    int64_t found = 0;
    for (int64_t t = 0; t < size; t++) {
        struct term term = {keys[t], 0, 0, 0, 0, lists};
        double most = 0;
        int64_t count = 0;
        for (int32_t s = 0; s < library->segments_size; s++) {
            const struct segment *segment = library->segments + s;
            struct list *list = lists + s;
            int64_t row = place_of(segment->keys, segment->terms, keys[t]);
            *list = (struct list){0};
            if (row >= segment->terms || segment->keys[row] != keys[t])
                continue;
            uint32_t begin = segment->starts[row];
            list->size = segment->starts[row + 1] - begin;
            list->numbers = segment->numbers + begin;
            list->codes = segment->wide ? (const void *)((const uint32_t *)segment->codes + begin) : (const void *)((const uint16_t *)segment->codes + begin);
            count += list->size;
            double here = library->most;
            int64_t c = list->size < library->common ? segment->commons : common_place(segment, row);
            if (c < segment->commons) {
                list->shift = shift_for(list->size, segment->passages);
                list->guide = guide_of(segment, c, list);
                here = most_of(library, segment, c, list);
            }
            most = here > most ? here : most;
        }
        term.size = count;
        if (library->removed_size) {
            int64_t row = place_of(library->removed, library->removed_size, keys[t]);
            if (row < library->removed_size && library->removed[row] == keys[t])
                count -= library->removals[row];
        }
        if (count <= 0)
            continue;
        int64_t row = place_of((const uint64_t *)library->counts, library->counts_size, (uint64_t)count);
        if (row >= library->counts_size || library->counts[row] != count)
            return -1;
        term.weight = times[t] * library->idf[row] + 0.0;
        term.bound = term.weight * most;
        terms[found++] = term;
        lists += library->segments_size;
    }
    sort_terms(terms, found);
    double rest = 0;
    for (int64_t t = found - 1; t >= 0; t--)
        terms[t].rest = rest += terms[t].bound;
    return found;
}

static inline int unnamed(double score)
{
    union { double value; int64_t bits; } one = {score};
    return one.bits == INT64_MIN;
}

/* Add what a list weighs to the scores of its passages, and name those that were not named. */
#define WALK(type)                                                        \
    do {                                                                  \
        const type *codes = list->codes;                                  \
        for (uint32_t i = 0; i < list->size; i++) {                       \
            int32_t number = list->numbers[i];                            \
            double before = scores[number];                               \
            walked[size] = number + base;                                 \
            size += unnamed(before);                                      \
            scores[number] = before + weight * weights[codes[i]];         \
        }                                                                 \
    } while (0)

static int64_t walk(const struct list *list, const struct segment *segment, double weight, double *scores, int32_t *walked, int64_t size)
{
    const double *weights = segment->weights;
    int32_t base = segment->base;
    scores += base;
    if (segment->wide)
        WALK(uint32_t);
    else
        WALK(uint16_t);
    return size;
}

/* The same for passages that are named already. */
#define REWALK(type)                                                      \
    do {                                                                  \
        const type *codes = list->codes;                                  \
        for (uint32_t i = 0; i < list->size; i++) {                       \
            int32_t number = list->numbers[i];                            \
            double before = scores[number];                               \
            double after = before + weight * weights[codes[i]];           \
            scores[number] = unnamed(before) ? before : after;            \
        }                                                                 \
    } while (0)

static void rewalk(const struct list *list, const struct segment *segment, double weight, double *scores)
{
    const double *weights = segment->weights;
    scores += segment->base;
    if (segment->wide)
        REWALK(uint32_t);
    else
        REWALK(uint16_t);
}

/* What a term adds to the score of a passage. */
static inline double looked_up(const struct term *term, const struct library *library, int32_t passage)
{
    int32_t s = 0;
    while (s + 1 < library->segments_size && passage >= library->segments[s + 1].base)
        s++;
    const struct segment *segment = library->segments + s;
    const struct list *list = term->lists + s;
    int32_t number = passage - segment->base;
    uint32_t low = 0, high = list->size;
    if (list->guide) {
        const uint32_t *guide = list->guide + (number >> list->shift);
        low = guide[0];
        high = guide[1];
    }
    if (low >= high)
        return 0;
    const int32_t *at = list->numbers + low;
    for (uint32_t left = high - low; left > 1;) {
        uint32_t half = left / 2;
        at += at[half] <= number ? half : 0;
        left -= half;
    }
    return *at == number ? term->weight * segment->weights[CODE(list->codes, segment->wide, at - list->numbers)] : 0;
}

/* Put a score into a heap of the best so far, whose worst is at the top, in place of that; with its passage, if those are kept. */
static void sink(double *scores, int32_t *passages, int64_t size, int64_t at, double score, int32_t passage)
{
    for (int64_t child; (child = 2 * at + 1) < size; at = child) {
        child += child + 1 < size && scores[child + 1] < scores[child];
        if (score <= scores[child])
            break;
        scores[at] = scores[child];
        if (passages)
            passages[at] = passages[child];
    }
    scores[at] = score;
    if (passages)
        passages[at] = passage;
}

/* The `limit` best of some passages, in no order, and their scores; how many there are if there are fewer. */
static int64_t best_of(const int32_t *some, int64_t size, const double *scores, const uint8_t *hidden, int64_t limit, int32_t *best, double *results)
{
    int64_t found = 0, i = 0;
    for (; i < size && found < limit; i++)
        if (!hidden || !hidden[some[i]]) {
            best[found] = some[i];
            results[found++] = scores[some[i]];
        }
    if (found < limit)
        return found;
    for (int64_t at = limit / 2 - 1; at >= 0; at--)
        sink(results, best, limit, at, results[at], best[at]);
    for (; i < size; i++) {
        double score = scores[some[i]];
        if (score > results[0] && !(hidden && hidden[some[i]]))
            sink(results, best, limit, 0, score, some[i]);
    }
    return limit;
}

/* The `limit`-th best of at least as many scores, which are moved about. */
static double last_of(double *scores, int64_t size, int64_t limit)
{
    for (int64_t at = limit / 2 - 1; at >= 0; at--)
        sink(scores, 0, limit, at, scores[at], 0);
    for (int64_t i = limit; i < size; i++)
        if (scores[i] > scores[0])
            sink(scores, 0, limit, 0, scores[i], 0);
    return scores[0];
}

/* Those of some passages that score `least` or more and are not hidden; how many. `kept` may be `some`. */
static int64_t keep(const int32_t *some, int64_t size, const double *scores, const uint8_t *hidden, double least, int32_t *kept)
{
    int64_t found = 0;
    for (int64_t i = 0; i < size; i++) {
        int32_t passage = some[i];
        kept[found] = passage;
        found += scores[passage] >= least && !(hidden && hidden[passage]);
    }
    return found;
}

/* What the worst of the best must score at least, as far as the passages tell that the terms before `next` have named. */
static double threshold(const struct library *library, const struct term *terms, int64_t size, int64_t next, int64_t walked, const uint8_t *hidden, int64_t limit, const struct sheet *sheet)
{
    int64_t ahead = best_of(sheet->walked, walked, sheet->scores, hidden, AHEAD * limit, sheet->best, sheet->results);
    if (ahead < limit)
        return -INFINITY;
    for (int64_t i = 0; i < ahead; i++)
        for (int64_t t = next; t < size; t++)
            sheet->results[i] += looked_up(terms + t, library, sheet->best[i]);
    return last_of(sheet->results, ahead, limit);
}

/* Best first; passages with one score in their order. Shell's sort: rarely are there more than a few. */
static void sort_best(int32_t *best, double *results, int64_t size)
{
    int64_t gap = 1;
    while (gap < size / 3)
        gap = 3 * gap + 1;
    for (; gap; gap /= 3)
        for (int64_t i = gap; i < size; i++) {
            int32_t passage = best[i];
            double score = results[i];
            int64_t at = i;
            for (; at >= gap && (results[at - gap] < score || (results[at - gap] == score && best[at - gap] > passage)); at -= gap) {
                best[at] = best[at - gap];
                results[at] = results[at - gap];
            }
            best[at] = passage;
            results[at] = score;
        }
}

/* The best passages for `size` terms, of which each counts `times`: at least `limit` if as many share a term, all that
   tie with the last among them, none that is `hidden` (one byte a passage; NULL: none is).

   They are in sheet->best, their scores in sheet->results, best first. How many there are is what comes back; -1 where a term
   is in a number of passages that the statistics do not know. */
EXPORTED int64_t ranking_best(const struct library *library, const uint64_t *keys, const double *times, int64_t size, int64_t limit, const uint8_t *hidden, const struct sheet *sheet)
{
    struct term *terms = sheet->terms;
    size = listed(library, keys, times, size, terms);
    if (size <= 0 || limit <= 0)
        return size < 0 ? -1 : 0;
    limit = limit < library->passages ? limit : library->passages;
    int prunes = AHEAD * limit <= library->passages;
    for (int64_t t = 0; t < size; t++)
        prunes = prunes && terms[t].weight > 0;

    /* Lists are walked until no passage that they have not named can be among the best. */
    int64_t walked = 0, next = 0;
    double least = -INFINITY;
    for (; next < size; next++) {
        if (prunes && next && terms[next].rest >= least - 2 * TIED && terms[next].size > walked / 4 + LOOKUP * AHEAD * limit * (size - next)) {
            double found = threshold(library, terms, size, next, walked, hidden, limit, sheet);
            least = found > least ? found : least;
        }
        if (terms[next].rest < least - 2 * TIED)
            break;
        for (int32_t s = 0; s < library->segments_size; s++)
            if (terms[next].lists[s].size)
                walked = walk(terms[next].lists + s, library->segments + s, terms[next].weight, sheet->scores, sheet->walked, walked);
    }

    /* The other terms, for the passages that still can. */
    const int32_t *left = sheet->walked;
    int64_t candidates = walked;
    for (; next < size; next++) {
        candidates = keep(left, candidates, sheet->scores, left == sheet->walked ? hidden : 0, least - 2 * TIED - terms[next].rest, sheet->candidates);
        left = sheet->candidates;
        if (terms[next].size < LOOKUP * candidates) {
            for (int32_t s = 0; s < library->segments_size; s++)
                if (terms[next].lists[s].size)
                    rewalk(terms[next].lists + s, library->segments + s, terms[next].weight, sheet->scores);
        } else
            for (int64_t i = 0; i < candidates; i++)
                sheet->scores[left[i]] += looked_up(terms + next, library, left[i]);
    }
    int64_t found = best_of(left, candidates, sheet->scores, hidden, limit, sheet->best, sheet->results);
    found = keep(left, candidates, sheet->scores, hidden, found < limit ? -INFINITY : sheet->results[0] - TIED, sheet->best);
    for (int64_t i = 0; i < found; i++)
        sheet->results[i] = sheet->scores[sheet->best[i]];
    sort_best(sheet->best, sheet->results, found);

    if (walked > library->passages / 8)
        for (int64_t i = 0; i < library->passages; i++)
            sheet->scores[i] = UNNAMED;
    else
        for (int64_t i = 0; i < walked; i++)
            sheet->scores[sheet->walked[i]] = UNNAMED;
    return found;
}
