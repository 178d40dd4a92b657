/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan/plan*.c: golden plans. A row is two profiles: what is there and was recorded comes from the first, what is to
 * be from the second. "change" makes the difference that no profile can. */

#include "plan/plan.h"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "desired/record.h"
#include "model/dns.h"
#include "model/kernel-slot.h"
#include "model/prefix.h"
#include "model/value.h"
#include "network-of.h"

#define HOOKS "PostUp=c\nPreUp=a\nPostDown=f\nPreDown=e\nPreUp=b\nPostUp=d\n"

typedef struct States {
        WgpNetwork desired, actual, recorded;
        bool has_desired, has_record;
} States;

static void roam(States *s) {
        s->actual.device.peers[0].endpoint.in.sin_port = htons(4444);
}

static void roam_and_forget(States *s) {
        roam(s);
        s->has_record = false;
}

static void forget(States *s) {
        s->has_record = false;
}

static void lose_endpoint(States *s) {
        s->actual.device.peers[0].endpoint = (WgpSockaddr) {};
}

static void tell_twice(States *s) {
        WgpPeerState again = s->actual.device.peers[0];

        cr_assert(wgp_device_add_peer(&s->actual.device, again.public_key));
}

static void keep_secrets(States *s) {
        for (size_t i = 0; i < s->desired.device.n_peers; i++) {
                s->desired.device.peers[i].keep_preshared_key = true;
                memset(s->desired.device.peers[i].preshared_key, 0, WGP_KEY_SIZE);
        }
        s->desired.device.has_private_key = false;
}

static void set_by_hand(States *s) {
        s->actual.device.fwmark = 0x99;
        s->actual.device.listen_port = 4242;
        memset(s->actual.device.private_key, 7, WGP_KEY_SIZE);
}

static void lose_key(States *s) {
        memset(s->actual.device.private_key, 0, WGP_KEY_SIZE);
}

static void finish_hooks(States *s) {
        s->actual.hooks_done = s->recorded.hooks_done = true;
}

static void add_foreign(States *s) {
        WgpAddress *address = wgp_network_add_address(&s->actual);
        WgpRoute *route = wgp_network_add_route(&s->actual);
        WgpRule *rule = wgp_network_add_rule(&s->actual);

        *address = (WgpAddress) { .prefix = { .family = AF_INET, .length = 24, .bytes = { 10, 99, 0, 1 } } };
        *route = (WgpRoute) {
                .destination = { .family = AF_INET, .length = 24, .bytes = { 10, 99, 1 } },
                .table = RT_TABLE_MAIN,
                .type = RTN_UNICAST,
                .uses_device = true,
        };
        *rule = (WgpRule) { .family = AF_INET, .action = FR_ACT_TO_TBL, .table = 5, .priority = 5 };
}

static void take_down_and_shrink(States *s) {
        s->actual.link.up = false;
        s->actual.link.mtu = 1300;
}

static void lose_group(States *s) {
        s->actual.link.group = 0;
}

static void change_route_by_hand(States *s) {
        s->actual.routes[0].preferred_source = (WgpPrefix) { .family = AF_INET, .bytes = { 10, 0, 0, 1 } };
}

static void know_vrf(States *s) {
        s->desired.link.master = 9;
}

static void be_in_vrf(States *s) {
        know_vrf(s);
        s->actual.link.master = 9;
}

static void be_in_other_vrf(States *s) {
        know_vrf(s);
        s->actual.link.master = 8;
}

static void be_in_unwanted_vrf(States *s) {
        s->actual.link.master = 9;
}

static void lose_link(States *s) {
        wgp_device_done(&s->actual.device);
        s->actual.link = (WgpLink) {};
        s->actual.n_addresses = 0;
        s->actual.n_routes = 0;
}

static void name_twice(States *s) {
        WgpNetwork twice;

        cr_assert(wgp_record_merge(&s->recorded, &s->recorded, &twice) >= 0);
        for (size_t i = 0; i < s->recorded.n_routes; i++) /* of those it names once what it recognises */
                *wgp_network_add_route(&twice) = s->recorded.routes[i];
        wgp_network_done(&s->recorded);
        s->recorded = twice;
}

/* An interrupted run, or a repair. */
static void forget_services(States *s) {
        free(s->actual.zone);
        s->actual.zone = NULL;
        wgp_dns_done(&s->actual.dns);
}

/* resolvconf(8) was told. */
static void tell_resolvconf(States *s) {
        s->recorded.dns.resolvconf = strdup("tun.wg0");
        s->actual.dns.resolvconf = strdup("tun.wg0");
}

static void know_own_key(States *s) {
        memcpy(s->actual.device.public_key, s->desired.device.peers[0].public_key, WGP_KEY_SIZE);
}

static void flush_nft(States *s) {
        s->actual.filter = (WgpFilter) {};
        s->actual.valid_mark.value = 0;
}

static void move_port(States *s) {
        s->actual.device.listen_port = 50505;
}

static void lose_nft_rule(States *s) {
        s->actual.filter.digest++;
}

/* A table as it was before there was a name, or whose rule was deleted, or as a kernel without nft_socket has it. */
static void want_answers(States *s) {
        s->desired.filter.answers = true;
}

static void want_what_was_refused(States *s) {
        s->desired.filter.answers = s->recorded.filter.refused = true;
}

static void lose_rule_of_the_rest(States *s) {
        want_what_was_refused(s);
        lose_nft_rule(s);
}

static void forget_port(States *s) {
        s->actual.device.listen_port = 0;
        s->actual.link = (WgpLink) {};
}

static void set_valid_mark_before_us(States *s) {
        s->recorded.valid_mark.value = 1;
}

static void share_valid_mark(States *s) {
        s->recorded.valid_mark.wanted = false; /* wgp_routing_numbers_own() does this while another tunnel needs it */
}

static void switch_on(States *s) {
        s->actual.kill_switch = (WgpKillSwitchUse) { .on = true, .digest = 1 };
        s->desired.kill_switch = (WgpKillSwitchUse) { .on = true, .mark = s->desired.device.fwmark, .digest = 2 };
}

static void switch_on_in_place(States *s) {
        switch_on(s);
        s->actual.kill_switch.digest = s->desired.kill_switch.digest;
}

static void switch_on_with_mark(States *s) {
        s->actual.kill_switch = (WgpKillSwitchUse) { .on = true, .mark = 0xca6c, .digest = 1 };
}

static void switch_on_with_mark_before(States *s) {
        switch_on(s);
        s->actual.kill_switch.mark = s->actual.device.fwmark;
}

static void use_mark_77(States *s) {
        s->desired.device.fwmark = s->desired.filter.mark = 0x77;
        for (size_t i = 0; i < s->desired.n_rules; i++) {
                WgpRule *rule = s->desired.rules + i;

                rule->fwmark = rule->has_fwmark ? 0x77 : 0;
                rule->table = rule->table == 51820 ? 0x77 : rule->table;
        }
        for (size_t i = 0; i < s->desired.n_routes; i++)
                s->desired.routes[i].table = 0x77;
}

static void flush_rules_and_routes(States *s) {
        s->actual.n_rules = s->actual.n_routes = 0;
}

#define IF "[Interface]\n"
#define KEYFILE(wireguard, ipv4)                                                                           \
        "[connection]\ntype=wireguard\ninterface-name=wg0\n[wireguard]\nprivate-key=" KEY_P "\n" wireguard \
        "[ipv4]\nmethod=manual\naddress1=10.0.0.1/24\n" ipv4
#define PEER(key, more) "[Peer]\nPublicKey=" key "\n" more
#define VRF "[WgProfile]\nVrf=blue\n"
#define SERVICES(dns, zone) IF "DNS=" dns "\n[WgProfile]\nZone=" zone "\n"
#define FULL_TUNNEL IF PEER(KEY_A, "AllowedIPs=0.0.0.0/0\n")
#define DOWN_WITHOUT_NFT                                                                           \
        "delete rule ipv4 31997 not fwmark 0xca6c/0xffffffff lookup 51820: the tunnel goes down\n" \
        "delete rule ipv4 31996 lookup 254 suppress_prefixlength 0: the tunnel goes down\n"        \
        "delete route unreachable 0.0.0.0/0 table 51820 metric 4294967295: the tunnel goes down\n" \
        "delete link wg0: the tunnel goes down\n"                                                  \
        "delete rule ipv4 31000 fwmark 0xca6c/0xffffffff goto 31999: the tunnel goes down\n"       \
        "delete rule ipv4 31999 nop: the tunnel goes down\n"
#define DOWN DOWN_WITHOUT_NFT "delete nft table inet wg-profile-wg0: the tunnel goes down\n"

static const struct {
        const char *name;
        const char *before; /* NULL: nothing is there */
        const char *after;  /* NULL: down */
        void (*change)(States *s);
        const char *plan;
        size_t n_left_out;
} cases[] = {
        /* --- nothing to do --- */
        { "the same", FULL_TUNNEL, FULL_TUNNEL, .plan = "" },
        {
                        "another order of peers and allowed-ips",
                        IF PEER(KEY_A, "AllowedIPs=10.1.0.0/16, 10.2.0.0/16\n")
                                        PEER(KEY_B, "AllowedIPs=10.3.0.0/16\n"),
                        IF PEER(KEY_B, "AllowedIPs=10.3.0.0/16\n")
                                        PEER(KEY_A, "AllowedIPs=10.2.0.0/16, 10.1.0.0/16\n"),
                        .plan = "",
        },
        {
                        "a peer that roamed stays where it is",
                        IF PEER(KEY_A, "Endpoint=192.0.2.1:1\n"),
                        IF PEER(KEY_A, "Endpoint=192.0.2.1:1\n"),
                        roam,
                        "",
        },
        {
                        "key, port and mark that the profile does not state are not touched",
                        IF,
                        IF,
                        set_by_hand,
                        "",
        },
        {
                        "what somebody else added stays",
                        IF "Address=10.0.0.1/24\n",
                        IF "Address=10.0.0.1/24\n",
                        add_foreign,
                        "",
        },
        {
                        "secrets that cannot be read stay",
                        IF "PrivateKey=" KEY_P "\n" PEER(KEY_A, "PresharedKey=" KEY_S "\n"),
                        IF "PrivateKey=" KEY_P "\n" PEER(KEY_A, "PresharedKey=" KEY_S "\n"),
                        keep_secrets,
                        "",
        },
        {
                        "the tunnel's own key as a peer is what WireGuard ignores",
                        IF,
                        IF PEER(KEY_A, "AllowedIPs=10.0.0.0/32\n") "Endpoint=192.0.2.1:1\n",
                        know_own_key,
                        "add route 10.0.0.0/32 table 254: not there\n",
        },

        /* --- device --- */
        {
                        "key, port, mark",
                        IF "PrivateKey=" KEY_P "\nListenPort=1\nFwMark=1\n",
                        IF "PrivateKey=" KEY_Q "\nListenPort=2\nFwMark=2\n",
                        .plan = "set device private-key listen-port 2 fwmark 0x2: differs\n",
        },
        {
                        "a mark and a key that left the profile are taken back, the port stays",
                        IF "PrivateKey=" KEY_P "\nListenPort=1\nFwMark=1\n",
                        IF,
                        .plan = "set device private-key fwmark 0x0: differs\n",
        },
        {
                        "a key that nobody has recorded is somebody else's",
                        IF "PrivateKey=" KEY_P "\n",
                        IF,
                        forget,
                        "",
        },
        {
                        "a key that is gone already",
                        IF "PrivateKey=" KEY_P "\n",
                        IF,
                        lose_key,
                        "",
        },
        {
                        "a key that is to come from a credential stays",
                        IF "PrivateKey=" KEY_P "\n",
                        IF "PrivateKey=@key\n",
                        .plan = "",
        },
        {
                        "a mark that left the profile, and was changed by hand",
                        IF "FwMark=1\n",
                        IF,
                        set_by_hand,
                        "",
        },

        /* --- peers --- */
        {
                        "a new peer",
                        IF PEER(KEY_A, ""),
                        IF PEER(KEY_A, "") PEER(KEY_B, "PersistentKeepalive=5\nEndpoint=192.0.2.1:1\n"),
                        .plan = "set device 1 peer: differs\n"
                                "        add peer " KEY_B ", endpoint 192.0.2.1:1, keepalive 5\n",
        },
        {
                        "a peer that is gone",
                        IF PEER(KEY_A, "") PEER(KEY_B, "") PEER(KEY_C, ""),
                        IF PEER(KEY_B, ""),
                        .plan = "set device 2 peers: differs\n"
                                "        remove peer " KEY_A "\n"
                                "        remove peer " KEY_C "\n",
        },
        {
                        "peers that are gone, told in another order",
                        IF PEER(KEY_C, "") PEER(KEY_B, "") PEER(KEY_A, ""),
                        IF PEER(KEY_B, ""),
                        .plan = "set device 2 peers: differs\n"
                                "        remove peer " KEY_A "\n"
                                "        remove peer " KEY_C "\n",
        },
        {
                        "a peer that a daemon tells twice",
                        IF PEER(KEY_A, "") PEER(KEY_B, ""),
                        IF PEER(KEY_A, "") PEER(KEY_B, ""),
                        tell_twice,
                        "",
        },
        {
                        "all peers are gone: one flag",
                        IF PEER(KEY_A, "") PEER(KEY_B, ""),
                        IF,
                        .plan = "set device replace-peers: differs\n",
        },
        {
                        "all peers are others",
                        IF PEER(KEY_A, "") PEER(KEY_B, ""),
                        IF PEER(KEY_C, "AllowedIPs=10.0.0.0/32\n"),
                        .plan = "set device replace-peers 1 peer: differs\n"
                                "        add peer " KEY_C ", allowed-ips 10.0.0.0/32\n"
                                "add route 10.0.0.0/32 table 254: not there\n",
        },
        {
                        "preshared key and keepalive change",
                        IF PEER(KEY_A, "PresharedKey=" KEY_S "\nPersistentKeepalive=5\n"),
                        IF PEER(KEY_A, "PresharedKey=" KEY_Q "\nPersistentKeepalive=6\n"),
                        .plan = "set device 1 peer: differs\n"
                                "        change peer " KEY_A ", preshared key, keepalive 6\n",
        },
        {
                        "preshared key and keepalive leave the profile",
                        IF PEER(KEY_A, "PresharedKey=" KEY_S "\nPersistentKeepalive=5\n"),
                        IF PEER(KEY_A, ""),
                        .plan = "set device 1 peer: differs\n"
                                "        change peer " KEY_A ", no preshared key, keepalive 0\n",
        },
        {
                        "a new peer whose preshared key cannot be read is left out",
                        IF PEER(KEY_A, ""),
                        IF PEER(KEY_A, "") PEER(KEY_B, ""),
                        keep_secrets,
                        "",
                        1,
        },

        /* --- endpoints --- */
        {
                        "another endpoint in the profile wins over a roamed one",
                        IF PEER(KEY_A, "Endpoint=192.0.2.1:1\n"),
                        IF PEER(KEY_A, "Endpoint=192.0.2.2:1\n"),
                        roam,
                        "set device 1 peer: differs\n"
                        "        change peer " KEY_A ", endpoint 192.0.2.2:1\n",
        },
        {
                        "an endpoint that left the profile stays in the kernel",
                        IF PEER(KEY_A, "Endpoint=192.0.2.1:1\n"),
                        IF PEER(KEY_A, ""),
                        .plan = "",
        },
        {
                        "an endpoint that the kernel does not have",
                        IF PEER(KEY_A, "Endpoint=192.0.2.1:1\n"),
                        IF PEER(KEY_A, "Endpoint=192.0.2.1:1\n"),
                        lose_endpoint,
                        "set device 1 peer: differs\n"
                        "        change peer " KEY_A ", endpoint 192.0.2.1:1\n",
        },
        {
                        "without a record the profile's endpoint counts",
                        IF PEER(KEY_A, "Endpoint=192.0.2.1:1\n"),
                        IF PEER(KEY_A, "Endpoint=192.0.2.1:1\n"),
                        roam_and_forget,
                        "set device 1 peer: differs\n"
                        "        change peer " KEY_A ", endpoint 192.0.2.1:1\n",
        },

        /* --- allowed-ips --- */
        {
                        "more of them: only those are sent",
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n"),
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16, 10.3.0.0/16, 10.2.0.0/16\n"),
                        .plan = "set device 1 peer: differs\n"
                                "        change peer " KEY_A ", more allowed-ips 10.2.0.0/16 10.3.0.0/16\n",
        },
        {
                        "fewer of them: the whole set",
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16, 10.2.0.0/16\n"),
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16, 10.3.0.0/16\n"),
                        .plan = "set device 1 peer: differs\n"
                                "        change peer " KEY_A ", allowed-ips 10.1.0.0/16 10.3.0.0/16\n",
        },
        {
                        "none left: cleared",
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n"),
                        IF "Table=off\n" PEER(KEY_A, ""),
                        .plan = "set device 1 peer: differs\n"
                                "        change peer " KEY_A ", no allowed-ips\n",
        },
        {
                        "moved to another peer: that one takes it, nothing to send to the first",
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16, 10.2.0.0/16\n") PEER(KEY_B, ""),
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n")
                                        PEER(KEY_B, "AllowedIPs=10.2.0.0/16\n"),
                        .plan = "set device 1 peer: differs\n"
                                "        change peer " KEY_B ", more allowed-ips 10.2.0.0/16\n",
        },
        {
                        "swapped",
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n")
                                        PEER(KEY_B, "AllowedIPs=10.2.0.0/16\n"),
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.2.0.0/16\n")
                                        PEER(KEY_B, "AllowedIPs=10.1.0.0/16\n"),
                        .plan = "set device 2 peers: differs\n"
                                "        change peer " KEY_A ", more allowed-ips 10.2.0.0/16\n"
                                "        change peer " KEY_B ", more allowed-ips 10.1.0.0/16\n",
        },
        {
                        "one moved, one gone: the gaining peer first",
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/16\n")
                                        PEER(KEY_B, ""),
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n")
                                        PEER(KEY_B, "AllowedIPs=10.2.0.0/16\n"),
                        .plan = "set device 2 peers: differs\n"
                                "        change peer " KEY_B ", more allowed-ips 10.2.0.0/16\n"
                                "        change peer " KEY_A ", allowed-ips 10.1.0.0/16\n",
        },
        {
                        "moved to a new peer that is left out, since its preshared key cannot be read: taken away",
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16, 10.2.0.0/16\n"),
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n")
                                        PEER(KEY_B, "AllowedIPs=10.2.0.0/16\n"),
                        keep_secrets,
                        "set device 1 peer: differs\n"
                        "        change peer " KEY_A ", allowed-ips 10.1.0.0/16\n",
                        1,
        },
        {
                        "moved to a peer that is there, whose preshared key cannot be read: that one takes it",
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16, 10.2.0.0/16\n") PEER(KEY_B, ""),
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n")
                                        PEER(KEY_B, "AllowedIPs=10.2.0.0/16\n"),
                        keep_secrets,
                        "set device 1 peer: differs\n"
                        "        change peer " KEY_B ", more allowed-ips 10.2.0.0/16\n",
        },
        {
                        "moved to the tunnel's own key, which WireGuard ignores: taken away",
                        IF "Table=off\n" PEER(KEY_B, "AllowedIPs=10.1.0.0/16, 10.2.0.0/16\n"),
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.2.0.0/16\n")
                                        PEER(KEY_B, "AllowedIPs=10.1.0.0/16\n"),
                        know_own_key,
                        "set device 1 peer: differs\n"
                        "        change peer " KEY_B ", allowed-ips 10.1.0.0/16\n",
        },
        {
                        "a peer gets a new key: the new one takes the prefix before the old one goes",
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n") PEER(KEY_C, ""),
                        IF "Table=off\n" PEER(KEY_B, "AllowedIPs=10.1.0.0/16\n") PEER(KEY_C, ""),
                        .plan = "set device 2 peers: differs\n"
                                "        add peer " KEY_B ", allowed-ips 10.1.0.0/16\n"
                                "        remove peer " KEY_A "\n",
        },

        /* --- link, addresses, routes, rules --- */
        {
                        "the link was taken down and its MTU changed",
                        IF "MTU=1400\n",
                        IF "MTU=1400\n",
                        take_down_and_shrink,
                        "set link wg0 mtu 1400 up: differs\n",
        },
        { "the link is in its VRF", IF VRF, IF VRF, be_in_vrf, "" },
        { "the link was taken out of its VRF", IF VRF, IF VRF, know_vrf, "set link wg0 vrf blue: differs\n" },
        { "the link was put into another VRF", IF VRF, IF VRF, be_in_other_vrf, "set link wg0 vrf blue: differs\n" },
        { "the VRF is gone: nothing can be done", IF VRF, IF VRF, .plan = "" },
        { "somebody put the link into a VRF", IF, IF, be_in_unwanted_vrf, "" },
        { "the link's group", IF, IF, lose_group, "set link wg0 group 0x77677001: differs\n" },
        {
                        "addresses: new ones before old ones go",
                        IF "Address=10.0.0.1/24, fd00::1/64\n",
                        IF "Address=10.0.1.1/24, fd00::1/64\n",
                        .plan = "add address 10.0.1.1/24: not there\n"
                                "delete address 10.0.0.1/24: no longer in the profile\n",
        },
        {
                        "IPv4 has one address under two lengths, IPv6 cannot",
                        IF "Address=10.0.0.1/24, fd00::1/64\n",
                        IF "Address=10.0.0.1/32, fd00::1/128\n",
                        .plan = "add address 10.0.0.1/32: not there\n"
                                "delete address fd00::1/64: differs\n"
                                "add address fd00::1/128: differs\n"
                                "delete address 10.0.0.1/24: no longer in the profile\n",
        },
        {
                        "an address that an unfinished run recorded twice",
                        IF "Address=10.0.0.1/24\n",
                        IF,
                        name_twice,
                        "delete address 10.0.0.1/24: no longer in the profile\n",
        },
        {
                        "without a record nothing is deleted but peers",
                        IF "Address=10.0.0.1/24\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n"),
                        IF,
                        forget,
                        "set device replace-peers: differs\n",
        },
        {
                        "routes: added, then deleted",
                        IF PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n"),
                        IF PEER(KEY_A, "AllowedIPs=10.2.0.0/16\n"),
                        .plan = "set device 1 peer: differs\n"
                                "        change peer " KEY_A ", allowed-ips 10.2.0.0/16\n"
                                "add route 10.2.0.0/16 table 254: not there\n"
                                "delete route 10.1.0.0/16 table 254: no longer in the profile\n",
        },
        {
                        "a route that somebody changed is replaced in place",
                        IF PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n"),
                        IF PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n"),
                        change_route_by_hand,
                        "replace route 10.1.0.0/16 table 254: differs\n",
        },
        {
                        "split to full tunnel",
                        IF PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n"),
                        FULL_TUNNEL,
                        .plan = "add rule ipv4 31999 nop: not there\n"
                                "add rule ipv4 31000 fwmark 0xca6c/0xffffffff goto 31999: not there\n"
                                "set sysctl net.ipv4.conf.all.src_valid_mark 1: not set\n"
                                "set nft table inet wg-profile-wg0 port 40404 mark 0xca6c: not there\n"
                                "set device fwmark 0xca6c 1 peer: differs\n"
                                "        change peer " KEY_A ", allowed-ips 0.0.0.0/0\n"
                                "add route 0.0.0.0/0 table 51820: not there\n"
                                "add route unreachable 0.0.0.0/0 table 51820 metric 4294967295: not there\n"
                                "add rule ipv4 31996 lookup 254 suppress_prefixlength 0: not there\n"
                                "add rule ipv4 31997 not fwmark 0xca6c/0xffffffff lookup 51820: not there\n"
                                "delete route 10.1.0.0/16 table 254: no longer in the profile\n",
        },
        {
                        "full to split tunnel, recorded twice by an unfinished run",
                        FULL_TUNNEL,
                        IF PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n"),
                        name_twice,
                        "set device 1 peer: differs\n"
                        "        change peer " KEY_A ", allowed-ips 10.1.0.0/16\n"
                        "add route 10.1.0.0/16 table 254: not there\n"
                        "delete rule ipv4 31997 not fwmark 0xca6c/0xffffffff lookup 51820: no longer in the profile\n"
                        "delete rule ipv4 31996 lookup 254 suppress_prefixlength 0: no longer in the profile\n"
                        "set device fwmark 0x0: differs\n"
                        "delete rule ipv4 31000 fwmark 0xca6c/0xffffffff goto 31999: no longer in the profile\n"
                        "delete rule ipv4 31999 nop: no longer in the profile\n"
                        "delete route 0.0.0.0/0 table 51820: no longer in the profile\n"
                        "delete route unreachable 0.0.0.0/0 table 51820 metric 4294967295: no longer in the profile\n"
                        "delete nft table inet wg-profile-wg0: no longer in the profile\n"
                        "set sysctl net.ipv4.conf.all.src_valid_mark 0: no longer in the profile\n",
        },

        /* --- the mark, of which rules know --- */
        {
                        "full to split tunnel with another mark, in a kill switch: both wait for the rules",
                        FULL_TUNNEL,
                        IF "FwMark=0x77\nTable=off\n" PEER(KEY_A, "AllowedIPs=0.0.0.0/0\n"),
                        switch_on_with_mark_before,
                        "delete rule ipv4 31997 not fwmark 0xca6c/0xffffffff lookup 51820: no longer in the profile\n"
                        "delete rule ipv4 31996 lookup 254 suppress_prefixlength 0: no longer in the profile\n"
                        "set kill switch link wg0 mark 0x77: differs\n"
                        "set device fwmark 0x77: differs\n"
                        "delete rule ipv4 31000 fwmark 0xca6c/0xffffffff goto 31999: no longer in the profile\n"
                        "delete rule ipv4 31999 nop: no longer in the profile\n"
                        "delete route 0.0.0.0/0 table 51820: no longer in the profile\n"
                        "delete route unreachable 0.0.0.0/0 table 51820 metric 4294967295: no longer in the profile\n"
                        "delete nft table inet wg-profile-wg0: no longer in the profile\n"
                        "set sysctl net.ipv4.conf.all.src_valid_mark 0: no longer in the profile\n",
        },
        {
                        "full tunnel with another mark: skipped by then, before the first rule that would send it into the tunnel",
                        FULL_TUNNEL,
                        FULL_TUNNEL,
                        use_mark_77,
                        "add rule ipv4 31000 fwmark 0x77/0xffffffff goto 31999: not there\n"
                        "set nft table inet wg-profile-wg0 port 40404 mark 0x77: differs\n"
                        "set device fwmark 0x77: differs\n"
                        "add route 0.0.0.0/0 table 119: not there\n"
                        "add route unreachable 0.0.0.0/0 table 119 metric 4294967295: not there\n"
                        "add rule ipv4 31997 not fwmark 0x77/0xffffffff lookup 119: not there\n"
                        "delete rule ipv4 31997 not fwmark 0xca6c/0xffffffff lookup 51820: no longer in the profile\n"
                        "delete rule ipv4 31000 fwmark 0xca6c/0xffffffff goto 31999: no longer in the profile\n"
                        "delete route 0.0.0.0/0 table 51820: no longer in the profile\n"
                        "delete route unreachable 0.0.0.0/0 table 51820 metric 4294967295: no longer in the profile\n",
        },
        {
                        "another mark, which is skipped for one of two families only",
                        IF "Table=auto\n" PEER(KEY_A, "AllowedIPs=0.0.0.0/0, ::/0\n"),
                        IF "Table=auto\n" PEER(KEY_A, "AllowedIPs=::/0\n"),
                        use_mark_77,
                        "add rule ipv6 31000 fwmark 0x77/0xffffffff goto 31999: not there\n"
                        "set device 1 peer: differs\n"
                        "        change peer " KEY_A ", allowed-ips ::/0\n"
                        "add route ::/0 table 119: not there\n"
                        "add route unreachable ::/0 table 119 metric 4294967295: not there\n"
                        "add rule ipv6 31997 not fwmark 0x77/0xffffffff lookup 119: not there\n"
                        "delete rule ipv6 31997 not fwmark 0xca6c/0xffffffff lookup 51820: no longer in the profile\n"
                        "delete rule ipv4 31997 not fwmark 0xca6c/0xffffffff lookup 51820: no longer in the profile\n"
                        "delete rule ipv4 31996 lookup 254 suppress_prefixlength 0: no longer in the profile\n"
                        "set nft table inet wg-profile-wg0 port 40404 mark 0x77: differs\n"
                        "set device fwmark 0x77: differs\n"
                        "delete rule ipv6 31000 fwmark 0xca6c/0xffffffff goto 31999: no longer in the profile\n"
                        "delete rule ipv4 31000 fwmark 0xca6c/0xffffffff goto 31999: no longer in the profile\n"
                        "delete rule ipv4 31999 nop: no longer in the profile\n"
                        "delete route 0.0.0.0/0 table 51820: no longer in the profile\n"
                        "delete route unreachable 0.0.0.0/0 table 51820 metric 4294967295: no longer in the profile\n"
                        "delete route ::/0 table 51820: no longer in the profile\n"
                        "delete route unreachable ::/0 table 51820 metric 4294967295: no longer in the profile\n"
                        "set sysctl net.ipv4.conf.all.src_valid_mark 0: no longer in the profile\n",
        },
        {
                        "the profile's own rule knows the mark",
                        KEYFILE("fwmark=1\n", "routing-rule1=priority 5 not fwmark 1 from 0.0.0.0/0 table 300\n"),
                        KEYFILE("", ""),
                        NULL,
                        "delete rule ipv4 5 not fwmark 0x1/0xffffffff lookup 300: no longer in the profile\n"
                        "set device fwmark 0x0: differs\n",
        },
        {
                        "the profile's own rule knows a mark, but neither the former nor the next one",
                        KEYFILE("fwmark=1\n", "routing-rule1=priority 5 fwmark 2 from 0.0.0.0/0 table 300\n"),
                        KEYFILE("", ""),
                        NULL,
                        "set device fwmark 0x0: differs\n"
                        "delete rule ipv4 5 fwmark 0x2/0xffffffff lookup 300: no longer in the profile\n",
        },
        {
                        "the rules are gone already",
                        FULL_TUNNEL,
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=0.0.0.0/0\n"),
                        flush_rules_and_routes,
                        "set device fwmark 0x0: differs\n"
                        "delete nft table inet wg-profile-wg0: no longer in the profile\n"
                        "set sysctl net.ipv4.conf.all.src_valid_mark 0: no longer in the profile\n",
        },

        /* --- nft table and sysctl --- */
        {
                        "the table is gone, and the sysctl set back",
                        FULL_TUNNEL,
                        FULL_TUNNEL,
                        flush_nft,
                        "set sysctl net.ipv4.conf.all.src_valid_mark 1: not set\n"
                        "set nft table inet wg-profile-wg0 port 40404 mark 0xca6c: not there\n",
        },
        {
                        "a rule of the table is gone",
                        FULL_TUNNEL,
                        FULL_TUNNEL,
                        lose_nft_rule,
                        "set nft table inet wg-profile-wg0 port 40404 mark 0xca6c: differs\n",
        },
        {
                        "an endpoint is a name now",
                        FULL_TUNNEL,
                        FULL_TUNNEL,
                        want_answers,
                        "set nft table inet wg-profile-wg0 port 40404 mark 0xca6c, answers of name servers: differs\n",
        },
        { "the kernel has refused that rule", FULL_TUNNEL, FULL_TUNNEL, want_what_was_refused, "" },
        {
                        "the kernel has refused that rule, and another one is gone",
                        FULL_TUNNEL,
                        FULL_TUNNEL,
                        lose_rule_of_the_rest,
                        "set nft table inet wg-profile-wg0 port 40404 mark 0xca6c, answers of name servers: differs\n",
        },
        {
                        "the device's own port changed by hand",
                        FULL_TUNNEL,
                        FULL_TUNNEL,
                        move_port,
                        "set nft table inet wg-profile-wg0 port 50505 mark 0xca6c: differs\n",
        },
        {
                        "the profile states a port, and more addresses: the table follows",
                        FULL_TUNNEL,
                        IF "ListenPort=7\nAddress=10.0.0.1/24, fd00::1/64\n" PEER(KEY_A, "AllowedIPs=0.0.0.0/0\n"),
                        .plan = "set nft table inet wg-profile-wg0 address 10.0.0.1 fd00::1 port 7 mark 0xca6c: differs\n"
                                "set device listen-port 7: differs\n"
                                "add address 10.0.0.1/24: not there\n"
                                "add address fd00::1/64: not there\n",
        },
        {
                        "a link that is made anew: the table, too, with the port that it will have",
                        FULL_TUNNEL,
                        FULL_TUNNEL,
                        forget_port,
                        "create link wg0 type wireguard: not there\n"
                        "set link wg0 group 0x77677001 up: not there\n"
                        "set nft table inet wg-profile-wg0 mark 0xca6c: differs\n",
        },
        {
                        "IPv6 alone does not need the sysctl",
                        IF,
                        IF PEER(KEY_A, "AllowedIPs=::/0\n"),
                        .plan = "add rule ipv6 31999 nop: not there\n"
                                "add rule ipv6 31000 fwmark 0xca6c/0xffffffff goto 31999: not there\n"
                                "set nft table inet wg-profile-wg0 port 40404 mark 0xca6c: not there\n"
                                "set device fwmark 0xca6c 1 peer: differs\n"
                                "        add peer " KEY_A ", allowed-ips ::/0\n"
                                "add route ::/0 table 51820: not there\n"
                                "add route unreachable ::/0 table 51820 metric 4294967295: not there\n"
                                "add rule ipv6 31996 lookup 254 suppress_prefixlength 0: not there\n"
                                "add rule ipv6 31997 not fwmark 0xca6c/0xffffffff lookup 51820: not there\n",
        },

        /* --- kill switch --- */
        {
                        "a kill switch that does not know the tunnel",
                        FULL_TUNNEL,
                        FULL_TUNNEL,
                        switch_on,
                        "set kill switch link wg0 mark 0xca6c: differs\n",
        },
        {
                        "a kill switch that does",
                        FULL_TUNNEL,
                        FULL_TUNNEL,
                        switch_on_in_place,
                        "",
        },
        {
                        "before the peers are there",
                        IF,
                        FULL_TUNNEL,
                        switch_on,
                        "add rule ipv4 31999 nop: not there\n"
                        "add rule ipv4 31000 fwmark 0xca6c/0xffffffff goto 31999: not there\n"
                        "set sysctl net.ipv4.conf.all.src_valid_mark 1: not set\n"
                        "set nft table inet wg-profile-wg0 port 40404 mark 0xca6c: not there\n"
                        "set kill switch link wg0 mark 0xca6c: differs\n"
                        "set device fwmark 0xca6c 1 peer: differs\n"
                        "        add peer " KEY_A ", allowed-ips 0.0.0.0/0\n"
                        "add route 0.0.0.0/0 table 51820: not there\n"
                        "add route unreachable 0.0.0.0/0 table 51820 metric 4294967295: not there\n"
                        "add rule ipv4 31996 lookup 254 suppress_prefixlength 0: not there\n"
                        "add rule ipv4 31997 not fwmark 0xca6c/0xffffffff lookup 51820: not there\n",
        },
        {
                        "a kill switch makes a split tunnel have a mark",
                        NULL,
                        IF PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n") "[WgProfile]\nKillSwitch=yes\n",
                        .plan = "create link wg0 type wireguard: not there\n"
                                "set device fwmark 0xca6c 1 peer: not there\n"
                                "        add peer " KEY_A ", allowed-ips 10.1.0.0/16\n"
                                "set link wg0 group 0x77677001 up: not there\n"
                                "add route 10.1.0.0/16 table 254: not there\n",
        },

        /* --- DNS and zone --- */
        {
                        "the zone before the link is up, DNS after the routes",
                        NULL,
                        IF "DNS=10.0.0.2, a.example\n[WgProfile]\nZone=\n" PEER(KEY_A, "AllowedIPs=10.0.0.0/24\n"),
                        .plan = "create link wg0 type wireguard: not there\n"
                                "set firewalld's default zone: not there\n"
                                "set device 1 peer: not there\n"
                                "        add peer " KEY_A ", allowed-ips 10.0.0.0/24\n"
                                "set link wg0 group 0x77677001 up: not there\n"
                                "add route 10.0.0.0/24 table 254: not there\n"
                                "set dns 10.0.0.2 domain a.example default-route no: not there\n",
        },
        { "the same DNS and zone", SERVICES("10.0.0.2", "work"), SERVICES("10.0.0.2", "work"), .plan = "" },
        {
                        "other DNS and zone",
                        SERVICES("10.0.0.2", "work"),
                        SERVICES("10.0.0.2, 10.0.0.3", ""),
                        .plan = "set firewalld's default zone: differs\n"
                                "set dns 10.0.0.2 10.0.0.3 domain ~. default-route yes: differs\n",
        },
        {
                        "no DNS and zone any more",
                        SERVICES("10.0.0.2", "work"),
                        IF,
                        .plan = "revert dns: no longer in the profile\n"
                                "remove from firewalld zone work: no longer in the profile\n",
        },
        {
                        "not known what was told",
                        SERVICES("10.0.0.2", "work"),
                        SERVICES("10.0.0.2", "work"),
                        forget_services,
                        "set firewalld zone work: not there\n"
                        "set dns 10.0.0.2 domain ~. default-route yes: not there\n",
        },
        {
                        "not known, and not wanted any more",
                        SERVICES("10.0.0.2", "work"),
                        IF,
                        forget_services,
                        "revert dns: no longer in the profile\n"
                        "remove from firewalld zone work: no longer in the profile\n",
        },
        {
                        "systemd-resolved instead of resolvconf",
                        IF "DNS=10.0.0.2\n",
                        IF "DNS=10.0.0.2\n",
                        tell_resolvconf,
                        "set dns 10.0.0.2 domain ~. default-route yes: differs\n"
                        "revert dns resolvconf tun.wg0: no longer in the profile\n",
        },
        {
                        "down: what systemd-resolved was told goes with the link",
                        SERVICES("10.0.0.2", "work"),
                        NULL,
                        .plan = "delete link wg0: the tunnel goes down\n"
                                "remove from firewalld zone work: the tunnel goes down\n",
        },
        {
                        "down: what resolvconf was told does not",
                        SERVICES("10.0.0.2", "work"),
                        NULL,
                        tell_resolvconf,
                        "revert dns resolvconf tun.wg0: the tunnel goes down\n"
                        "delete link wg0: the tunnel goes down\n"
                        "remove from firewalld zone work: the tunnel goes down\n",
        },

        /* --- down --- */
        {
                        "down: the kill switch stays, and lets no mark pass",
                        FULL_TUNNEL,
                        NULL,
                        switch_on_with_mark,
                        DOWN "set sysctl net.ipv4.conf.all.src_valid_mark 0: the tunnel goes down\n"
                             "set kill switch link wg0: the tunnel goes down\n",
        },
        {
                        "down: the kill switch does already",
                        FULL_TUNNEL,
                        NULL,
                        switch_on,
                        DOWN "set sysctl net.ipv4.conf.all.src_valid_mark 0: the tunnel goes down\n",
        },
        {
                        "down: what is not bound to the link, and the link",
                        FULL_TUNNEL,
                        NULL,
                        add_foreign,
                        DOWN "set sysctl net.ipv4.conf.all.src_valid_mark 0: the tunnel goes down\n",
        },
        {
                        "down: the sysctl was set before us",
                        FULL_TUNNEL,
                        NULL,
                        set_valid_mark_before_us,
                        DOWN,
        },
        {
                        "down: another tunnel needs the sysctl",
                        FULL_TUNNEL,
                        NULL,
                        share_valid_mark,
                        DOWN,
        },
        {
                        "down: somebody flushed the tables and set the sysctl back",
                        FULL_TUNNEL,
                        NULL,
                        flush_nft,
                        DOWN_WITHOUT_NFT,
        },
        {
                        "down without a record: the link",
                        FULL_TUNNEL,
                        NULL,
                        forget,
                        "delete link wg0: the tunnel goes down\n",
        },
        {
                        "down after the link went",
                        IF "Address=10.0.0.1/24\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n"),
                        NULL,
                        lose_link,
                        "",
        },
        { "down when all is gone", NULL, NULL, .plan = "" },

        /* --- up again --- */
        {
                        "the link went: everything anew",
                        IF "Address=10.0.0.1/24\n" PEER(KEY_A, "Endpoint=192.0.2.1:1\n"),
                        IF "Address=10.0.0.1/24\n" PEER(KEY_A, "Endpoint=192.0.2.1:1\n"),
                        lose_link,
                        "create link wg0 type wireguard: not there\n"
                        "set device 1 peer: not there\n"
                        "        add peer " KEY_A ", endpoint 192.0.2.1:1\n"
                        "add address 10.0.0.1/24: not there\n"
                        "set link wg0 group 0x77677001 up: not there\n",
        },

        /* --- hooks --- */
        {
                        "PreUp when there is a link, PostUp last, in the order of the file",
                        NULL,
                        IF HOOKS PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n"),
                        NULL,
                        "create link wg0 type wireguard: not there\n"
                        "run PreUp of wg0:3: the tunnel comes up\n"
                        "run PreUp of wg0:6: the tunnel comes up\n"
                        "set device 1 peer: not there\n"
                        "        add peer " KEY_A ", allowed-ips 10.1.0.0/16\n"
                        "set link wg0 group 0x77677001 up: not there\n"
                        "add route 10.1.0.0/16 table 254: not there\n"
                        "run PostUp of wg0:2: the tunnel comes up\n"
                        "run PostUp of wg0:7: the tunnel comes up\n",
        },
        {
                        "hooks of a run that was killed on the way",
                        IF "PreUp=a\n",
                        IF "PreUp=a\n",
                        NULL,
                        "run PreUp of wg0:2: the tunnel comes up\n",
        },
        { "hooks once only, also when others are in the profile", IF HOOKS, IF "PreUp=x\n", finish_hooks, "" },
        { "Hooks=no", NULL, IF HOOKS "[WgProfile]\nHooks=no\n", NULL,
                        "create link wg0 type wireguard: not there\n"
                        "set link wg0 group 0x77677001 up: not there\n" },
        { "those of the end are not in the plan: they do not depend on what is there", IF HOOKS, NULL, finish_hooks,
                        "delete link wg0: the tunnel goes down\n" },
};

static const WgpNetwork nothing;
static const WgpRecordInput nothing_before = { &nothing, &nothing, &nothing };

static void states_done(States *s) {
        wgp_network_done(&s->desired);
        wgp_network_done(&s->actual);
        wgp_network_done(&s->recorded);
}

static States states_of(size_t i) {
        States s = { .has_record = true, .has_desired = cases[i].after };

        if (cases[i].after)
                s.desired = network_of(cases[i].after);
        if (cases[i].before) {
                s.actual = actual_of(cases[i].before);
                cr_assert(wgp_record_build(&s.actual, &nothing_before, &s.recorded) >= 0);
        }
        if (cases[i].change)
                cases[i].change(&s);
        return s;
}

Test(plan, cases) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                States s = states_of(i);
                WgpPlan plan = WGP_PLAN_NULL;
                char *text;

                cr_assert(wgp_plan_build(s.has_desired ? &s.desired : NULL, &s.actual,
                                          s.has_record ? &s.recorded : NULL, &plan) >= 0);
                text = text_of_plan(&plan);
                cr_expect_str_eq(text, cases[i].plan, "case '%s':\n%s", cases[i].name, text);
                cr_expect_eq(plan.n_left_out, cases[i].n_left_out, "case '%s'", cases[i].name);
                free(text);
                wgp_plan_done(&plan);
                states_done(&s);
        }
}

/* A link that is put into a VRF loses addresses and routes on the way, unless it has just been made. */
Test(plan, side_effects) {
        static const struct {
                const char *before, *after;
                bool in_vrf, expected;
        } rows[] = {
                { IF VRF, IF VRF, true, false },
                { IF VRF, IF VRF, false, true },
                { NULL, IF VRF, false, false },
                { IF "Address=10.0.0.1/24\n", IF, false, true },
                { IF "Address=fd00::1/64\n", IF, false, false },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                WgpNetwork actual = rows[i].before ? actual_of(rows[i].before) : WGP_NETWORK_NULL;
                WgpNetwork desired = network_of(rows[i].after);
                WgpPlan plan;

                desired.link.master = desired.link.master_name[0] ? 9 : 0;
                actual.link.master = rows[i].in_vrf ? 9 : 0;
                cr_assert(wgp_plan_build(&desired, &actual, &actual, &plan) >= 0);
                cr_expect_eq(wgp_plan_has_side_effects(&plan), rows[i].expected, "row %zu", i);
                wgp_plan_done(&plan);
                wgp_network_done(&actual);
                wgp_network_done(&desired);
        }
}

/* What the text does not show: existing peers are never created again. */
Test(plan, flags) {
        static const char before[] =
                        IF "Table=off\n" PEER(KEY_A, "AllowedIPs=10.1.0.0/16\n") PEER(KEY_B, "") PEER(KEY_C, "");
        static const char after[] = IF "Table=off\n" PEER(KEY_A, "") PEER(KEY_P, "") PEER(KEY_C, "");
        WgpNetwork actual = actual_of(before), desired = network_of(after);
        WgpPlan plan;
        const WgpDeviceChange *change;

        cr_assert(wgp_plan_build(&desired, &actual, NULL, &plan) >= 0);
        cr_assert_eq(plan.n_operations, 1);
        change = &plan.operations[0].device;
        cr_assert_eq(change->n_peers, 3);
        cr_expect(!change->peers[0].update_only && !change->peers[0].remove, "a new peer");
        cr_expect(change->peers[1].update_only && change->peers[1].replace_allowed_ips, "a changed peer");
        cr_expect(change->peers[2].remove, "a removed peer");
        wgp_plan_done(&plan);
        wgp_network_done(&actual);
        wgp_network_done(&desired);
}

/* Linear-ish: ten thousand peers with a route each, one of them changed. */
Test(plan, many, .timeout = 20) {
        enum {
                N = 10000,
        };
        WgpNetwork networks[2] = {}; /* actual, desired */
        WgpPlan plan;

        for (uint32_t i = 0; i < N; i++)
                for (int j = 0; j < 2; j++) {
                        uint8_t key[WGP_KEY_SIZE] = { (uint8_t) i, (uint8_t) (i >> 8), 1 };
                        WgpPrefix prefix = { .family = AF_INET, .length = 32, .in.s_addr = htonl(0x0a000000 + i) };
                        WgpPeerState *peer = wgp_device_add_peer(&networks[j].device, key);
                        WgpRoute *route = wgp_network_add_route(networks + j);

                        cr_assert(peer && route && wgp_peer_state_add_allowed_ip(peer, &prefix) >= 0);
                        *route = (WgpRoute) {
                                .destination = prefix, .table = RT_TABLE_MAIN, .type = RTN_UNICAST, .uses_device = true
                        };
                }
        networks[0].link.ifindex = 7;
        networks[1].device.peers[N / 2].keepalive = 25;

        cr_assert(wgp_plan_build(networks + 1, networks, networks, &plan) >= 0);
        cr_assert_eq(plan.n_operations, 1);
        cr_expect_eq(plan.operations[0].device.n_peers, 1);
        wgp_plan_done(&plan);
        wgp_network_done(networks);
        wgp_network_done(networks + 1);
}

/* --- compare --- */

Test(compare, routes) {
        const WgpRoute base = {
                .destination = { .family = AF_INET6, .length = 64, .bytes = { 0xfd } },
                .table = RT_TABLE_MAIN,
                .type = RTN_UNICAST,
                .protocol = RTPROT_BOOT,
                .uses_device = true,
        };
        WgpRoute other = base;

        other.metric = 1024;
        other.scope = RT_SCOPE_LINK;
        other.weight = 3;
        other.ifindex = 9;
        cr_expect(wgp_route_equal(&base, &other), "what IPv6 and the kernel make of it");

        other = base;
        other.metric = 5;
        cr_expect(wgp_route_compare_slot(&base, &other) != 0, "another metric is another route");

        other = base;
        other.metrics_set = 1 << WGP_ROUTE_MTU;
        other.metrics[WGP_ROUTE_MTU] = 1300;
        cr_expect(wgp_route_compare_slot(&base, &other) == 0 && !wgp_route_equal(&base, &other),
                        "one slot, not equal");

        other = base;
        other.protocol = RTPROT_STATIC;
        cr_expect(!wgp_route_equal(&base, &other), "somebody else's");
}

/* --- record --- */

Test(record, foreign_and_shared) {
        WgpNetwork desired = network_of(FULL_TUNNEL), actual = WGP_NETWORK_NULL, record;
        size_t n = desired.n_rules;

        /* Two of our rules are there already: the shared one, and one that is somebody else's. */
        *wgp_network_add_rule(&actual) = desired.rules[0];
        *wgp_network_add_rule(&actual) = desired.rules[1];
        cr_assert(desired.rules[0].shared && !desired.rules[1].shared);

        cr_assert(wgp_record_build(&desired, &(WgpRecordInput) { &actual, &nothing, &nothing }, &record) >= 0);
        cr_expect_eq(record.n_rules, n - 1);
        cr_expect(wgp_rules_find(record.rules, record.n_rules, desired.rules));
        cr_expect(!wgp_rules_find(record.rules, record.n_rules, desired.rules + 1));
        wgp_network_done(&record);

        cr_assert(wgp_record_build(&desired, &(WgpRecordInput) { &actual, &desired, &nothing }, &record) >= 0);
        cr_expect_eq(record.n_rules, n, "what we recorded before stays ours");
        wgp_network_done(&record);

        cr_assert(wgp_record_build(&desired, &(WgpRecordInput) { &actual, &nothing, &actual }, &record) >= 0);
        cr_expect_eq(record.n_rules, n, "what another tunnel recorded is ours, too");
        wgp_network_done(&record);
        wgp_network_done(&desired);
        wgp_network_done(&actual);
}

/* Routes without a device are not the link's, so that it matters who made them. */
Test(record, foreign_routes) {
        WgpNetwork desired = network_of(FULL_TUNNEL), shared = WGP_NETWORK_NULL;
        const struct {
                const char *name;
                WgpRecordInput before;
                bool is_ours;
        } rows[] = {
                { "not there", { &nothing, &nothing, &nothing }, true },
                { "there before us", { &desired, &nothing, &nothing }, false },
                { "there, recorded", { &desired, &desired, &nothing }, true },
                { "there, another tunnel's", { &desired, &nothing, &shared }, true },
        };

        for (size_t i = 0; i < desired.n_routes; i++)
                if (!desired.routes[i].uses_device)
                        *wgp_network_add_route(&shared) = desired.routes[i];
        cr_assert(desired.n_routes == 2 && shared.n_routes == 1);

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                WgpNetwork record;
                bool found = false;

                cr_assert(wgp_record_build(&desired, &rows[i].before, &record) >= 0);
                for (size_t j = 0; j < record.n_routes; j++)
                        found = found || !record.routes[j].uses_device;
                cr_expect_eq(found, rows[i].is_ours, "%s", rows[i].name);
                cr_expect_eq(record.n_routes, 1 + found, "%s: the one over the link always is", rows[i].name);
                wgp_network_done(&record);
        }
        wgp_network_done(&desired);
        wgp_network_done(&shared);
}

/* Whoever comes first notes what the sysctl was; the others take it from there. */
Test(record, valid_mark) {
        WgpNetwork desired = network_of(FULL_TUNNEL), record;
        const WgpNetwork set = { .valid_mark = { .value = 1 } }, unset = {};
        const WgpNetwork noted_set = { .valid_mark = { .wanted = true, .value = 1 } };
        const WgpNetwork noted_unset = { .valid_mark = { .wanted = true } };
        const struct {
                const char *name;
                WgpRecordInput before;
                uint8_t value;
        } rows[] = {
                { "the first: it was not set", { &unset, &nothing, &nothing }, 0 },
                { "the first: it was set", { &set, &nothing, &nothing }, 1 },
                { "the second", { &set, &nothing, &noted_unset }, 0 },
                { "the second, and it was set before the first", { &set, &nothing, &noted_set }, 1 },
                { "again", { &set, &noted_unset, &noted_set }, 0 },
                { "again, after somebody set it back", { &unset, &noted_set, &nothing }, 1 },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                cr_assert(wgp_record_build(&desired, &rows[i].before, &record) >= 0);
                cr_expect(record.valid_mark.wanted && record.valid_mark.value == rows[i].value, "%s", rows[i].name);
                wgp_network_done(&record);
        }
        wgp_network_done(&desired);
}

/* What was run is undone by what belongs to it. */
Test(record, hooks) {
        static const struct {
                bool done;
                const char *pre_down; /* in the record after a reload */
        } rows[] = { { true, "old" }, { false, "new" } };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                WgpNetwork before = network_of(IF "PreDown=old\n"), after = network_of(IF "PreDown=new\n");
                WgpNetwork recorded, merged;

                before.hooks_done = rows[i].done;
                cr_assert(wgp_record_build(&after, &(WgpRecordInput) { &before, &before, &nothing }, &recorded) >= 0);
                cr_assert(wgp_record_merge(&before, &recorded, &merged) >= 0);
                cr_expect_eq(recorded.n_hooks, 1, "row %zu", i);
                cr_expect_str_eq(recorded.hooks[0].command, rows[i].pre_down, "row %zu", i);
                cr_expect_eq(recorded.hooks_done, rows[i].done, "row %zu", i);
                cr_expect_eq(merged.n_hooks, 1, "row %zu", i);
                cr_expect_str_eq(merged.hooks[0].command, rows[i].pre_down, "row %zu", i);
                wgp_network_done(&before);
                wgp_network_done(&after);
                wgp_network_done(&recorded);
                wgp_network_done(&merged);
        }
}

/* The record of a run under way has all that may be there. */
Test(record, merged_routes) {
        static const struct {
                const char *before, *after; /* the last number of each 10.0.N.0/24 */
                size_t n;
        } rows[] = {
                { "123", "123", 3 }, { "123", "13", 3 }, { "13", "123", 3 }, { "123", "", 3 }, { "", "123", 3 },
                { "12", "34", 4 }, { "123", "234", 4 }, { "12", "21", 3 }, /* in another order: one of them twice */
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                WgpNetwork networks[2] = {}, merged;
                const char *const numbers[] = { rows[i].before, rows[i].after };

                for (size_t k = 0; k < 2; k++)
                        for (const char *c = numbers[k]; *c; c++)
                                *wgp_network_add_route(networks + k) = (WgpRoute) {
                                        .destination = { .family = AF_INET,
                                                        .length = 24,
                                                        .bytes = { 10, 0, (uint8_t) *c } },
                                };
                cr_assert(wgp_record_merge(networks, networks + 1, &merged) >= 0);
                cr_expect_eq(merged.n_routes, rows[i].n, "row %zu: %zu", i, merged.n_routes);
                for (size_t k = 0; k < 2; k++)
                        for (const char *c = numbers[k]; *c; c++) {
                                bool found = false;

                                for (size_t j = 0; j < merged.n_routes; j++)
                                        found = found || merged.routes[j].destination.bytes[2] == (uint8_t) *c;
                                cr_expect(found, "row %zu: %c", i, *c);
                        }
                wgp_network_done(networks);
                wgp_network_done(networks + 1);
                wgp_network_done(&merged);
        }
}

Test(record, secrets_and_endpoints) {
        WgpNetwork before = network_of(
                        IF "PrivateKey=" KEY_P "\n" PEER(KEY_A, "PresharedKey=" KEY_S "\nEndpoint=192.0.2.1:1\n")
                                        PEER(KEY_B, "Endpoint=192.0.2.2:2\n") PEER(KEY_C, ""));
        WgpNetwork after = network_of(IF PEER(KEY_A, "Endpoint=192.0.2.1:1\n") PEER(KEY_B, "Endpoint=192.0.2.9:2\n"));
        WgpNetwork recorded, next, merged;

        cr_assert(wgp_record_build(&before, &nothing_before, &recorded) >= 0);
        cr_expect_eq(recorded.device.n_peers, 2, "those with an endpoint");
        cr_expect(!recorded.device.has_private_key && wgp_key_is_zero(recorded.device.private_key));
        cr_expect(wgp_key_is_zero(recorded.device.peers[0].preshared_key));

        cr_assert(wgp_record_build(&after, &(WgpRecordInput) { &nothing, &recorded, &nothing }, &next) >= 0);
        cr_assert(wgp_record_merge(&recorded, &next, &merged) >= 0);
        cr_assert_eq(merged.device.n_peers, 1, "an endpoint that is about to change is not known");
        cr_expect(memcmp(merged.device.peers[0].public_key, before.device.peers[0].public_key, WGP_KEY_SIZE) == 0);

        wgp_network_done(&before);
        wgp_network_done(&after);
        wgp_network_done(&recorded);
        wgp_network_done(&next);
        wgp_network_done(&merged);
}
