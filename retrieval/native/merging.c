/* Postings of several sets brought together, and signatures compared, pair by pair.

   The caller guarantees that arrays are as large as said here, and that places lie within them. */
#include "kernels.h"

/* Where each of *count* ascending keys stands among *all* ascending keys, of which it is one. */
EXPORTED void merging_places(const uint64_t *all, const uint64_t *keys, int64_t count, int32_t *places) {
    int64_t at = 0;
    for (int64_t i = 0; i < count; i++) {
        while (all[at] < keys[i]) at++;
        places[i] = (int32_t)at;
    }
}

#define SLICE(name, from, to) \
    static void name(const int32_t *places, const int32_t *counts, int64_t count, int64_t low, const int32_t *numbers, const from *codes, \
                     const to *recoded, int32_t base, int64_t *free, int32_t *out, to *out_codes) { \
        for (int64_t i = 0; i < count; i++) { \
            int64_t into = free[places[i] - low]; \
            for (int32_t k = 0; k < counts[i]; k++, into++) out[into] = *numbers++ + base, out_codes[into] = recoded[*codes++]; \
            free[places[i] - low] = into; \
        } \
    }
SLICE(narrow_to_narrow, uint16_t, uint16_t)
SLICE(narrow_to_wide, uint16_t, uint32_t)
SLICE(wide_to_narrow, uint32_t, uint16_t)
SLICE(wide_to_wide, uint32_t, uint32_t)

/* The postings of *count* terms of one set put among those of the others.

   places: of each term among all terms, of which the slice holds those from *low* on.  counts: how many postings each has.
   numbers, codes: these postings; codes have 2 bytes, or 4 if *wide*.  recoded: for each code its merged one, of 2 bytes or 4
   if *wide_now*.  base: what is added to each number.  free: for each term of the slice where its next posting goes. */
EXPORTED void merging_slice(const int32_t *places, const int32_t *counts, int64_t count, int64_t low, const int32_t *numbers, const void *codes,
                            int32_t wide, const void *recoded, int32_t wide_now, int32_t base, int64_t *free, int32_t *out, void *out_codes) {
    if (wide && wide_now) wide_to_wide(places, counts, count, low, numbers, codes, recoded, base, free, out, out_codes);
    else if (wide) wide_to_narrow(places, counts, count, low, numbers, codes, recoded, base, free, out, out_codes);
    else if (wide_now) narrow_to_wide(places, counts, count, low, numbers, codes, recoded, base, free, out, out_codes);
    else narrow_to_narrow(places, counts, count, low, numbers, codes, recoded, base, free, out, out_codes);
}

/* For each pair of rows how many of the *most* smallest values of both together are in both.

   rows: *width* ascending values each, each once; where there are fewer, *none* stands, which is larger than all.
   ones, others: the pairs' rows. */
EXPORTED void merging_shared(const int64_t *rows, int64_t width, int64_t none, const int64_t *ones, const int64_t *others, const int64_t *most,
                             int64_t count, int64_t *shared) {
    for (int64_t pair = 0; pair < count; pair++) {
        const int64_t *one = rows + width * ones[pair], *other = rows + width * others[pair];
        int64_t i = 0, j = 0, both = 0;
        for (int64_t seen = 0; seen < most[pair] && i < width && j < width && one[i] < none && other[j] < none; seen++) {
            int64_t first = one[i], second = other[j];
            both += first == second;
            i += first <= second;
            j += second <= first;
        }
        shared[pair] = both;
    }
}

/* Sorted terms, each packed with its passage, as postings: one for each that is there, with how often it is.

   packed: ascending, term << 21 | passage.  names: the key of each term, where terms are places in it; else NULL.
   keys, counts: receive each term's key and in how many passages it is.  numbers, times: each posting's passage, and how often
   the term is in it.  lengths: of each passage, is added to.  sizes: receives how many keys and postings there are. */
EXPORTED void merging_counted(const uint64_t *packed, int64_t count, const uint64_t *names, uint64_t *keys, int32_t *counts, int32_t *numbers,
                              int32_t *times, int32_t *lengths, int64_t *sizes) {
    int64_t terms = 0, postings = 0;
    for (int64_t at = 0; at < count;) {
        uint64_t term = packed[at] >> 21;
        int64_t first = postings;
        while (at < count && packed[at] >> 21 == term) {
            int64_t from = at;
            int32_t number = (int32_t)(packed[at] & ((1u << 21) - 1));
            for (at++; at < count && packed[at] == packed[from];) at++;
            numbers[postings] = number, times[postings] = (int32_t)(at - from), lengths[number] += (int32_t)(at - from);
            postings++;
        }
        keys[terms] = names ? names[term] : term;
        counts[terms++] = (int32_t)(postings - first);
    }
    sizes[0] = terms, sizes[1] = postings;
}

/* Each posting's pair of a count and a passage's length, as times * width + length, marked in *seen* (of width * (most + 1)). */
EXPORTED void merging_seen(const int32_t *numbers, const int32_t *times, const int32_t *lengths, int64_t count, int64_t width, uint8_t *seen) {
    for (int64_t i = 0; i < count; i++) seen[times[i] * width + lengths[numbers[i]]] = 1;
}

/* The place of each posting's pair among those that occur, of which there are at most 65,536. */
EXPORTED void merging_coded(const int32_t *numbers, const int32_t *times, const int32_t *lengths, int64_t count, int64_t width, const uint16_t *places,
                            uint16_t *codes) {
    for (int64_t i = 0; i < count; i++) codes[i] = places[times[i] * width + lengths[numbers[i]]];
}
