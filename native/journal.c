// SPDX-License-Identifier: Apache-2.0
#include "journal.h"

#include <stddef.h>

static uint32_t crc_table[256];

__attribute__((constructor)) static void fill_crc_table(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
        crc_table[byte] = crc;
    }
}

uint32_t nahmi_record_checksum(const nahmi_record *record) {
    const uint8_t *bytes = (const uint8_t *)record;
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < offsetof(nahmi_record, state); i++)
        crc = crc >> 8 ^ crc_table[(crc ^ bytes[i]) & 0xFF];
    uint32_t said = record->state == NAHMI_DEAD ? NAHMI_LIVE : record->state;
    crc = crc >> 8 ^ crc_table[(crc ^ said) & 0xFF];
    return ~crc;
}

uint32_t nahmi_records_intact(const nahmi_record *records, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (records[i].state > NAHMI_WATERMARK ||
            records[i].checksum != nahmi_record_checksum(records + i))
            return i;
    return n;
}

static int contains(const uint64_t *keys, uint32_t m, uint64_t key) {
    while (m) {
        uint32_t half = m / 2;
        if (keys[half] == key) return 1;
        if (keys[half] < key) {
            keys += half + 1;
            m -= half + 1;
        } else {
            m = half;
        }
    }
    return 0;
}

uint32_t nahmi_records_kill(nahmi_record *records, uint32_t n, const uint64_t *keys, uint32_t m) {
    uint32_t killed = 0;
    for (uint32_t i = 0; i < n; i++)
        if (records[i].state == NAHMI_LIVE && contains(keys, m, records[i].key)) {
            __atomic_store_n(&records[i].state, NAHMI_DEAD, __ATOMIC_RELAXED);
            killed++;
        }
    return killed;
}
