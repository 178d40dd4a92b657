/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the plan as JSON: an object per operation, with the same words as for people. wg-profile(1) lists the names.
 */

#include "apply/plan-json.h"

#include "system/json-text.h"

/* A stream into memory, whose text becomes a value. */
typedef struct Stream {
        FILE *f;
        char *text;
        size_t size;
} Stream;

static int stream_open(Stream *stream) {
        *stream = (Stream) {};
        stream->f = open_memstream(&stream->text, &stream->size);
        return stream->f ? 0 : -ENOMEM;
}

/* Returns NULL when there was no memory. */
static json_t *stream_close(Stream *stream) {
        json_t *json = fclose(stream->f) == 0 ? wgp_json_text(stream->text) : NULL;

        free(stream->text);
        return json;
}

static json_t *peers_json(const WgpDeviceChange *change) {
        json_t *peers = json_array();
        Stream stream;

        for (size_t i = 0; peers && i < change->n_peers; i++) {
                if (stream_open(&stream) >= 0) {
                        wgp_peer_change_format(change->peers + i, stream.f);
                        if (json_array_append_new(peers, stream_close(&stream)) >= 0)
                                continue;
                }
                json_decref(peers);
                return NULL;
        }
        return peers;
}

static json_t *operation_json(const WgpOperation *op) {
        json_t *json, *text;
        Stream stream;

        if (stream_open(&stream) < 0)
                return NULL;
        wgp_operation_format(op, stream.f);
        text = stream_close(&stream);
        json = json_pack("{s:o, s:o}", "operation", text, "reason", wgp_json_text(op->reason));
        if (json && op->type == WGP_OP_SET_DEVICE && json_object_set_new(json, "peers", peers_json(&op->device)) < 0) {
                json_decref(json);
                return NULL;
        }
        return json;
}

/* Writes the plan as an array. Returns 0, -ENOMEM, or -EIO when the stream failed. */
int wgp_plan_format_json(const WgpPlan *plan, FILE *f) {
        json_t *json = json_array();
        int r = json ? 0 : -ENOMEM;

        for (size_t i = 0; r == 0 && i < plan->n_operations; i++)
                if (json_array_append_new(json, operation_json(plan->operations + i)) < 0)
                        r = -ENOMEM;
        if (r == 0 && (json_dumpf(json, f, JSON_INDENT(2)) < 0 || fputc('\n', f) < 0))
                r = -EIO;
        json_decref(json);
        return r;
}
