// SPDX-License-Identifier: Apache-2.0
// Records of the index's journal: changes that are not yet part of a segment.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// What a record says. Only NAHMI_LIVE turns into NAHMI_DEAD later; everything else is for good.
enum { NAHMI_LIVE = 0, NAHMI_DEAD = 1, NAHMI_REMOVE = 2, NAHMI_WATERMARK = 3 };

typedef struct {
    uint16_t row[16];  // spread; zero for NAHMI_REMOVE and NAHMI_WATERMARK
    uint64_t key;      // the signal's key, or the watermark itself
    uint32_t state;
    uint32_t checksum;  // CRC-32 of row, key and what the record said when it was written
} nahmi_record;

// CRC-32 as in zlib, for a record that was written with `state` (NAHMI_DEAD counts as NAHMI_LIVE).
uint32_t nahmi_record_checksum(const nahmi_record *record);

// How many of the first n records are whole: the number before the first that is not.
uint32_t nahmi_records_intact(const nahmi_record *records, uint32_t n);

// Mark the live records among the first n that carry one of `keys` (m of them, ascending) as dead;
// how many there were.
uint32_t nahmi_records_kill(nahmi_record *records, uint32_t n, const uint64_t *keys, uint32_t m);

#ifdef __cplusplus
}
#endif
