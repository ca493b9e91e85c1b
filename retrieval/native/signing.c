/* Bodies in code points in; what tells each from others, whether it is clean and in which script it is, out.

   The caller guarantees that codes are below 0x110000 and that every array is as large as said here. */
#include "kernels.h"

#include <string.h>

#define PLANE 0x10000u

#define RUN 6     /* letters of a run */
#define KEPT 64   /* hashes of runs in a signature */
#define NUMBERS 16
#define SHORT 40  /* letters below which only the same letters are a reprint */

#define DECIMAL 64 /* bit of `kinds`: \d */

/* CRC-32 as zlib has it (polynomial 0xEDB88320), eight bytes at a time: tables[k] is of a byte with k bytes behind it. */
static void make_tables(uint32_t tables[8][256]) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
        tables[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (int byte = 0; byte < 256; byte++) tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 255];
}

/* The checksum goes on over a letter as a number of eight bytes, the lowest first; a letter is below 1 << 32. */
static inline uint32_t with_letter(uint32_t tables[8][256], uint32_t crc, uint32_t letter) {
    crc ^= letter;
    return tables[7][crc & 255] ^ tables[6][crc >> 8 & 255] ^ tables[5][crc >> 16 & 255] ^ tables[4][crc >> 24];
}

static inline uint32_t with_byte(uint32_t tables[8][256], uint32_t crc, uint8_t byte) { return tables[0][(crc ^ byte) & 255] ^ crc >> 8; }

static uint32_t with_utf8(uint32_t tables[8][256], uint32_t crc, uint32_t code) {
    if (code < 0x80) return with_byte(tables, crc, (uint8_t)code);
    if (code < 0x800) crc = with_byte(tables, crc, (uint8_t)(0xC0 | code >> 6));
    else {
        if (code < 0x10000) crc = with_byte(tables, crc, (uint8_t)(0xE0 | code >> 12));
        else {
            crc = with_byte(tables, crc, (uint8_t)(0xF0 | code >> 18));
            crc = with_byte(tables, crc, (uint8_t)(0x80 | (code >> 12 & 63)));
        }
        crc = with_byte(tables, crc, (uint8_t)(0x80 | (code >> 6 & 63)));
    }
    return with_byte(tables, crc, (uint8_t)(0x80 | (code & 63)));
}

/* Puts *value* among the *most* smallest, ascending and each once; returns how many there are now. */
static int among(uint32_t *least, int count, int most, uint32_t value) {
    if (count == most && value >= least[count - 1]) return count;
    int low = 0, high = count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (least[middle] < value) low = middle + 1;
        else high = middle;
    }
    if (low < count && least[low] == value) return count;
    if (count < most) count++;
    memmove(least + low + 1, least + low, (size_t)(count - 1 - low) * sizeof *least);
    least[low] = value;
    return count;
}

/* The smallest hashes below *bound* of all runs of letters; returns how many there are. */
static int least_of(const uint32_t *letters, int64_t size, uint64_t bound, uint32_t least[KEPT]) {
    const uint64_t factor = 0x9E3779B97F4A7C15u;
    uint64_t rolled = 0, last = 1;
    int kept = 0;
    for (int i = 0; i < RUN; i++) last *= factor;
    for (int i = 0; i < RUN - 1; i++) rolled = rolled * factor + letters[i];
    for (int64_t i = RUN - 1; i < size; i++) {
        rolled = rolled * factor + letters[i];
        if (i >= RUN) rolled -= last * letters[i - RUN];
        uint64_t hash = (rolled ^ rolled >> 29) * 0xBF58476D1CE4E5B9u >> 32;
        if (hash < bound) kept = among(least, kept, KEPT, (uint32_t)hash);
    }
    return kept;
}

#define EVERY ((uint64_t)1 << 32)
#define LIKELY 104 /* of so many hashes below a bound, 64 are different in all but few bodies */

/* What a body with these *size* letters and this checksum is known by, in `found`; returns its length in numbers. */
static int64_t signed_as(const uint32_t *letters, int64_t size, uint32_t whole, const uint32_t *numbers, int counted, uint32_t *found) {
    uint32_t least[KEPT];
    int kept = 0;
    if (size >= SHORT) {
        uint64_t bound = size > LIKELY ? EVERY / (uint64_t)size * LIKELY : EVERY;
        kept = least_of(letters, size, bound, least);
        if (kept < KEPT && bound < EVERY) kept = least_of(letters, size, EVERY, least);
    }
    found[0] = (uint32_t)size, found[1] = whole, found[2] = (uint32_t)kept, found[3] = (uint32_t)counted;
    memcpy(found + 4, least, (size_t)kept * sizeof *least);
    memcpy(found + 4 + kept, numbers, (size_t)counted * sizeof *numbers);
    return 4 + kept + counted;
}

/* The signatures of bodies, as `reprints.signature` makes each.

   bounds: where each of *count* bodies begins in *codes* and, at last, where they end.  table: PLANE letters, 0 for what is
   none.  kinds: for every code point, with DECIMAL.  letters: room for the longest body.
   found: room for 84 numbers of each body, one signature after another.  lengths: how many numbers each has. */
EXPORTED void signing_signatures(const uint32_t *codes, const int64_t *bounds, int64_t count, const uint32_t *table, const uint8_t *kinds,
                                 uint32_t *letters, uint32_t *found, int64_t *lengths) {
    uint32_t tables[8][256];
    make_tables(tables);
    for (int64_t body = 0; body < count; body++) {
        uint32_t numbers[NUMBERS], whole = 0xFFFFFFFFu;
        int64_t size = 0;
        int counted = 0;
        for (int64_t at = bounds[body]; at < bounds[body + 1]; at++) {
            uint32_t letter = codes[at] < PLANE ? table[codes[at]] : table[0x4E00];
            if (!letter) continue;
            letters[size++] = letter;
            whole = with_letter(tables, whole, letter);
        }
        for (int64_t at = bounds[body], end = bounds[body + 1]; at < end;) {
            if (!(kinds[codes[at]] & DECIMAL)) {
                at++;
                continue;
            }
            uint32_t crc = 0xFFFFFFFFu;
            for (; at < end && kinds[codes[at]] & DECIMAL; at++) crc = with_utf8(tables, crc, codes[at]);
            if (at + 1 < end && codes[at] == '.' && kinds[codes[at + 1]] & DECIMAL) {
                crc = with_utf8(tables, crc, '.');
                for (at++; at < end && kinds[codes[at]] & DECIMAL; at++) crc = with_utf8(tables, crc, codes[at]);
            }
            counted = among(numbers, counted, NUMBERS, ~crc);
        }
        lengths[body] = signed_as(letters, size, ~whole, numbers, counted, found);
        found += lengths[body];
    }
}

/* Whether nothing has to be cleaned of a text: no character that *dirty* (of PLANE) marks, and neither a blank nor a line's
   end at its ends or beside another. */
EXPORTED int32_t signing_clean(const uint32_t *codes, int64_t count, const uint8_t *dirty) {
    int gap = 1;
    for (int64_t at = 0; at < count; at++) {
        uint32_t code = codes[at];
        if (code < PLANE && dirty[code]) return 0;
        int blank = code == ' ' || code == '\n';
        if (blank & gap) return 0;
        gap = blank;
    }
    return !gap;
}

/* How many of the characters are of each of four kinds: bits of *kinds*, of PLANE. */
EXPORTED void signing_kinds(const uint32_t *codes, int64_t count, const uint8_t *kinds, int64_t *found) {
    uint64_t sums = 0; /* four counts of 16 bits; the caller asks for less than 65,536 characters */
    static const uint64_t spread[16] = {
        0, 1, 1u << 16, 1u << 16 | 1, (uint64_t)1 << 32, (uint64_t)1 << 32 | 1, (uint64_t)1 << 32 | 1u << 16, (uint64_t)1 << 32 | 1u << 16 | 1,
        (uint64_t)1 << 48, (uint64_t)1 << 48 | 1, (uint64_t)1 << 48 | 1u << 16, (uint64_t)1 << 48 | 1u << 16 | 1, (uint64_t)1 << 48 | (uint64_t)1 << 32,
        (uint64_t)1 << 48 | (uint64_t)1 << 32 | 1, (uint64_t)1 << 48 | (uint64_t)1 << 32 | 1u << 16, (uint64_t)1 << 48 | (uint64_t)1 << 32 | 1u << 16 | 1,
    };
    for (int64_t at = 0; at < count; at++)
        if (codes[at] < PLANE) sums += spread[kinds[codes[at]] & 15];
    for (int kind = 0; kind < 4; kind++) found[kind] = (int64_t)(sums >> 16 * kind & 0xFFFF);
}
