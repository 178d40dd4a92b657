/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* JSON text: JSON is Unicode, but names of profiles and links, and text from files, may be any bytes. Pure. */

#include <jansson.h>

/* For records, which are read back. */
json_t *wgp_json_bytes(const char *s);
int wgp_json_set_bytes(json_t *o, const char *key, const char *s);
int wgp_json_bytes_parse(const json_t *value, char **ret);
int wgp_json_get_bytes(const json_t *o, const char *key, char **ret);

/* For people and their programs. */
json_t *wgp_json_text(const char *text);
