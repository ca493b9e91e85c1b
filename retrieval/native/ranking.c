/* The best passages for a question's terms, by the weights of BM25, from the postings of a library's segments.

   Terms are taken from the rarest to the commonest. The lists of the first ones are walked, window by window: what each
   posting weighs is added to the score of its passage, and passages that cannot be among the best are forgotten with the
   window. As soon as all terms that are left cannot lift a passage that has none of the terms so far to where the best
   already are, no further list has to be walked: the other terms are added to the scores of the passages that are left, one
   term after the other, and fewer passages each time. What a term adds at most is known from its list, and what the best
   reach from a few of the best so far, of which the whole scores are looked up early. Nothing is guessed: every passage that
   is left out cannot be among the best. (Turtle and Flood's MaxScore, 1995.)

   The caller owns all memory. It vouches for: `starts` ascending up to the number of postings; the number of each posting
   below `passages` and its code below the number of weights, both checked when postings are read; the states of what is
   known of common terms being zeros at first. Lists that are not ascending make wrong results, never a wrong address. */
#include "kernels.h"

#include <math.h>

#define TIED 1e-9 /* as in weighing.py */

/* Passages of which the whole scores are looked up early, for each that is wanted: they tell what the others must reach. */
#define AHEAD 2

/* Postings that are walked before it is known what the others must reach. */
#define FIRST 4000

/* Postings that can be walked while one is looked up. */
#define LOOKUP 8

/* Neighbouring passages whose scores are summed at a time: few enough for the processor's cache, and many enough that little time
   goes into the beginnings of lists. From 4,096 to 32,768 it takes as long at 200,000 passages, with 262,144 a third longer. */
#define WINDOW 4096

/* What is looked for side by side: the processor waits for the memory of all of it at once. */
#define ABREAST 32

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

/* Paper for one question at a time. */
struct sheet {
    double *scores;       /* room for WINDOW; all UNNAMED between questions */
    double *others;       /* room for WINDOW */
    int32_t *named;       /* room for WINDOW and one more */
    int32_t *candidates;  /* room for all passages and one more */
    double *reached;      /* as many; the scores of the candidates as far as they are known */
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
    uint32_t at;            /* how far it was walked */
    int64_t shift;
};

struct term {
    uint64_t key;
    double weight;  /* idf and what the question says */
    double bound;   /* what it adds at most */
    double rest;    /* what it and all terms after it add at most */
    int64_t size;   /* of its lists in all segments */
    struct list *lists;
};

/* A score that no list has added to. No sum of weights is this: a + b is -0.0 only where both are. */
#define UNNAMED (-0.0)

static inline int unnamed(double score)
{
    union { double value; int64_t bits; } one = {score};
    return one.bits == INT64_MIN;
}

/* Where each of some keys stands, ABREAST at most, among ascending ones; -1 where it does not. */
static void places_of(const uint64_t *keys, int64_t size, const uint64_t *wanted, int64_t count, int64_t *places)
{
    for (int64_t i = 0; i < count; i++)
        places[i] = 0;
    for (int64_t left = size; left > 1;) {
        int64_t half = left / 2;
        for (int64_t i = 0; i < count; i++)
            places[i] += keys[places[i] + half] <= wanted[i] ? half : 0;
        left -= half;
    }
    for (int64_t i = 0; i < count; i++)
        if (!size || keys[places[i]] != wanted[i])
            places[i] = -1;
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
    return (terms + ABREAST) * (int64_t)(sizeof(struct term) + (size_t)segments * sizeof(struct list));
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

/* The list of the key in a row. */
static struct list list_of(const struct segment *segment, int64_t row)
{
    uint32_t begin = segment->starts[row], size = segment->starts[row + 1] - begin;
    const void *codes = segment->wide ? (const void *)((const uint32_t *)segment->codes + begin) : (const void *)((const uint16_t *)segment->codes + begin);
    return (struct list){segment->numbers + begin, codes, 0, size, 0, shift_for(size, segment->passages)};
}

/* Find out all that is kept of common terms. */
EXPORTED void ranking_prepare(const struct library *library)
{
    for (int32_t s = 0; s < library->segments_size; s++)
        for (int64_t c = 0; c < library->segments[s].commons; c++) {
            struct list list = list_of(library->segments + s, library->segments[s].common[c]);
            guide_of(library->segments + s, c, &list);
            most_of(library, library->segments + s, c, &list);
        }
}

/* The lists of a segment for some keys, ABREAST at most, each term's at the place of the segment among its lists. */
static void find(const struct library *library, int32_t s, const uint64_t *keys, int64_t count, struct term *terms)
{
    const struct segment *segment = library->segments + s;
    int64_t rows[ABREAST];
    places_of(segment->keys, segment->terms, keys, count, rows);
    for (int64_t i = 0; i < count; i++)
        __builtin_prefetch(segment->starts + (rows[i] < 0 ? 0 : rows[i]));
    for (int64_t i = 0; i < count; i++) {
        struct list *list = terms[i].lists + s;
        if (rows[i] < 0) {
            *list = (struct list){0};
            continue;
        }
        *list = list_of(segment, rows[i]);
        __builtin_prefetch(list->numbers);
        __builtin_prefetch(list->codes);
        __builtin_prefetch(list->numbers + 16);
        double most = library->most;
        int64_t c = list->size < library->common ? segment->commons : common_place(segment, rows[i]);
        if (c < segment->commons) {
            list->guide = guide_of(segment, c, list);
            most = most_of(library, segment, c, list);
        }
        terms[i].size += list->size;
        terms[i].bound = most > terms[i].bound ? most : terms[i].bound;
    }
}

/* The terms of the question that are in the library, rarest first; how many, or -1 where the library contradicts itself. */
static int64_t listed(const struct library *library, const uint64_t *keys, const double *times, int64_t size, struct term *terms)
{
    struct list *lists = (struct list *)(terms + size + ABREAST);
    int64_t found = 0;
    for (int64_t first = 0; first < size; first += ABREAST) {
        int64_t count = size - first < ABREAST ? size - first : ABREAST;
        struct term *some = terms + found;
        for (int64_t i = 0; i < count; i++)
            some[i] = (struct term){keys[first + i], times[first + i], 0, 0, 0, lists + (first + i) * library->segments_size};
        for (int32_t s = 0; s < library->segments_size; s++)
            find(library, s, keys + first, count, some);
        int64_t removed[ABREAST], known[ABREAST];
        uint64_t counts[ABREAST];
        places_of(library->removed, library->removed_size, keys + first, count, removed);
        for (int64_t i = 0; i < count; i++)
            counts[i] = (uint64_t)(some[i].size - (removed[i] < 0 ? 0 : library->removals[removed[i]]));
        places_of((const uint64_t *)library->counts, library->counts_size, counts, count, known);
        for (int64_t i = 0; i < count; i++) {
            if (!counts[i])
                continue;
            if (known[i] < 0)
                return -1;
            struct term term = some[i];
            term.weight = term.weight * library->idf[known[i]] + 0.0;
            term.bound *= term.weight;
            terms[found++] = term;
        }
    }
    sort_terms(terms, found);
    double rest = 0;
    for (int64_t t = found - 1; t >= 0; t--)
        terms[t].rest = rest += terms[t].bound;
    return found;
}

/* Walk on in a list to the passage `end`, and add what its postings weigh to the scores from `begin` on. */
#define WALK(type, naming)                                                \
    do {                                                                  \
        const type *restrict codes = list->codes;                         \
        for (; i < size; i++) {                                           \
            uint32_t number = (uint32_t)(numbers[i] - begin);             \
            if (number >= passages) /* those of a later window */         \
                break;                                                    \
            double before = scores[number];                               \
            naming;                                                       \
            scores[number] = before + weight * weights[codes[i]];         \
        }                                                                 \
    } while (0)

#define NAME (named[count] = (int32_t)number, count += unnamed(before))

/* The same, and name passages that were not named; how many are named then. */
static int32_t walk(struct list *list, const struct segment *segment, double weight, int32_t begin, int32_t end, double *restrict scores, int32_t *restrict named, int32_t count)
{
    const int32_t *restrict numbers = list->numbers;
    const double *restrict weights = segment->weights;
    const uint32_t passages = (uint32_t)(end - begin), size = list->size;
    uint32_t i = list->at;
    if (segment->wide)
        WALK(uint32_t, NAME);
    else
        WALK(uint16_t, NAME);
    /* what the next window begins with */
    __builtin_prefetch(numbers + i + 16);
    __builtin_prefetch(numbers + i + 32);
    __builtin_prefetch((const char *)list->codes + 2 * i + 64);
    list->at = i;
    return count;
}

static void add(struct list *list, const struct segment *segment, double weight, int32_t begin, int32_t end, double *restrict scores)
{
    const int32_t *restrict numbers = list->numbers;
    const double *restrict weights = segment->weights;
    const uint32_t passages = (uint32_t)(end - begin), size = list->size;
    uint32_t i = list->at;
    if (segment->wide)
        WALK(uint32_t, (void)0);
    else
        WALK(uint16_t, (void)0);
    list->at = i;
}

/* Walk the lists of the terms from `next` to `size`. The passages that reach `least` by them and the terms before, which the
   `candidates` tell, are put to sheet->best with what they reach, unless they are hidden; how many. */
static int64_t walk_all(const struct library *library, const struct term *terms, int64_t next, int64_t size, int64_t candidates, double least, const uint8_t *hidden, const struct sheet *sheet)
{
    int64_t found = 0, before = 0;
    for (int32_t s = 0; s < library->segments_size; s++) {
        const struct segment *segment = library->segments + s;
        for (int64_t t = next; t < size; t++)
            terms[t].lists[s].at = 0;
        for (int32_t begin = 0; begin < segment->passages; begin += WINDOW) {
            int32_t end = segment->passages - begin < WINDOW ? segment->passages : begin + WINDOW;
            int32_t first = segment->base + begin, named = 0;
            for (; before < candidates && sheet->candidates[before] < segment->base + end; before++) {
                int32_t number = sheet->candidates[before] - first;
                sheet->scores[number] = sheet->reached[before];
                sheet->named[named++] = number;
            }
            for (int64_t t = next; t < size; t++) {
                struct list *list = terms[t].lists + s;
                if (list->at < list->size && list->numbers[list->at] < end)
                    named = walk(list, segment, terms[t].weight, begin, end, sheet->scores, sheet->named, named);
            }
            for (int32_t i = 0; i < named; i++) {
                int32_t number = sheet->named[i];
                double score = sheet->scores[number];
                sheet->scores[number] = UNNAMED;
                sheet->best[found] = first + number;
                sheet->results[found] = score;
                found += score >= least && !(hidden && hidden[first + number]);
            }
        }
    }
    return found;
}

/* Add what a term weighs to the candidates, by walking its lists. */
static void walk_for(const struct library *library, const struct term *term, int64_t candidates, const struct sheet *sheet)
{
    int64_t i = 0;
    for (int32_t s = 0; s < library->segments_size; s++) {
        const struct segment *segment = library->segments + s;
        struct list *list = term->lists + s;
        list->at = 0;
        for (int32_t begin = 0; begin < segment->passages; begin += WINDOW) {
            int32_t end = segment->passages - begin < WINDOW ? segment->passages : begin + WINDOW;
            int32_t first = segment->base + begin;
            int64_t from = i;
            for (; i < candidates && sheet->candidates[i] < segment->base + end; i++)
                sheet->others[sheet->candidates[i] - first] = sheet->reached[i];
            add(list, segment, term->weight, begin, end, sheet->others);
            for (; from < i; from++)
                sheet->reached[from] = sheet->others[sheet->candidates[from] - first];
        }
    }
}

static inline int32_t segment_of(const struct library *library, int32_t passage)
{
    int32_t s = 0;
    while (s + 1 < library->segments_size && passage >= library->segments[s + 1].base)
        s++;
    return s;
}

/* Add what a term weighs to the scores of some passages, by looking for them in its lists. */
static void look_up(const struct library *library, const struct term *term, const int32_t *passages, double *scores, int64_t size)
{
    for (int64_t first = 0; first < size; first += ABREAST) {
        int64_t count = size - first < ABREAST ? size - first : ABREAST;
        const int32_t *at[ABREAST];
        uint32_t left[ABREAST];
        for (int64_t i = 0; i < count; i++) {
            int32_t s = segment_of(library, passages[first + i]);
            const struct list *list = term->lists + s;
            if (list->guide)
                __builtin_prefetch(list->guide + ((passages[first + i] - library->segments[s].base) >> list->shift));
        }
        for (int64_t i = 0; i < count; i++) {
            int32_t s = segment_of(library, passages[first + i]);
            const struct list *list = term->lists + s;
            uint32_t low = 0, high = list->size;
            left[i] = 0;
            if (!high)
                continue;
            if (list->guide) {
                const uint32_t *guide = list->guide + ((passages[first + i] - library->segments[s].base) >> list->shift);
                low = guide[0];
                high = guide[1];
            }
            at[i] = list->numbers + low;
            left[i] = high - low;
            __builtin_prefetch(at[i]);
            __builtin_prefetch((const char *)list->codes + (size_t)low * (library->segments[s].wide ? 4 : 2));
        }
        for (int64_t i = 0; i < count; i++) {
            if (!left[i])
                continue;
            int32_t s = segment_of(library, passages[first + i]), number = passages[first + i] - library->segments[s].base;
            const int32_t *here = at[i];
            for (uint32_t some = left[i]; some > 1;) {
                uint32_t half = some / 2;
                here += here[half] <= number ? half : 0;
                some -= half;
            }
            const struct list *list = term->lists + s;
            double weight = library->segments[s].weights[CODE(list->codes, library->segments[s].wide, here - list->numbers)];
            scores[first + i] += *here == number ? term->weight * weight : 0;
        }
    }
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

/* The `limit` best candidates, in no order, and what they reach; how many there are if there are fewer. */
static int64_t best_of(const struct sheet *sheet, int64_t candidates, int64_t limit)
{
    int64_t found = candidates < limit ? candidates : limit;
    for (int64_t i = 0; i < found; i++) {
        sheet->best[i] = sheet->candidates[i];
        sheet->results[i] = sheet->reached[i];
    }
    if (found < limit)
        return found;
    for (int64_t at = limit / 2 - 1; at >= 0; at--)
        sink(sheet->results, sheet->best, limit, at, sheet->results[at], sheet->best[at]);
    for (int64_t i = limit; i < candidates; i++)
        if (sheet->reached[i] > sheet->results[0])
            sink(sheet->results, sheet->best, limit, 0, sheet->reached[i], sheet->candidates[i]);
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

/* What the worst of the best scores at least, as far as the candidates tell, to whom the terms from `next` on are not added. */
static double threshold(const struct library *library, const struct term *terms, int64_t size, int64_t next, int64_t candidates, int64_t limit, const struct sheet *sheet)
{
    int64_t ahead = best_of(sheet, candidates, AHEAD * limit);
    if (ahead < limit)
        return -INFINITY;
    for (int64_t t = next; t < size; t++)
        look_up(library, terms + t, sheet->best, sheet->results, ahead);
    return last_of(sheet->results, ahead, limit);
}

/* Keep the candidates that reach `least`; how many. */
static int64_t keep(int64_t candidates, double least, const struct sheet *sheet)
{
    int64_t found = 0;
    for (int64_t i = 0; i < candidates; i++) {
        double reached = sheet->reached[i];
        sheet->candidates[found] = sheet->candidates[i];
        sheet->reached[found] = reached;
        found += reached >= least;
    }
    return found;
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

/* What was found becomes the candidates. */
static void turn(struct sheet *sheet)
{
    int32_t *found = sheet->best;
    double *results = sheet->results;
    sheet->best = sheet->candidates, sheet->results = sheet->reached;
    sheet->candidates = found, sheet->reached = results;
}

/* The best passages for `size` terms, of which each counts `times`: at least `limit` if as many share a term, all that
   tie with the last among them, none that is `hidden` (one byte a passage; NULL: none is).

   They are in sheet->best, their scores in sheet->results, best first. How many there are is what comes back; -1 where a term
   is in a number of passages that the statistics do not know. */
EXPORTED int64_t ranking_best(const struct library *library, const uint64_t *keys, const double *times, int64_t size, int64_t limit, const uint8_t *hidden, const struct sheet *given)
{
    struct sheet one = *given, *sheet = &one;
    struct term *terms = sheet->terms;
    size = listed(library, keys, times, size, terms);
    if (size <= 0 || limit <= 0)
        return size < 0 ? -1 : 0;
    limit = limit < library->passages ? limit : library->passages;
    int prunes = AHEAD * limit <= library->passages;
    for (int64_t t = 0; t < size; t++)
        prunes = prunes && terms[t].weight > 0;

    /* The first lists, until no passage that they have not named can be among the best. Sums always begin with the rarest term,
       so that passages that are alike tie to the last digit. */
    int64_t candidates = 0, next = 0, room = prunes ? FIRST : INT64_MAX;
    double least = -INFINITY;
    while (next < size && terms[next].rest >= least - 2 * TIED) {
        int64_t first = next, postings = 0;
        do
            postings += terms[next++].size;
        while (next < size && terms[next].rest >= least - 2 * TIED && postings + terms[next].size <= room);
        candidates = walk_all(library, terms, first, next, candidates, least - 2 * TIED - (next < size ? terms[next].rest : 0), hidden, sheet);
        turn(sheet);
        if (next < size) {
            double found = threshold(library, terms, size, next, candidates, limit, sheet);
            least = found > least ? found : least;
        }
        room = INT64_MAX;
    }

    /* The other terms, for the passages that still can. */
    for (; next < size; next++) {
        candidates = keep(candidates, least - 2 * TIED - terms[next].rest, sheet);
        if (terms[next].size < LOOKUP * candidates)
            walk_for(library, terms + next, candidates, sheet);
        else
            look_up(library, terms + next, sheet->candidates, sheet->reached, candidates);
    }
    int64_t some = best_of(sheet, candidates, limit), found = 0;
    double last = some < limit ? -INFINITY : sheet->results[0] - TIED;
    for (int64_t i = 0; i < candidates; i++)
        if (sheet->reached[i] >= last) {
            given->best[found] = sheet->candidates[i];
            given->results[found++] = sheet->reached[i];
        }
    sort_best(given->best, given->results, found);
    return found;
}
