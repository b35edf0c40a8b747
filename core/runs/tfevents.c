/* SPDX-License-Identifier: MIT */
/* Writes TensorBoard's event files.
 *
 * The file is a sequence of records (TensorFlow, core/lib/io/record_writer.h): uint64 length,
 * uint32 masked CRC-32C of length, the bytes, uint32 masked CRC-32C of the bytes all little-endian,
 * where masked(c) = rotate_right(c, 15) + 0xa282ead8 (core/lib/hash/crc32c.h). Each record is an
 * Event in the encoding of Protocol Buffers (core/util/event.proto and
 * core/framework/summary.proto), of which these fields are used: Event 1 wall_time: double 2 step:
 * int64 3 file_version: string 5 summary Summary 1 value, repeated Summary.Value 1 tag: string 2
 * simple_value: float The first event has only the file version. */
#include "runs/tfevents.h"

#include <math.h>
#include <string.h>

#include "base/file.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "numbers are written as they are in memory");

/* The wire types, in a field's key. */
enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_LENGTH = 2, WIRE_32 = 5 };

/* Room for keys, lengths and numbers: of an event, and of a value without its tag. */
enum { EVENT_ROOM = 64, VALUE_ROOM = 32 };

struct writer {
    FILE *stream;
    uint32_t table[256];   /* of CRC-32C */
    uint8_t *event, *next; /* the event being built */
};

/* CRC-32C (Castagnoli), its polynomial with the bits reversed. */
static void make_table(uint32_t table[256]) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t remainder = byte;
        for (int bit = 0; bit < 8; bit++) {
            remainder = remainder >> 1 ^ (remainder & 1 ? UINT32_C(0x82f63b78) : 0);
        }
        table[byte] = remainder;
    }
}

static uint32_t masked_crc(const struct writer *writer, const void *bytes, size_t size) {
    const uint8_t *byte = bytes;
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc = writer->table[(crc ^ byte[i]) & 0xff] ^ crc >> 8;
    }
    crc = ~crc;
    return (crc >> 15 | crc << 17) + UINT32_C(0xa282ead8);
}

/* Encoding ------------------------------------------------------------------------------------- */

static void put_varint(struct writer *writer, uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
        *writer->next++ = (uint8_t)(value | 0x80);
    }
    *writer->next++ = (uint8_t)value;
}

static void put_key(struct writer *writer, unsigned field, unsigned wire) {
    put_varint(writer, field << 3 | wire);
}

static void put_raw(struct writer *writer, const void *bytes, size_t size) {
    memcpy(writer->next, bytes, size);
    writer->next += size;
}

static void put_text(struct writer *writer, unsigned field, const char *text) {
    const size_t length = strlen(text);
    put_key(writer, field, WIRE_LENGTH);
    put_varint(writer, length);
    put_raw(writer, text, length);
}

static void begin_event(struct writer *writer, double wall_time) {
    writer->next = writer->event;
    put_key(writer, 1, WIRE_64);
    put_raw(writer, &wall_time, sizeof wall_time);
}

static size_t varint_size(uint64_t value) {
    size_t n = 1;
    for (; value >= 0x80; value >>= 7) {
        n++;
    }
    return n;
}

/* The size of a Summary.Value: two keys of one byte each, the tag, its length, the float. */
static size_t value_size(const char *tag) {
    const size_t length = strlen(tag);
    return 2 + varint_size(length) + length + sizeof(float);
}

static size_t summary_size(const struct metric_names *own, const struct metrics *row) {
    size_t size = 0;
    for (size_t i = 1; i < metric_count(own); i++) {
        if (!isnan(metric_value(row, i))) {
            const size_t value = value_size(metric_name(own, i));
            size += 1 + varint_size(value) + value;
        }
    }
    return size;
}

/* All except the iteration, which is the event's step. */
static void put_summary(struct writer *writer, const struct metric_names *own,
                        const struct metrics *row) {
    put_key(writer, 5, WIRE_LENGTH);
    put_varint(writer, summary_size(own, row));
    for (size_t i = 1; i < metric_count(own); i++) {
        const char *name = metric_name(own, i);
        const float value = (float)metric_value(row, i);
        if (isnan(value)) {
            continue;
        }
        put_key(writer, 1, WIRE_LENGTH);
        put_varint(writer, value_size(name));
        put_text(writer, 1, name);
        put_key(writer, 2, WIRE_32);
        put_raw(writer, &value, sizeof value);
    }
}

/* Writing -------------------------------------------------------------------------------------- */

static bool write_event(const struct writer *writer) {
    const uint64_t length = (uint64_t)(writer->next - writer->event);
    const uint32_t length_crc = masked_crc(writer, &length, sizeof length);
    const uint32_t crc = masked_crc(writer, writer->event, (size_t)length);
    return fwrite(&length, sizeof length, 1, writer->stream) == 1 &&
           fwrite(&length_crc, sizeof length_crc, 1, writer->stream) == 1 &&
           fwrite(writer->event, 1, (size_t)length, writer->stream) == length &&
           fwrite(&crc, sizeof crc, 1, writer->stream) == 1;
}

static bool write_events(struct writer *writer, const struct metrics_table *table, double start,
                         double seconds) {
    const uint64_t last = table->n > 0 ? table->rows[table->n - 1].iteration : 0;
    begin_event(writer, start);
    put_text(writer, 3, "brain.Event:2");
    bool is_written = write_event(writer);
    for (size_t i = 0; is_written && i < table->n; i++) {
        const struct metrics *row = &table->rows[i];
        const double share = last > 0 ? (double)row->iteration / (double)last : 0;
        begin_event(writer, start + seconds * share);
        put_key(writer, 2, WIRE_VARINT);
        put_varint(writer, row->iteration);
        put_summary(writer, &table->own, row);
        is_written = write_event(writer);
    }
    return is_written;
}

synrl_status tfevents_write(struct core *core, const char *path, const struct metrics_table *table,
                            double start, double seconds) {
    struct writer writer = {.stream = NULL};
    struct draft *draft;
    size_t room = EVENT_ROOM;
    for (size_t i = 0; i < metric_count(&table->own); i++) {
        room += strlen(metric_name(&table->own, i)) + VALUE_ROOM;
    }
    writer.event = core_alloc(core, room, 1);
    if (writer.event == NULL) {
        return SYNRL_NO_MEMORY;
    }
    synrl_status status = draft_begin(core, path, &draft);
    if (status == SYNRL_OK) {
        make_table(writer.table);
        writer.stream = draft_stream(draft);
        if (write_events(&writer, table, start, seconds)) {
            status = draft_commit(draft);
        } else {
            status = file_fail(core, path, "write");
            draft_abandon(draft);
        }
    }
    core_free(core, writer.event);
    return status;
}
