/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the plan as JSON: an object per operation, with the same words as for people. wg-profile(1) lists the names.
 */

#include "apply/plan-json.h"

#include "system/json-text.h"

/* Returns NULL when there was no memory. */
static json_t *text_json(const WgpText *text) {
        return text->failed ? NULL : wgp_json_text(text->data);
}

static json_t *peers_json(const WgpDeviceChange *change) {
        json_t *peers = json_array();

        for (size_t i = 0; peers && i < change->n_peers; i++) {
                _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;

                wgp_peer_change_format(change->peers + i, &text);
                if (json_array_append_new(peers, text_json(&text)) < 0) {
                        json_decref(peers);
                        return NULL;
                }
        }
        return peers;
}

static json_t *operation_json(const WgpOperation *op) {
        _cleanup_(wgp_text_done) WgpText text = WGP_TEXT_NULL;
        json_t *json;

        wgp_operation_format(op, &text);
        json = json_pack("{s:o, s:o}", "operation", text_json(&text), "reason", wgp_json_text(op->reason));
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
