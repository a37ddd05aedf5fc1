// SPDX-License-Identifier: Apache-2.0
// Multi-index search of one segment. The mathematics is in docs/explanation/search-index.md; in short:
//
// 1. Cut 256 bits into 16 words. If two rows differ by at most `limit` bits, then around the ring
//    of words there is a place i where word i differs by at most radius[i] bits *and* words i and
//    i + 1 together by at most pair_radius[i] (integer pigeonring; radii sum to limit - 15).
// 2. So look up, in the table of each word i, every bucket within radius[i] of the query's word.
// 3. A bucket lists tags, the words i + 1 of its rows: drop those that break the pair condition.
//    At the usual limit of 31 about one row in two hundred stays.
// 4. Only for those read the row itself, and keep it if its distance is within the limit.
// 5. A row may satisfy 1 at several places; it is reported at the first one only.
//
// Memory latency is the cost, so each of steps 2-4 runs a few buckets behind the one before it
// and finds its cache lines on their way.
#include "hamming.h"

#include <string.h>

#include "hamming_isa.h"

enum {
    MAX_RADIUS = 3,       // of a word at NAHMI_MAX_LIMIT: ceil((63 - 15) / 16)
    BALL = 697,           // 16-bit words within MAX_RADIUS of one: 1 + 16 + 120 + 560
    AHEAD = 16,           // buckets between a prefetch and its use
    NEAR_LINES = 4,       // cache lines of a bucket to ask for into the first cache,
    FAR_LINES = 64,       // ... and into the second; the processor streams the rest
    TAGS_PER_LINE = 32,
    CHUNK = 256,          // tags filtered at a time, rows scanned at a time
    PENDING = 64,         // candidates whose rows are on their way
    FLAT_ROWS_A_PROBE = 16,  // visiting a bucket costs about as much as scanning this many rows
};

static const nahmi_hamming_kernels *kernels_for(nahmi_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case NAHMI_ISA_AVX512:
        return &nahmi_hamming_avx512;
    case NAHMI_ISA_AVX2:
        return &nahmi_hamming_avx2;
#endif
#if defined(__aarch64__)
    case NAHMI_ISA_NEON:
        return &nahmi_hamming_neon;
#endif
    default:
        return &nahmi_hamming_serial;
    }
}

// ---- rows ---------------------------------------------------------------------------------------

// Word k of a spread row takes bit (k + r) mod 16 from each row r of the 16 x 16 matrix of DCT
// signs: a diagonal, so that no word holds two bits of one row or of one column. Rotating row r by
// r turns the diagonals into columns; transposing the matrix then makes words of them.

// 8 x 8 bits, byte i is row i (Warren, Hacker's Delight, 7-3).
static uint64_t transpose_8x8(uint64_t m) {
    uint64_t t = (m ^ (m >> 7)) & UINT64_C(0x00AA00AA00AA00AA);
    m ^= t ^ (t << 7);
    t = (m ^ (m >> 14)) & UINT64_C(0x0000CCCC0000CCCC);
    m ^= t ^ (t << 14);
    t = (m ^ (m >> 28)) & UINT64_C(0x00000000F0F0F0F0);
    return m ^ t ^ (t << 28);
}

// Block (i, j) holds bits 8 j .. 8 j + 7 of rows 8 i .. 8 i + 7.
static void transpose_16x16(const uint16_t *from, uint16_t *to) {
    for (unsigned i = 0; i < 2; i++)
        for (unsigned j = 0; j < 2; j++) {
            uint64_t block = 0;
            for (unsigned r = 0; r < 8; r++)
                block |= (uint64_t)(from[8 * i + r] >> 8 * j & 0xFF) << 8 * r;
            block = transpose_8x8(block);
            for (unsigned r = 0; r < 8; r++) {
                uint16_t *word = to + 8 * j + r;
                *word = (uint16_t)((*word & (i ? 0x00FF : 0)) | (block >> 8 * r & 0xFF) << 8 * i);
            }
        }
}

static uint16_t rotate_right(unsigned word, unsigned bits) {
    return (uint16_t)(word >> bits | word << (16 - bits));
}

void nahmi_spread_u256(const uint8_t *text_order, uint16_t *row) {
    uint16_t rotated[NAHMI_WORDS];
    for (unsigned r = 0; r < NAHMI_WORDS; r++)
        rotated[r] = rotate_right((unsigned)text_order[2 * r] << 8 | text_order[2 * r + 1], r);
    transpose_16x16(rotated, row);
}

void nahmi_unspread_u256(const uint16_t *row, uint8_t *text_order) {
    uint16_t rotated[NAHMI_WORDS];
    transpose_16x16(row, rotated);
    for (unsigned r = 0; r < NAHMI_WORDS; r++) {
        uint16_t word = rotate_right(rotated[r], (16 - r) & 15);
        text_order[2 * r] = (uint8_t)(word >> 8);
        text_order[2 * r + 1] = (uint8_t)word;
    }
}

// ---- thresholds ---------------------------------------------------------------------------------

static unsigned ball_size(int radius) {
    static const unsigned within[] = {1, 17, 137, BALL};
    return radius < 0 ? 0 : within[radius];
}

nahmi_thresholds nahmi_thresholds_for(int limit) {
    nahmi_thresholds t = {.limit = limit};
    int sum = limit - (NAHMI_WORDS - 1);
    // Floor division, so that the radii of the tables differ by at most one.
    int base = sum >= 0 ? sum / NAHMI_WORDS : -((-sum + NAHMI_WORDS - 1) / NAHMI_WORDS);
    int larger = sum - base * NAHMI_WORDS;
    for (int i = 0; i < NAHMI_WORDS; i++) {
        t.radius[i] = base + (i < larger);
        t.probes += ball_size(t.radius[i]);
    }
    for (int i = 0; i < NAHMI_WORDS; i++)
        t.pair_radius[i] = t.radius[i] + t.radius[(i + 1) % NAHMI_WORDS] + 1;
    return t;
}

// The differences of 16-bit words within MAX_RADIUS, lightest first.
static uint16_t ball[BALL];

__attribute__((constructor)) static void fill_ball(void) {
    unsigned filled = 0;
    for (int weight = 0; weight <= MAX_RADIUS; weight++)
        for (unsigned word = 0; word < NAHMI_BUCKETS; word++)
            if (__builtin_popcount(word) == weight) ball[filled++] = (uint16_t)word;
}

// ---- building -----------------------------------------------------------------------------------

uint32_t nahmi_blocks(uint32_t n, unsigned block_bits) {
    return n ? ((n - 1) >> block_bits) + 1 : 1;
}

size_t nahmi_directory_length(uint32_t n, unsigned block_bits) {
    return (size_t)NAHMI_BUCKETS * nahmi_blocks(n, block_bits) + 1;
}

void nahmi_build_table(const uint16_t *rows, uint32_t n, unsigned block_bits, unsigned word,
                       uint32_t *directory, uint16_t *tags, uint8_t *ids) {
    const unsigned next = (word + 1) % NAHMI_WORDS;
    const uint32_t blocks = nahmi_blocks(n, block_bits);
    const size_t places = (size_t)NAHMI_BUCKETS * blocks;
    memset(directory, 0, (places + 1) * sizeof *directory);
    // Counting sort. While rows are placed, directory[k] is where place k is filled up to, so that
    // in the end it is where place k ends.
    for (uint32_t i = 0; i < n; i++)
        directory[rows[(size_t)i * NAHMI_WORDS + word] * blocks + (i >> block_bits)]++;
    uint32_t before = 0;
    for (size_t k = 0; k < places; k++) {
        uint32_t count = directory[k];
        directory[k] = before;
        before += count;
    }
    directory[places] = before;
    for (uint32_t i = 0; i < n; i++) {
        const uint16_t *row = rows + (size_t)i * NAHMI_WORDS;
        uint32_t p = directory[row[word] * blocks + (i >> block_bits)]++;
        tags[p] = row[next];
        uint32_t number = i & ((1u << block_bits) - 1);
        uint8_t *id = ids + (size_t)p * 3;
        id[0] = (uint8_t)number;
        id[1] = (uint8_t)(number >> 8);
        id[2] = (uint8_t)(number >> 16);
    }
    // Each start has moved to its place's end, which is the next one's start.
    memmove(directory + 1, directory, places * sizeof *directory);
    directory[0] = 0;
}

// ---- searching ----------------------------------------------------------------------------------

typedef struct {
    const uint32_t *place;  // in the directory
    uint32_t begin, end;
    uint16_t tag;
    int8_t bound;
    uint8_t table;
} bucket;

typedef struct {
    const nahmi_segment *segment;
    const nahmi_thresholds *thresholds;
    const nahmi_hamming_kernels *kernels;
    const uint16_t *query;
    nahmi_emit emit;
    void *context;
    uint32_t blocks;
    size_t directory_length;
    unsigned pending;
    const uint8_t *id[PENDING];
    uint8_t table[PENDING];
    uint8_t block[PENDING];
} search;

// Bits of each word in which the row differs from the query: whole-word arithmetic that compilers
// turn into vectors on every processor (Warren, Hacker's Delight, 5-1).
static void count_differences(const uint16_t *row, const uint16_t *query, uint16_t *differs) {
    for (int i = 0; i < NAHMI_WORDS; i++) {
        uint16_t v = row[i] ^ query[i];
        v = (uint16_t)(v - (v >> 1 & 0x5555));
        v = (uint16_t)((v & 0x3333) + (v >> 2 & 0x3333));
        v = (uint16_t)((v + (v >> 4)) & 0x0F0F);
        differs[i] = (uint16_t)((v + (v >> 8)) & 0x1F);
    }
}

// The first place of the ring where the row can be found; see step 5.
static unsigned first_place(const search *s, const uint16_t *row) {
    uint16_t differs[NAHMI_WORDS + 1];
    count_differences(row, s->query, differs);
    differs[NAHMI_WORDS] = differs[0];
    for (unsigned i = 0; i < NAHMI_WORDS; i++)
        if (differs[i] <= s->thresholds->radius[i] &&
            differs[i] + differs[i + 1] <= s->thresholds->pair_radius[i])
            return i;
    return NAHMI_WORDS;
}

static int is_dead(const nahmi_segment *segment, uint32_t row) {
    if (!segment->dead) return 0;
    // Another process may set the bit at any moment; either answer is right then.
    return (int)(__atomic_load_n(segment->dead + row / 64, __ATOMIC_RELAXED) >> (row % 64) & 1);
}

static void verify_pending(search *s) {
    uint32_t rows[PENDING];
    const nahmi_segment *segment = s->segment;
    for (unsigned i = 0; i < s->pending; i++) {
        const uint8_t *id = s->id[i];
        rows[i] = (uint32_t)s->block[i] << segment->block_bits |
                  (id[0] | (uint32_t)id[1] << 8 | (uint32_t)id[2] << 16);
        __builtin_prefetch(segment->rows + (size_t)rows[i] * NAHMI_WORDS);
    }
    for (unsigned i = 0; i < s->pending; i++) {
        const uint16_t *row = segment->rows + (size_t)rows[i] * NAHMI_WORDS;
        unsigned bits = s->kernels->distance(row, s->query);
        if (bits <= (unsigned)s->thresholds->limit && first_place(s, row) == s->table[i] &&
            !is_dead(segment, rows[i]))
            s->emit(s->context, rows[i], bits);
    }
    s->pending = 0;
}

// The block whose rows lie at position p of the bucket.
static uint8_t block_at(const search *s, const bucket *b, uint32_t p) {
    uint32_t block = 0;
    while (block + 1 < s->blocks && b->place[block + 1] <= p) block++;
    return (uint8_t)block;
}

static void visit_bucket(search *s, const bucket *b) {
    const uint16_t *tags = s->segment->tags + b->table * s->segment->tag_stride;
    const uint8_t *ids = s->segment->ids + b->table * s->segment->id_stride;
    uint32_t near[CHUNK];
    for (uint32_t p = b->begin; p < b->end; p += CHUNK) {
        uint32_t end = b->end - p < CHUNK ? b->end : p + CHUNK;
        uint32_t found = s->kernels->filter_tags(tags, p, end, b->tag, b->bound, near);
        for (uint32_t i = 0; i < found; i++) {
            const uint8_t *id = ids + (size_t)near[i] * 3;
            __builtin_prefetch(id);
            s->id[s->pending] = id;
            s->table[s->pending] = b->table;
            s->block[s->pending] = block_at(s, b, near[i]);
            if (++s->pending == PENDING) verify_pending(s);
        }
    }
}

typedef struct {
    unsigned table, probe, probes;
} cursor;

// Moves on to the next bucket; false after the last.
static int next_bucket(const search *s, cursor *c, bucket *b) {
    while (c->probe == c->probes) {
        if (++c->table == NAHMI_WORDS) return 0;
        c->probe = 0;
        c->probes = ball_size(s->thresholds->radius[c->table]);
    }
    uint16_t flips = ball[c->probe++];
    int bound = s->thresholds->pair_radius[c->table] - __builtin_popcount(flips);
    b->table = (uint8_t)c->table;
    b->bound = (int8_t)(bound < 16 ? bound : 16);
    b->tag = s->query[(c->table + 1) % NAHMI_WORDS];
    b->place = s->segment->directory + c->table * s->directory_length +
               (s->query[c->table] ^ flips) * s->blocks;
    __builtin_prefetch(b->place);
    __builtin_prefetch(b->place + s->blocks);
    return 1;
}

static void open_bucket(const search *s, bucket *b) {
    b->begin = b->place[0];
    b->end = b->place[s->blocks];
    const uint16_t *tags = s->segment->tags + b->table * s->segment->tag_stride;
    const uint32_t near = b->begin + NEAR_LINES * TAGS_PER_LINE;
    const uint32_t far = b->begin + FAR_LINES * TAGS_PER_LINE;
    uint32_t p = b->begin;
    for (; p < b->end && p < near; p += TAGS_PER_LINE) __builtin_prefetch(tags + p);
    for (; p < b->end && p < far; p += TAGS_PER_LINE) __builtin_prefetch(tags + p, 0, 2);
    if (b->end > b->begin) __builtin_prefetch(tags + b->end - 1);
}

static void emit_living(void *context, uint32_t row, unsigned distance) {
    search *s = context;
    if (!is_dead(s->segment, row)) s->emit(s->context, row, distance);
}

void nahmi_search_segment(nahmi_isa isa, const nahmi_segment *segment,
                          const nahmi_thresholds *thresholds, const uint16_t *query,
                          nahmi_emit emit, void *context) {
    search s = {.segment = segment,
                .thresholds = thresholds,
                .kernels = kernels_for(isa),
                .query = query,
                .emit = emit,
                .context = context,
                .blocks = nahmi_blocks(segment->n, segment->block_bits),
                .directory_length = nahmi_directory_length(segment->n, segment->block_bits)};
    if (segment->n / FLAT_ROWS_A_PROBE < thresholds->probes) {
        nahmi_scan_flat(isa, segment->rows, NAHMI_WORDS * sizeof(uint16_t), segment->n,
                        thresholds->limit, query, emit_living, &s);
        return;
    }
    cursor c = {.table = 0, .probe = 0, .probes = ball_size(thresholds->radius[0])};
    // Rings: the directory place is fetched 2 AHEAD buckets early, the tags AHEAD buckets early.
    bucket buckets[2 * AHEAD];
    unsigned asked = 0, opened = 0, visited = 0;
    for (int more = 1; more || visited < asked;) {
        if (more) {
            more = next_bucket(&s, &c, &buckets[asked % (2 * AHEAD)]);
            asked += (unsigned)more;
        }
        if (opened < asked && (!more || asked - opened >= AHEAD)) {
            open_bucket(&s, &buckets[opened % (2 * AHEAD)]);
            opened++;
        }
        if (visited < opened && (!more || asked - visited >= 2 * AHEAD)) {
            visit_bucket(&s, &buckets[visited % (2 * AHEAD)]);
            visited++;
        }
    }
    verify_pending(&s);
}

void nahmi_scan_flat(nahmi_isa isa, const void *first, size_t stride, uint32_t n, int limit,
                     const uint16_t *query, nahmi_emit emit, void *context) {
    const nahmi_hamming_kernels *kernels = kernels_for(isa);
    uint32_t rows[CHUNK];
    uint16_t distances[CHUNK];
    for (uint32_t base = 0; base < n; base += CHUNK) {
        uint32_t block = n - base < CHUNK ? n - base : CHUNK;
        uint32_t found = kernels->scan_block((const uint8_t *)first + (size_t)base * stride, stride,
                                             block, limit, query, base, rows, distances);
        for (uint32_t i = 0; i < found; i++) emit(context, rows[i], distances[i]);
    }
}
