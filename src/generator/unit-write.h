/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Unit files: nothing else writes them. All paths are relative to the generator's output directory. */

#include "base/macro.h"

/* The drop-in of one instance. */
#define WGP_UNIT_DROPIN "50-wg-profile.conf"

/* The unit that makes an instance's key, and the drop-in that lets it encrypt that. */
#define WGP_UNIT_GENKEY_PREFIX "wg-profile-genkey@"
#define WGP_UNIT_GENKEY_DROPIN "50-wg-profile-encrypted.conf"

/* The unit of an instance's kill switch, and what wants it at boot. */
#define WGP_UNIT_EARLY_WANTS "sysinit.target.wants"
#define WGP_UNIT_KILL_SWITCH_DROPIN "50-wg-profile-uncertain.conf"
/* The unit of the resolver, and what lets it look into network namespaces. */
#define WGP_UNIT_RESOLVER_DIRECTORY "wg-profile-resolver.service.d"
#define WGP_UNIT_RESOLVER_NETNS WGP_UNIT_RESOLVER_DIRECTORY "/50-wg-profile-netns.conf"

int wgp_unit_write_dropin_directory(int directory_fd, const char *instance);
int wgp_unit_write_dropin(int directory_fd, const char *instance, const char *text);
int wgp_unit_write_snippet(int directory_fd, const char *instance, const char *link, const char *file);
int wgp_unit_write_resolver_netns(int directory_fd);
int wgp_unit_write_genkey(int directory_fd, const char *instance);
int wgp_unit_write_kill_switch(int directory_fd, const char *instance);
int wgp_unit_write_uncertain(int directory_fd, const char *instance);
int wgp_unit_write_directory(int directory_fd, const char *name);
int wgp_unit_write_wants(int directory_fd, const char *instance);
int wgp_unit_write_target(int directory_fd);
