// SPDX-License-Identifier: Apache-2.0
// The grid of PDQ with SIMD, written once; a file for each instruction set defines
//
//   TARGET                     the function attribute
//   WIDE                       floats in a vector `wide` (8 or 16), in lanes of four
//   wide_load, wide_store      aligned
//   wide_add, wide_sub, wide_mul, wide_fma (a * b + c), wide_set
//   wide_unpack_low, wide_unpack_high, wide_shuffle    within lanes
//   wide_lanes(p, stride)      p[0..3], p[stride + 0..3], ... one lane after the other
//   wide_int and wide_int_...  the same for bytes and whole numbers
//
// and includes this. A band of 32 rows is worked through in tiles of 32 columns, and a tile goes
// through all steps before the next one begins:
//
// 1. Luminance, turned over in registers, into a ring of columns.
// 2. The running sums along x of all 32 rows go side by side in vectors.
// 3. The result is turned back into rows, which a ring keeps for as long as step 4 needs them.
// 4. The running sums along y go side by side for the tile's 32 columns. Their results lag behind
//    the band by the half of the window that lies ahead.
// 5. Turned over once more, they go through the second filter along x as in step 2, but only the
//    64 places of the grid are divided and kept, in a narrow plane.
//
// At the end the second filter along y runs over the narrow plane. So the picture is read once, a
// tile stays in the first cache, and the rings in the second.
//
// Each sum adds and subtracts in the order of the definition, and every quotient is rounded
// correctly, so the results are equal to the serial ones bit for bit.
#include <immintrin.h>
#include <string.h>

#include "pdq_steps.h"

enum { BAND = 32, TILE = 32, VECTORS = BAND / WIDE };

// Short loops over registers must be unrolled, or their arrays end up in memory.
#define UNROLL _Pragma("GCC unroll 8")

#define ALIGNED __attribute__((aligned(64)))

// A whole number to divide by: its reciprocal as the sum of two floats.
typedef struct {
    uint32_t inside;
    wide high, low;
} divisor;

TARGET static inline void divide_by(divisor *d, uint32_t inside) {
    if (d->inside == inside) return;
    const float high = 1.0f / (float)inside;
    d->inside = inside;
    d->high = wide_set(high);
    d->low = wide_set((float)(1.0 / inside - (double)high));
}

// sum / inside, rounded as division does; native/README.md has the reason.
TARGET static inline wide quotient(wide sum, const divisor *d) {
    return wide_fma(sum, d->high, wide_mul(sum, d->low));
}

// Samples that the filter's window holds at place i.
static inline uint32_t inside_at(const nahmi_box *box, uint32_t i) {
    const uint32_t first = i > box->left ? i - box->left : 0;
    const uint32_t last = i + box->right < box->length ? i + box->right : box->length - 1;
    return last - first + 1;
}

// Turn over the 4 x 4 floats in each lane: with the rows 4 l + k in lane l of vector k, column j of
// all rows comes out as vector j.
TARGET static inline void turn_lanes(wide r[4]) {
    wide a = wide_unpack_low(r[0], r[1]), b = wide_unpack_high(r[0], r[1]);
    wide c = wide_unpack_low(r[2], r[3]), d = wide_unpack_high(r[2], r[3]);
    r[0] = wide_shuffle(a, c, 0x44);
    r[1] = wide_shuffle(a, c, 0xEE);
    r[2] = wide_shuffle(b, d, 0x44);
    r[3] = wide_shuffle(b, d, 0xEE);
}

// Turn over a tile of 32 x 32 floats: row k goes to in[k * stride], column j to out[j].
TARGET static inline void turn_tile(const float *in, size_t stride, float *const out[TILE]) {
    for (unsigned row = 0; row < BAND; row += WIDE)
        for (unsigned column = 0; column < TILE; column += 4) {
            wide block[4];
            UNROLL
            for (unsigned k = 0; k < 4; k++)
                block[k] = wide_lanes(in + (row + k) * stride + column, 4 * stride);
            turn_lanes(block);
            UNROLL
            for (unsigned k = 0; k < 4; k++) wide_store(out[column + k] + row, block[k]);
        }
}

// Luminance of four pixels from a row and every fourth one after it. Colour reads 16 bytes for 12,
// grey 4.
TARGET static inline wide luminance_lanes(const uint8_t *pixels, size_t stride,
                                          unsigned channels) {
    if (channels == 1) return wide_from_int(wide_int_grey(pixels, stride));
    const wide_int bytes = wide_int_lanes(pixels, stride);
#define RED_GREEN(k) k, -1, k + 1, -1
#define BLUE(k) k + 2, -1, -1, -1
#define EACH(part) wide_int_spread(_mm_setr_epi8(part(0), part(3), part(6), part(9)))
    const wide_int red_green = EACH(RED_GREEN), blue = EACH(BLUE);
#undef EACH
#undef BLUE
#undef RED_GREEN
    const wide_int of_red_green = wide_int_set(587 << 16 | 299), of_blue = wide_int_set(114);
    const wide sum = wide_from_int(
        wide_int_add(wide_int_madd(wide_int_shuffle(bytes, red_green), of_red_green),
                     wide_int_madd(wide_int_shuffle(bytes, blue), of_blue)));
    // sum / 1000, as in `quotient`.
    const float high = 1.0f / 1000.0f;
    const float low = (float)(1.0 / 1000.0 - (double)high);
    return wide_fma(sum, wide_set(high), wide_mul(sum, wide_set(low)));
}

// Columns of 32 floats that the filter along x still needs. Column x is at place x & mask.
typedef struct {
    float *floats;
    uint32_t mask, loaded;
} column_ring;

static inline float *column_at(const column_ring *ring, uint32_t x) {
    return ring->floats + (size_t)(x & ring->mask) * BAND;
}

// Columns a ring must hold: the filter's window, and a tile that is loaded ahead of it.
static inline uint32_t ring_columns(const nahmi_box *box) {
    uint32_t columns = 64;
    while (columns < box->window + TILE + 4) columns *= 2;
    return columns;
}

// 32 rows of pixels.
typedef struct {
    const uint8_t *pixels;
    size_t row_bytes;
    unsigned channels;
    uint32_t width;
} band_pixels;

// Step 1: load columns until `end` of them are there.
TARGET static inline void load_columns(const band_pixels *from, column_ring *ring, uint32_t end) {
    const size_t stride = from->row_bytes;
    if (end > from->width) end = from->width;
    while (ring->loaded < end) {
        const uint32_t x = ring->loaded;
        const uint8_t *pixels = from->pixels + (size_t)x * from->channels;
        // The last columns go one by one: vectors of pixels would read past the row.
        if (x + 6 <= from->width) {
            for (unsigned row = 0; row < BAND; row += WIDE, pixels += WIDE * stride) {
                wide block[4];
                UNROLL
                for (unsigned k = 0; k < 4; k++)
                    block[k] = luminance_lanes(pixels + k * stride, 4 * stride, from->channels);
                turn_lanes(block);
                UNROLL
                for (unsigned k = 0; k < 4; k++) wide_store(column_at(ring, x + k) + row, block[k]);
            }
            ring->loaded += 4;
        } else {
            float *column = column_at(ring, x);
            for (unsigned row = 0; row < BAND; row++, pixels += stride)
                column[row] = nahmi_luminance(pixels, from->channels);
            ring->loaded++;
        }
    }
}

// The running sums of 32 rows.
typedef struct {
    wide sums[VECTORS];
    divisor by;
} running;

// Add the column that comes into the window at place x, and take away the one that leaves it.
TARGET static inline void advance(const nahmi_box *box, const column_ring *ring, uint32_t x,
                                  int adds, int subtracts, running *r) {
    const float *add = column_at(ring, x + box->right);
    const float *subtract = column_at(ring, x - box->left - 1);
    UNROLL
    for (unsigned v = 0; v < VECTORS; v++) {
        if (adds) r->sums[v] = wide_add(r->sums[v], wide_load(add + v * WIDE));
        if (subtracts) r->sums[v] = wide_sub(r->sums[v], wide_load(subtract + v * WIDE));
    }
}

// Whether all windows of these places lie inside the picture, their neighbours included.
static inline int are_whole(const nahmi_box *box, uint32_t from, uint32_t to) {
    return from > box->left && to + box->right <= box->length;
}

TARGET static inline void write_means(const running *r, float *out) {
    UNROLL
    for (unsigned v = 0; v < VECTORS; v++)
        wide_store(out + v * WIDE, quotient(r->sums[v], &r->by));
}

// Begin a filter along x with the columns that lie ahead of its first place.
TARGET static inline void begin(const nahmi_box *box, const column_ring *ring, running *r) {
    r->by.inside = 0;
    for (unsigned v = 0; v < VECTORS; v++) r->sums[v] = wide_set(0);
    for (uint32_t x = 0; x < box->right; x++)
        for (unsigned v = 0; v < VECTORS; v++)
            r->sums[v] = wide_add(r->sums[v], wide_load(column_at(ring, x) + v * WIDE));
}

// Step 2, for the places [from, to).
TARGET static inline void filter_places(const nahmi_box *box, const column_ring *ring,
                                        uint32_t from, uint32_t to, running *state, float *out) {
    running r = *state;
    if (are_whole(box, from, to)) {
        divide_by(&r.by, box->window);
        for (uint32_t x = from; x < to; x++, out += BAND) {
            advance(box, ring, x, 1, 1, &r);
            write_means(&r, out);
        }
    } else {
        for (uint32_t x = from; x < to; x++, out += BAND) {
            advance(box, ring, x, x + box->right < box->length, x > box->left, &r);
            divide_by(&r.by, inside_at(box, x));
            write_means(&r, out);
        }
    }
    *state = r;
}

// The rows of step 3 that step 4 still needs, tile by tile: places of 32 floats, `rows` of them a
// tile. Row y is at place y modulo `rows`.
typedef struct {
    float *floats;
    uint32_t rows;
} row_ring;

// What a band does along y: row k of the picture's band leads to place top + k - right.
typedef struct {
    uint32_t top, adds;         // rows from `adds` on lie below the picture
    uint32_t place[BAND];       // of each row in a tile of the ring
    uint32_t leaving[BAND];     // place of the row that leaves the window, where one does
} band_rows;

static void find_rows(const nahmi_box *box, uint32_t top, uint32_t rows, band_rows *band) {
    band->top = top;
    band->adds = top >= box->length ? 0 : box->length - top < BAND ? box->length - top : BAND;
    for (uint32_t k = 0; k < BAND; k++) {
        band->place[k] = (top + k) % rows * TILE;
        band->leaving[k] = top + k < box->window ? 0 : (top + k - box->window) % rows * TILE;
    }
}

// Row k of step 4.
TARGET static inline void filter_row(const band_rows *band, uint32_t k, const float *tile, int adds,
                                     int subtracts, wide sums[TILE / WIDE]) {
    const float *add = tile + band->place[k], *subtract = tile + band->leaving[k];
    UNROLL
    for (unsigned v = 0; v < TILE / WIDE; v++) {
        if (adds) sums[v] = wide_add(sums[v], wide_load(add + v * WIDE));
        if (subtracts) sums[v] = wide_sub(sums[v], wide_load(subtract + v * WIDE));
    }
}

TARGET static inline void write_row(const wide sums[TILE / WIDE], const divisor *by, float *out) {
    UNROLL
    for (unsigned v = 0; v < TILE / WIDE; v++) wide_store(out + v * WIDE, quotient(sums[v], by));
}

// Step 4 for one tile.
TARGET static inline void filter_rows(const nahmi_box *box, const band_rows *band,
                                      const float *tile, float *state, float *out) {
    divisor by = {.inside = 0};
    wide sums[TILE / WIDE];
    UNROLL
    for (unsigned v = 0; v < TILE / WIDE; v++) sums[v] = wide_load(state + v * WIDE);
    if (band->top >= box->window && band->adds == BAND) {
        divide_by(&by, box->window);
        for (uint32_t k = 0; k < BAND; k++, out += TILE) {
            filter_row(band, k, tile, 1, 1, sums);
            write_row(sums, &by, out);
        }
    } else {
        for (uint32_t k = 0; k < BAND; k++, out += TILE) {
            filter_row(band, k, tile, k < band->adds, band->top + k >= box->window, sums);
            // Before the first place and after the last there is nothing to write.
            const uint32_t y = band->top + k - box->right;
            if (y >= box->length) continue;
            divide_by(&by, inside_at(box, y));
            write_row(sums, &by, out);
        }
    }
    UNROLL
    for (unsigned v = 0; v < TILE / WIDE; v++) wide_store(state + v * WIDE, sums[v]);
}

// Step 5, along x: the places up to `end`, of which the grid's are kept.
typedef struct {
    running state;
    uint32_t next;     // place
    unsigned sampled;  // grid places
    float columns[GRID][BAND] ALIGNED;
} sampler;

TARGET static inline void sample_places(const nahmi_box *box, const column_ring *ring,
                                        const uint32_t places[GRID + 1], uint32_t end, sampler *s) {
    running r = s->state;
    const int whole = are_whole(box, s->next, end);
    for (uint32_t x = s->next; x < end;) {
        const uint32_t place = places[s->sampled], stop = place < end ? place + 1 : end;
        if (whole)
            for (; x < stop; x++) advance(box, ring, x, 1, 1, &r);
        else
            for (; x < stop; x++)
                advance(box, ring, x, x + box->right < box->length, x > box->left, &r);
        if (place >= end) break;
        divide_by(&r.by, inside_at(box, place));
        // Narrow pictures are sampled at one place several times.
        while (places[s->sampled] == place) write_means(&r, s->columns[s->sampled++]);
    }
    s->next = end;
    s->state = r;
}

// Everything of a picture that outlives a tile.
typedef struct {
    nahmi_box along_x, along_y;
    uint32_t places[GRID + 1];  // along x, and one that is never reached
    column_ring pixels, filtered;
    row_ring rows;
    float *sums;    // along y, a float a column
    float *narrow;  // rows of 64 places, the first of which is place -right
} workspace;

// Steps 1 to 5 for the band whose first row is `top`.
TARGET static void work_through(workspace *w, const band_pixels *pixels, uint32_t top) {
    const nahmi_box *along_x = &w->along_x;
    const uint32_t width = along_x->length;
    float block[TILE * BAND] ALIGNED;
    float *out[TILE];
    running first;
    sampler second;
    band_rows band;
    find_rows(&w->along_y, top, w->rows.rows, &band);
    w->pixels.loaded = 0;
    load_columns(pixels, &w->pixels, along_x->right);
    begin(along_x, &w->pixels, &first);
    second.next = second.sampled = 0;
    for (uint32_t x = 0; x < width; x += TILE) {
        const uint32_t end = width - x < TILE ? width : x + TILE;
        float *tile = w->rows.floats + (size_t)x * w->rows.rows;
        if (band.adds) {
            load_columns(pixels, &w->pixels, end + along_x->right);
            filter_places(along_x, &w->pixels, x, end, &first, block);
            for (unsigned k = 0; k < BAND; k++) out[k] = tile + band.place[k];
            turn_tile(block, BAND, out);
        }
        filter_rows(&w->along_y, &band, tile, w->sums + x, block);
        for (unsigned k = 0; k < TILE; k++) out[k] = column_at(&w->filtered, x + k);
        turn_tile(block, TILE, out);
        if (!x) begin(along_x, &w->filtered, &second.state);
        sample_places(along_x, &w->filtered, w->places,
                      end == width ? width : end - along_x->right, &second);
    }
    for (unsigned j = 0; j < GRID; j += TILE) {
        for (unsigned k = 0; k < BAND; k++) out[k] = w->narrow + (size_t)(top + k) * GRID + j;
        turn_tile(second.columns[j], BAND, out);
    }
}

// The second filter along y, 64 columns side by side; narrow: a row a place.
TARGET static void sample_columns(const nahmi_box *box, const float *narrow,
                                  float grid[GRID][GRID]) {
    float sums[GRID] ALIGNED = {0};
    uint32_t y = 0;
    for (uint32_t r = 0; r < box->right; r++)
        for (unsigned j = 0; j < GRID; j++) sums[j] += narrow[(size_t)r * GRID + j];
    for (unsigned i = 0; i < GRID; i++) {
        const uint32_t place = nahmi_grid_place(i, box->length);
        for (; y <= place; y++) {
            if (y + box->right < box->length)
                for (unsigned j = 0; j < GRID; j++)
                    sums[j] += narrow[(size_t)(y + box->right) * GRID + j];
            if (y > box->left)
                for (unsigned j = 0; j < GRID; j++)
                    sums[j] -= narrow[(size_t)(y - box->left - 1) * GRID + j];
        }
        const float inside = (float)inside_at(box, place);
        for (unsigned j = 0; j < GRID; j++) grid[i][j] = sums[j] / inside;
    }
}

static inline float *aligned(float *p) {
    return (float *)(((uintptr_t)p + 63) & ~(uintptr_t)63);
}

TARGET static void grid_of(const nahmi_picture *picture, float *scratch, float grid[GRID][GRID]) {
    const uint32_t height = picture->height, width = picture->width;
    workspace w = {.along_x = nahmi_box_for(width), .along_y = nahmi_box_for(height)};
    const uint32_t tiles = (width + TILE - 1) / TILE, columns = ring_columns(&w.along_x);
    for (unsigned j = 0; j < GRID; j++) w.places[j] = nahmi_grid_place(j, width);
    w.places[GRID] = UINT32_MAX;
    w.pixels = (column_ring){aligned(scratch), columns - 1, 0};
    w.filtered = (column_ring){w.pixels.floats + (size_t)BAND * columns, columns - 1, 0};
    w.rows = (row_ring){w.filtered.floats + (size_t)BAND * columns, w.along_y.window + BAND};
    w.sums = w.rows.floats + (size_t)tiles * w.rows.rows * TILE;
    w.narrow = w.sums + (size_t)tiles * TILE;
    const uint32_t narrow_rows = (height + w.along_y.right + BAND - 1) / BAND * BAND;
    uint8_t *last = (uint8_t *)(w.narrow + (size_t)narrow_rows * GRID);
    memset(w.sums, 0, (size_t)tiles * TILE * sizeof *w.sums);
    for (uint32_t top = 0; top < narrow_rows; top += BAND) {
        band_pixels pixels = {picture->pixels + top * picture->row_bytes, picture->row_bytes,
                              picture->channels, width};
        if (top + BAND > height) {
            // A band has 32 rows; nobody looks at what comes of those below the picture.
            pixels.row_bytes = (size_t)width * picture->channels;
            for (uint32_t y = top; y < height; y++)
                memcpy(last + (y - top) * pixels.row_bytes,
                       picture->pixels + y * picture->row_bytes, pixels.row_bytes);
            pixels.pixels = last;
        }
        work_through(&w, &pixels, top);
    }
    sample_columns(&w.along_y, w.narrow + (size_t)w.along_y.right * GRID, grid);
}
