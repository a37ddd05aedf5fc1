// SPDX-License-Identifier: Apache-2.0
// The grid of PDQ with SIMD, written once; a file for each instruction set defines
//
//   TARGET              the function attribute
//   WIDE                floats in a vector `wide` (8 or 16)
//   wide_load, wide_store, wide_add, wide_sub, wide_quotient, wide_set
//
// and includes this. Steps, as in pdq_serial.c, for 32 rows of the picture at a time ("band"):
//
// 1. Luminance of 8 x 8 pixels, turned over in registers, into a tile [x][row of the band].
// 2. The running sums along x of all 32 rows go side by side in vectors.
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

TARGET static inline void transpose_8x8(__m256 r[SIDE]) {
    __m256 a[SIDE], b[SIDE];
    for (int i = 0; i < SIDE; i += 2) {
        a[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        a[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < SIDE; i += 4) {
        b[i] = _mm256_shuffle_ps(a[i], a[i + 2], 0x44);
        b[i + 1] = _mm256_shuffle_ps(a[i], a[i + 2], 0xEE);
        b[i + 2] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0x44);
        b[i + 3] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0xEE);
    }
    for (int i = 0; i < 4; i++) {
        r[i] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x20);
        r[i + 4] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x31);
    }
}

static inline float luminance_of(const uint8_t *p, unsigned channels) {
    return channels == 1 ? (float)p[0] : 0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2];
}

// Luminance of 8 pixels. Colour reads 28 bytes for 24: the caller keeps clear of a row's end.
TARGET static inline __m256 luminance_8(const uint8_t *p, unsigned channels) {
    if (channels == 1)
        return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
    __m256i bytes = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)p)),
        _mm_loadu_si128((const __m128i *)(p + 12)), 1);
#define EACH(k) k, -1, -1, -1, k + 3, -1, -1, -1, k + 6, -1, -1, -1, k + 9, -1, -1, -1
    const __m256i red = _mm256_setr_epi8(EACH(0), EACH(0));
    const __m256i green = _mm256_setr_epi8(EACH(1), EACH(1));
    const __m256i blue = _mm256_setr_epi8(EACH(2), EACH(2));
#undef EACH
    __m256 r = _mm256_cvtepi32_ps(_mm256_shuffle_epi8(bytes, red));
    __m256 g = _mm256_cvtepi32_ps(_mm256_shuffle_epi8(bytes, green));
    __m256 b = _mm256_cvtepi32_ps(_mm256_shuffle_epi8(bytes, blue));
    return _mm256_add_ps(_mm256_add_ps(_mm256_mul_ps(_mm256_set1_ps(0.299f), r),
                                       _mm256_mul_ps(_mm256_set1_ps(0.587f), g)),
                         _mm256_mul_ps(_mm256_set1_ps(0.114f), b));
}

// Step 1. Rows past the picture's last repeat it; nobody looks at them.
TARGET static void tile_from_pixels(const nahmi_picture *picture, uint32_t top, float *tile) {
    const unsigned channels = picture->channels;
    const uint32_t width = picture->width;
    const uint32_t whole = width >= 2 * SIDE ? (width - SIDE / 2) / SIDE * SIDE : 0;
    for (unsigned side = 0; side < BAND; side += SIDE) {
        const uint8_t *rows[SIDE];
        for (unsigned k = 0; k < SIDE; k++) {
            uint32_t y = top + side + k;
            rows[k] = picture->pixels +
                      (y < picture->height ? y : picture->height - 1) * picture->row_bytes;
        }
        for (uint32_t x = 0; x < whole; x += SIDE) {
            __m256 block[SIDE];
            for (unsigned k = 0; k < SIDE; k++)
                block[k] = luminance_8(rows[k] + (size_t)x * channels, channels);
            transpose_8x8(block);
            for (unsigned k = 0; k < SIDE; k++)
                _mm256_storeu_ps(tile + (size_t)(x + k) * BAND + side, block[k]);
        }
        for (uint32_t x = whole; x < width; x++)
            for (unsigned k = 0; k < SIDE; k++)
                tile[(size_t)x * BAND + side + k] =
                    luminance_of(rows[k] + (size_t)x * channels, channels);
    }
}

// Step 1 again, for the second filter: the band is BAND rows of floats.
TARGET static void tile_from_rows(const float *band, uint32_t width, float *tile) {
    const uint32_t whole = width / SIDE * SIDE;
    for (unsigned side = 0; side < BAND; side += SIDE) {
        const float *rows = band + (size_t)side * width;
        for (uint32_t x = 0; x < whole; x += SIDE) {
            __m256 block[SIDE];
            for (unsigned k = 0; k < SIDE; k++)
                block[k] = _mm256_loadu_ps(rows + (size_t)k * width + x);
            transpose_8x8(block);
            for (unsigned k = 0; k < SIDE; k++)
                _mm256_storeu_ps(tile + (size_t)(x + k) * BAND + side, block[k]);
        }
        for (uint32_t x = whole; x < width; x++)
            for (unsigned k = 0; k < SIDE; k++)
                tile[(size_t)x * BAND + side + k] = rows[(size_t)k * width + x];
    }
}

// Step 2 for the places [from, to): sums hold the band's state between calls.
TARGET static inline void filter_tile(const nahmi_box *box, const float *tile, uint32_t from,
                                      uint32_t to, wide sums[BAND / WIDE], float *out) {
    divisor d = {.inside = 0};
    for (uint32_t x = from; x < to; x++) {
        const step s = step_at(box, x);
        divide_by(&d, s.inside);
        for (unsigned v = 0; v < BAND / WIDE; v++) {
            if (s.adds)
                sums[v] = wide_add(
                    sums[v], wide_load(tile + (size_t)(x + box->right) * BAND + v * WIDE));
            if (s.subtracts)
                sums[v] = wide_sub(
                    sums[v], wide_load(tile + (size_t)(x - box->left - 1) * BAND + v * WIDE));
            if (out)
                wide_store(out + (size_t)(x - from) * BAND + v * WIDE,
                           wide_quotient(sums[v], d.count, d.reciprocal));
        }
    }
}

TARGET static inline void begin_tile(const nahmi_box *box, const float *tile,
                                     wide sums[BAND / WIDE]) {
    for (unsigned v = 0; v < BAND / WIDE; v++) sums[v] = wide_set(0);
    for (uint32_t x = 0; x < box->right; x++)
        for (unsigned v = 0; v < BAND / WIDE; v++)
            sums[v] = wide_add(sums[v], wide_load(tile + (size_t)x * BAND + v * WIDE));
}

// The rows of step 3 that step 4 still needs. Row y is at place y modulo `rows`.
typedef struct {
    float *floats;
    uint32_t rows, width;
} ring;

static inline float *ring_row(const ring *r, uint32_t y) {
    return r->floats + (size_t)(y % r->rows) * r->width;
}

// Steps 2 and 3: eight filtered columns at a time go from registers to the ring.
TARGET static void filter_band(const nahmi_box *box, const float *tile, uint32_t top,
                               uint32_t count, const ring *out) {
    const uint32_t width = box->length;
    wide sums[BAND / WIDE];
    begin_tile(box, tile, sums);
    for (uint32_t x = 0; x < width; x += SIDE) {
        float filtered[SIDE * BAND];
        const uint32_t columns = width - x < SIDE ? width - x : SIDE;
        filter_tile(box, tile, x, x + columns, sums, filtered);
        for (uint32_t side = 0; side < count; side += SIDE) {
            const uint32_t rows = count - side < SIDE ? count - side : SIDE;
            if (columns == SIDE) {
                __m256 block[SIDE];
                for (unsigned k = 0; k < SIDE; k++)
                    block[k] = _mm256_loadu_ps(filtered + k * BAND + side);
                transpose_8x8(block);
                for (uint32_t k = 0; k < rows; k++)
                    _mm256_storeu_ps(ring_row(out, top + side + k) + x, block[k]);
            } else {
                for (uint32_t k = 0; k < rows; k++)
                    for (uint32_t c = 0; c < columns; c++)
                        ring_row(out, top + side + k)[x + c] = filtered[c * BAND + side + k];
            }
        }
    }
}

// Step 5, along x: only the grid's places are kept, narrow[row][place].
TARGET static void sample_band(const nahmi_box *box, const float *tile, uint32_t count,
                               float *narrow) {
    wide sums[BAND / WIDE];
    begin_tile(box, tile, sums);
    uint32_t next = 0;
    for (unsigned j = 0; j < GRID; j++) {
        const uint32_t place = nahmi_grid_place(j, box->length);
        float column[BAND];
        if (place + 1 == next) {
            // Narrow pictures are sampled at one place several times.
            for (uint32_t k = 0; k < count; k++) narrow[k * GRID + j] = narrow[k * GRID + j - 1];
            continue;
        }
        filter_tile(box, tile, next, place, sums, NULL);
        filter_tile(box, tile, place, place + 1, sums, column);
        next = place + 1;
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

// Place y of the filter along y of a ring; place `-1` and before, down to `-right`, only add.
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

TARGET static void grid_of(const nahmi_picture *picture, float *scratch, float grid[GRID][GRID]) {
    const uint32_t height = picture->height, width = picture->width;
    const nahmi_box along_x = nahmi_box_for(width), along_y = nahmi_box_for(height);
    float *tile = scratch, *band = tile + (size_t)BAND * width;
    float *sums = band + (size_t)BAND * width, *narrow = sums + (width > GRID ? width : GRID);
    const ring rows = {narrow + (size_t)height * GRID, along_y.window + 1 + BAND, width};
    memset(sums, 0, width * sizeof *sums);
    int64_t y = -(int64_t)along_y.right;  // the next place of the filter along y
    uint32_t collected = 0, sampled = 0;  // rows in `band`, rows in `narrow`
    for (uint32_t top = 0; top < height; top += BAND) {
        const uint32_t count = height - top < BAND ? height - top : BAND;
        tile_from_pixels(picture, top, tile);
        filter_band(&along_x, tile, top, count, &rows);
        const int64_t ready = top + count == height ? height : (int64_t)top + count - along_y.right;
        for (; y < ready; y++) {
            filter_ring(&along_y, &rows, y, sums, band + (size_t)collected * width);
            if (y >= 0) collected++;
            if (collected == BAND || (y + 1 == height && collected)) {
                tile_from_rows(band, width, tile);
                sample_band(&along_x, tile, collected, narrow + (size_t)sampled * GRID);
                sampled += collected;
                collected = 0;
            }
        }
    }
    sample_columns(&along_y, narrow, sums, grid);
}
