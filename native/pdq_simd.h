// SPDX-License-Identifier: Apache-2.0
// The grid of PDQ with SIMD, written once; a file for each instruction set defines
//
//   TARGET              the function attribute
//   WIDE                floats in a vector `wide` (8 or 16)
//   wide_load, wide_store, wide_add, wide_sub, wide_quotient, wide_set
//
// and includes this. Steps, as in pdq_serial.c, for 32 rows of the picture at a time ("band"):
//
// 1. Luminance of eight columns, turned over in registers, into a ring of columns.
// 2. The running sums along x of all 32 rows go side by side in vectors, eight columns at a time.
// 3. The result is turned back into rows, which a ring keeps for as long as step 4 needs them.
// 4. The running sums along y go side by side for all x. Whenever there are 32 rows of results,
// 5. the second filter runs along x over them as in steps 1 and 2, but keeps only the 64 places of
//    the grid, in a narrow plane. At the end the second filter runs along y over that.
//
// So the picture is read once and everything else stays in the cache.
//
// Each sum adds and subtracts in the order of the definition, and every quotient is rounded
// correctly, so the results are equal to the serial ones bit for bit.
#include <immintrin.h>
#include <string.h>

#include "pdq_steps.h"

enum { BAND = 32, SIDE = 8 };

// Short loops over registers must be unrolled, or their arrays end up in memory.
#define UNROLL _Pragma("GCC unroll 8")

// What a running sum along one axis does at place i.
typedef struct {
    int adds, subtracts, inside;
} step;

static inline step step_at(const nahmi_box *box, uint32_t i) {
    step s;
    s.adds = i + box->right < box->length;
    s.subtracts = i > box->left;
    uint32_t first = s.subtracts ? i - box->left : 0;
    uint32_t last = s.adds ? i + box->right : box->length - 1;
    s.inside = (int)(last - first + 1);
    return s;
}

// A whole number to divide by, with its reciprocal. It changes near the ends of an axis only.
typedef struct {
    int inside;
    wide count, reciprocal;
} divisor;

TARGET static inline void divide_by(divisor *d, int inside) {
    if (d->inside == inside) return;
    d->inside = inside;
    d->count = wide_set((float)inside);
    d->reciprocal = wide_set(1.0f / (float)inside);
}

// Turn over the 4 x 4 floats in each half of four vectors. With rows k and k + 4 in the halves of
// vector k, column j of all eight rows comes out as vector j, and the reverse.
TARGET static inline void transpose_halves(__m256 r[4]) {
    __m256 a = _mm256_unpacklo_ps(r[0], r[1]), b = _mm256_unpackhi_ps(r[0], r[1]);
    __m256 c = _mm256_unpacklo_ps(r[2], r[3]), d = _mm256_unpackhi_ps(r[2], r[3]);
    r[0] = _mm256_shuffle_ps(a, c, 0x44);
    r[1] = _mm256_shuffle_ps(a, c, 0xEE);
    r[2] = _mm256_shuffle_ps(b, d, 0x44);
    r[3] = _mm256_shuffle_ps(b, d, 0xEE);
}

TARGET static inline __m256 load_halves(const float *low, const float *high) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)), _mm_loadu_ps(high), 1);
}

// Luminance of four pixels from each of two rows. Colour reads 16 bytes for 12, grey 4.
TARGET static inline __m256 luminance_halves(const uint8_t *low, const uint8_t *high,
                                             unsigned channels) {
    if (channels == 1) {
        int32_t a, b;
        memcpy(&a, low, sizeof a);
        memcpy(&b, high, sizeof b);
        return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_set_epi32(0, 0, b, a)));
    }
    __m256i bytes = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low)),
        _mm_loadu_si128((const __m128i *)high), 1);
#define RED_GREEN(k) k, -1, k + 1, -1
#define BLUE(k) k + 2, -1, -1, -1
#define EACH(part) part(0), part(3), part(6), part(9)
    const __m256i red_green = _mm256_setr_epi8(EACH(RED_GREEN), EACH(RED_GREEN));
    const __m256i blue = _mm256_setr_epi8(EACH(BLUE), EACH(BLUE));
#undef EACH
#undef BLUE
#undef RED_GREEN
    const __m256i of_red_green = _mm256_set1_epi32(587 << 16 | 299);
    const __m256i of_blue = _mm256_set1_epi32(114);
    __m256 sum = _mm256_cvtepi32_ps(_mm256_add_epi32(
        _mm256_madd_epi16(_mm256_shuffle_epi8(bytes, red_green), of_red_green),
        _mm256_madd_epi16(_mm256_shuffle_epi8(bytes, blue), of_blue)));
    // sum / 1000: for whole numbers up to 255,000 one correction is enough; all were tried.
    const __m256 thousand = _mm256_set1_ps(1000.0f), thousandth = _mm256_set1_ps(1.0f / 1000.0f);
    __m256 quotient = _mm256_mul_ps(sum, thousandth);
    return _mm256_fmadd_ps(_mm256_fnmadd_ps(quotient, thousand, sum), thousandth, quotient);
}

// Where the columns of a band come from: pixels (first filter) or rows of floats (second filter).
typedef struct {
    const uint8_t *pixels[BAND];
    const float *rows[BAND];
    unsigned channels;  // 0: rows of floats
    uint32_t width;
} band_source;

// The columns that the filter along x still needs. Column x is at place x & mask.
typedef struct {
    float *floats;
    uint32_t mask, loaded;
} column_ring;

static inline float *column_at(const column_ring *ring, uint32_t x) {
    return ring->floats + (size_t)(x & ring->mask) * BAND;
}

// Columns a ring must hold: the filter's window, eight being filtered, eight being loaded.
static inline uint32_t ring_columns(const nahmi_box *box) {
    uint32_t columns = 32;
    while (columns < box->window + 2 * SIDE) columns *= 2;
    return columns;
}

TARGET static inline __m256 source_halves(const band_source *source, unsigned row, uint32_t x) {
    if (source->channels == 0)
        return load_halves(source->rows[row] + x, source->rows[row + 4] + x);
    return luminance_halves(source->pixels[row] + (size_t)x * source->channels,
                            source->pixels[row + 4] + (size_t)x * source->channels,
                            source->channels);
}

static inline float source_value(const band_source *source, unsigned row, uint32_t x) {
    if (source->channels == 0) return source->rows[row][x];
    return nahmi_luminance(source->pixels[row] + (size_t)x * source->channels, source->channels);
}

// Step 1: load columns until `end` of them are there.
TARGET static inline void load_columns(const band_source *source, column_ring *ring, uint32_t end) {
    if (end > source->width) end = source->width;
    while (ring->loaded < end) {
        const uint32_t x = ring->loaded;
        // The last columns go one by one: vectors of pixels would read past the row.
        if (x + SIDE + 2 <= source->width) {
            for (unsigned side = 0; side < BAND; side += SIDE)
                for (unsigned half = 0; half < SIDE; half += 4) {
                    __m256 block[4];
                    UNROLL
                    for (unsigned k = 0; k < 4; k++)
                        block[k] = source_halves(source, side + k, x + half);
                    transpose_halves(block);
                    UNROLL
                    for (unsigned k = 0; k < 4; k++)
                        _mm256_storeu_ps(column_at(ring, x + half + k) + side, block[k]);
                }
            ring->loaded += SIDE;
        } else {
            float *column = column_at(ring, x);
            for (unsigned row = 0; row < BAND; row++) column[row] = source_value(source, row, x);
            ring->loaded++;
        }
    }
}

// Step 2 for the places [from, to): sums hold the band's state between calls.
TARGET static inline void filter_places(const nahmi_box *box, const column_ring *ring,
                                        uint32_t from, uint32_t to, wide sums[BAND / WIDE],
                                        float *out) {
    enum { VECTORS = BAND / WIDE };
    const wide nothing = wide_set(0);
    wide running[VECTORS];
    UNROLL
    for (unsigned v = 0; v < VECTORS; v++) running[v] = sums[v];
    divisor d = {.inside = 0};
    for (uint32_t x = from; x < to; x++) {
        const step s = step_at(box, x);
        const float *add = column_at(ring, x + box->right);
        const float *subtract = column_at(ring, x - box->left - 1);
        // Adding or subtracting nothing leaves a sum as it is.
        UNROLL
        for (unsigned v = 0; v < VECTORS; v++) {
            running[v] = wide_add(running[v], s.adds ? wide_load(add + v * WIDE) : nothing);
            running[v] =
                wide_sub(running[v], s.subtracts ? wide_load(subtract + v * WIDE) : nothing);
        }
        if (!out) continue;
        divide_by(&d, s.inside);
        UNROLL
        for (unsigned v = 0; v < VECTORS; v++)
            wide_store(out + (size_t)(x - from) * BAND + v * WIDE,
                       wide_quotient(running[v], d.count, d.reciprocal));
    }
    UNROLL
    for (unsigned v = 0; v < VECTORS; v++) sums[v] = running[v];
}

TARGET static inline void begin_places(const nahmi_box *box, const band_source *source,
                                       column_ring *ring, wide sums[BAND / WIDE]) {
    ring->loaded = 0;
    load_columns(source, ring, box->right);
    for (unsigned v = 0; v < BAND / WIDE; v++) sums[v] = wide_set(0);
    for (uint32_t x = 0; x < box->right; x++)
        for (unsigned v = 0; v < BAND / WIDE; v++)
            sums[v] = wide_add(sums[v], wide_load(column_at(ring, x) + v * WIDE));
}

// The rows of step 3 that step 4 still needs. Row y is at place y modulo `rows`.
typedef struct {
    float *floats;
    uint32_t rows, width;
} ring;

static inline float *ring_row(const ring *r, uint32_t y) {
    return r->floats + (size_t)(y % r->rows) * r->width;
}

// Step 3: eight filtered columns become rows.
TARGET static inline void turn_back(const float *filtered, uint32_t columns, uint32_t x,
                                    uint32_t count, float *const rows[BAND]) {
    for (uint32_t side = 0; side < count; side += 4) {
        if (columns == SIDE) {
            __m256 block[4];
            UNROLL
            for (unsigned k = 0; k < 4; k++)
                block[k] =
                    load_halves(filtered + k * BAND + side, filtered + (k + 4) * BAND + side);
            transpose_halves(block);
            UNROLL
            for (uint32_t k = 0; k < 4; k++) _mm256_storeu_ps(rows[side + k] + x, block[k]);
        } else {
            for (uint32_t k = 0; k < 4; k++)
                for (uint32_t c = 0; c < columns; c++)
                    rows[side + k][x + c] = filtered[c * BAND + side + k];
        }
    }
}

// Steps 1 to 3 for a band of the picture, `count` rows from `top` on.
TARGET static void filter_band(const nahmi_box *box, const band_source *source, column_ring *ring_x,
                               uint32_t top, uint32_t count, const ring *out) {
    // Up to three rows past the last are written; the ring has room for a whole band.
    float *rows[BAND];
    for (uint32_t k = 0; k < BAND; k++) rows[k] = ring_row(out, top + k);
    wide sums[BAND / WIDE];
    begin_places(box, source, ring_x, sums);
    for (uint32_t x = 0; x < box->length; x += SIDE) {
        float filtered[SIDE * BAND];
        const uint32_t columns = box->length - x < SIDE ? box->length - x : SIDE;
        load_columns(source, ring_x, x + columns + box->right);
        filter_places(box, ring_x, x, x + columns, sums, filtered);
        turn_back(filtered, columns, x, count, rows);
    }
}

// Step 5, along x: only the grid's places are kept, narrow[row][place].
TARGET static void sample_band(const nahmi_box *box, const band_source *source,
                               column_ring *ring_x, uint32_t count, float *narrow) {
    wide sums[BAND / WIDE];
    begin_places(box, source, ring_x, sums);
    uint32_t next = 0;
    for (unsigned j = 0; j < GRID; j++) {
        const uint32_t place = nahmi_grid_place(j, box->length);
        float column[BAND];
        if (place + 1 == next) {
            // Narrow pictures are sampled at one place several times.
            for (uint32_t k = 0; k < count; k++) narrow[k * GRID + j] = narrow[k * GRID + j - 1];
            continue;
        }
        while (next <= place) {
            const uint32_t end = place + 1 - next < SIDE ? place + 1 : next + SIDE;
            load_columns(source, ring_x, end + box->right);
            filter_places(box, ring_x, next, end - (end == place + 1), sums, NULL);
            if (end == place + 1) filter_places(box, ring_x, place, end, sums, column);
            next = end;
        }
        for (uint32_t k = 0; k < count; k++) narrow[k * GRID + j] = column[k];
    }
}

// One place of a filter along y, for `width` columns side by side: add a row, subtract a row (NULL
// for none), and write the means (NULL for nowhere). sums: width of them.
TARGET static void filter_row(const float *add, const float *subtract, int inside, uint32_t width,
                              float *sums, float *out) {
    divisor d = {.inside = 0};
    divide_by(&d, inside);
    uint32_t x = 0;
    for (; x + WIDE <= width; x += WIDE) {
        wide sum = wide_load(sums + x);
        if (add) sum = wide_add(sum, wide_load(add + x));
        if (subtract) sum = wide_sub(sum, wide_load(subtract + x));
        wide_store(sums + x, sum);
        if (out) wide_store(out + x, wide_quotient(sum, d.count, d.reciprocal));
    }
    for (; x < width; x++) {
        if (add) sums[x] += add[x];
        if (subtract) sums[x] -= subtract[x];
        if (out) out[x] = sums[x] / (float)inside;
    }
}

// Place y of the filter along y of a ring; places -right to -1 only add.
TARGET static void filter_ring(const nahmi_box *box, const ring *in, int64_t y, float *sums,
                               float *out) {
    if (y < 0) {
        filter_row(ring_row(in, (uint32_t)(y + box->right)), NULL, 1, in->width, sums, NULL);
        return;
    }
    const step s = step_at(box, (uint32_t)y);
    filter_row(s.adds ? ring_row(in, (uint32_t)y + box->right) : NULL,
               s.subtracts ? ring_row(in, (uint32_t)y - box->left - 1) : NULL, s.inside, in->width,
               sums, out);
}

// Step 5, along y.
TARGET static void sample_columns(const nahmi_box *box, float *narrow, float *sums,
                                  float grid[GRID][GRID]) {
    const ring in = {narrow, box->length, GRID};
    memset(sums, 0, GRID * sizeof *sums);
    int64_t next = -(int64_t)box->right;
    for (unsigned i = 0; i < GRID; i++) {
        const uint32_t place = nahmi_grid_place(i, box->length);
        if ((int64_t)place + 1 == next) {
            memcpy(grid[i], grid[i - 1], sizeof grid[i]);
            continue;
        }
        for (; next < place; next++) filter_ring(box, &in, next, sums, NULL);
        filter_ring(box, &in, next++, sums, grid[i]);
    }
}

static void source_pixels(const nahmi_picture *picture, uint32_t top, band_source *source) {
    source->channels = picture->channels;
    source->width = picture->width;
    // Rows past the last repeat it; nobody looks at what comes of them.
    for (uint32_t k = 0; k < BAND; k++) {
        uint32_t y = top + k < picture->height ? top + k : picture->height - 1;
        source->pixels[k] = picture->pixels + y * picture->row_bytes;
    }
}

TARGET static void grid_of(const nahmi_picture *picture, float *scratch, float grid[GRID][GRID]) {
    const uint32_t height = picture->height, width = picture->width;
    const nahmi_box along_x = nahmi_box_for(width), along_y = nahmi_box_for(height);
    column_ring columns = {scratch, ring_columns(&along_x) - 1, 0};
    float *band = scratch + (size_t)BAND * (columns.mask + 1);
    float *sums = band + (size_t)BAND * width, *narrow = sums + (width > GRID ? width : GRID);
    const ring rows = {narrow + (size_t)height * GRID, along_y.window + 4 + BAND, width};
    band_source pixels, filtered = {.channels = 0, .width = width};
    for (uint32_t k = 0; k < BAND; k++) filtered.rows[k] = band + (size_t)k * width;
    memset(sums, 0, width * sizeof *sums);
    int64_t y = -(int64_t)along_y.right;  // the next place of the filter along y
    uint32_t collected = 0, sampled = 0;  // rows in `band`, rows in `narrow`
    for (uint32_t top = 0; top < height; top += BAND) {
        const uint32_t count = height - top < BAND ? height - top : BAND;
        source_pixels(picture, top, &pixels);
        filter_band(&along_x, &pixels, &columns, top, count, &rows);
        const int64_t ready = top + count == height ? height : (int64_t)top + count - along_y.right;
        for (; y < ready; y++) {
            filter_ring(&along_y, &rows, y, sums, band + (size_t)collected * width);
            if (y >= 0) collected++;
            if (collected == BAND || (y + 1 == height && collected)) {
                sample_band(&along_x, &filtered, &columns, collected,
                            narrow + (size_t)sampled * GRID);
                sampled += collected;
                collected = 0;
            }
        }
    }
    sample_columns(&along_y, narrow, sums, grid);
}
