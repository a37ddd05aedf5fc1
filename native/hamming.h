// SPDX-License-Identifier: Apache-2.0
// Exact radius search over 256-bit signals: rows, the multi-index table of a segment, flat scans.
//
// Units and ranges. A row is 16 words of 16 bits in "spread" order (nahmi_spread_u256). Distances
// are bits, 0..256. A limit is inclusive, 0..63. A segment holds at most 2^27 - 1 rows.
// Kernels allocate nothing and start no threads; found rows go to a callback.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cpu.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NAHMI_WORDS 16            // words in a row
#define NAHMI_BUCKETS 65536       // one a value of a word
#define NAHMI_MAX_LIMIT 63        // largest limit that a search takes
#define NAHMI_MAX_ROWS 0x7FFFFFFu // in a segment
#define NAHMI_BLOCK_BITS 24       // of a row number, in a table; the directory knows the others
#define NAHMI_TAG_PADDING 32      // tags that may be read, never used, behind each table

// Called once for every row found; `row` is its number, `distance` at most the limit.
typedef void (*nahmi_emit)(void *context, uint32_t row, unsigned distance);

// A segment: rows with one table for each of the 16 words.
//
// Rows come in blocks of 2^block_bits, so that three bytes hold a row's number in its block. With k
// blocks, the rows of block j in bucket b are at [directory[b k + j], directory[b k + j + 1]) of the
// table: a bucket is one run, block after block.
typedef struct {
    uint32_t n;                 // rows
    unsigned block_bits;        // NAHMI_BLOCK_BITS on disk; fewer in tests
    const uint16_t *rows;       // n x 16, spread
    const uint32_t *directory;  // 16 x nahmi_directory_length
    const uint16_t *tags;       // 16 x tag_stride: the word that follows the table's own
    const uint8_t *ids;         // 16 x id_stride: numbers in the block, 3 bytes each, least first
    size_t tag_stride;          // tags from one table to the next, >= n + NAHMI_TAG_PADDING
    size_t id_stride;           // bytes from one table to the next, >= 3 n + 1
    const uint64_t *dead;       // bitmap of removed rows, or NULL
} nahmi_segment;

// What a limit means for each table, see docs/explanation/search-index.md.
typedef struct {
    int limit;                       // bits
    int radius[NAHMI_WORDS];         // a row is looked up in table i within radius[i]; -1: never
    int pair_radius[NAHMI_WORDS];    // ... and only if words i and i + 1 differ by at most this
    unsigned probes;                 // buckets that one query visits
} nahmi_thresholds;

// Text order (bytes as in hexadecimal) to spread order. Spreading is a permutation of the 256
// bits, so it keeps distances; it puts neighbouring bits of a PDQ fingerprint, which are
// correlated, into different words.
void nahmi_spread_u256(const uint8_t *text_order, uint16_t *row);
void nahmi_unspread_u256(const uint16_t *row, uint8_t *text_order);

// Thresholds for `limit`, 0..NAHMI_MAX_LIMIT.
nahmi_thresholds nahmi_thresholds_for(int limit);

// Blocks of n rows, and entries in the directory of one table. block_bits: 1..NAHMI_BLOCK_BITS.
uint32_t nahmi_blocks(uint32_t n, unsigned block_bits);
size_t nahmi_directory_length(uint32_t n, unsigned block_bits);

// Fill the table of word `word` from n rows. directory: nahmi_directory_length; tags: n; ids: 3 n.
void nahmi_build_table(const uint16_t *rows, uint32_t n, unsigned block_bits, unsigned word,
                       uint32_t *directory, uint16_t *tags, uint8_t *ids);

// All rows of a segment within the limit of `query` (spread, 16 words), each once, in no order.
void nahmi_search_segment(nahmi_isa isa, const nahmi_segment *segment,
                          const nahmi_thresholds *thresholds, const uint16_t *query,
                          nahmi_emit emit, void *context);

// Rows at `first`, `first + stride` ... (bytes) within the limit of `query`, ascending.
void nahmi_scan_flat(nahmi_isa isa, const void *first, size_t stride, uint32_t n, int limit,
                     const uint16_t *query, nahmi_emit emit, void *context);

#ifdef __cplusplus
}
#endif
