/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* desired/desired*.c: the state that a profile asks for, shown as the plan that would make it out of nothing. */

#include "desired/desired.h"
#include "model/prefix.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "network-of.h"

#define WG_QUICK_LINK "create link wg0 type wireguard: not there\n"
#define WG_QUICK_UP "set link wg0 group 0x77677001 up: not there\n"

#define POLICY \
        { .mark = 51820, .skip_priority = 31000, .lookup_priority = 31996 }

static const struct {
        const char *name, *profile;
        WgpDesiredInput input;
        int r;
        const char *plan;
} cases[] = {
        {
                        .name = "wg-quick: only what is stated",
                        .profile = "[Interface]\n",
                        .plan = WG_QUICK_LINK WG_QUICK_UP,
        },
        {
                        .name = "wg-quick: everything, routes by length of the prefix, both families mixed",
                        .profile = "[Interface]\nPrivateKey=" KEY_P "\nListenPort=51820\nFwMark=0x10\nMTU=1400\n"
                                   "Address=10.0.0.1/24, fd00::1/64\n"
                                   "[Peer]\nPublicKey=" KEY_A "\nPresharedKey=" KEY_S "\nEndpoint=192.0.2.1:51820\n"
                                   "PersistentKeepalive=25\nAllowedIPs=10.1.0.0/16, 10.0.0.2/32, fd01::/48\n"
                                   "[Peer]\nPublicKey=" KEY_B "\nEndpoint=[2001:db8::1]:443\nAllowedIPs=10.2.2.0/24\n",
                        .plan = WG_QUICK_LINK
                        "set device private-key listen-port 51820 fwmark 0x10 2 peers: not there\n"
                        "        add peer " KEY_A ", preshared key, endpoint 192.0.2.1:51820, keepalive 25, "
                        "allowed-ips 10.1.0.0/16 10.0.0.2/32 fd01::/48\n"
                        "        add peer " KEY_B ", endpoint [2001:db8::1]:443, allowed-ips 10.2.2.0/24\n"
                        "add address 10.0.0.1/24: not there\n"
                        "add address fd00::1/64: not there\n"
                        "set link wg0 mtu 1400 group 0x77677001 up: not there\n"
                        "add route fd01::/48 table 254: not there\n"
                        "add route 10.2.2.0/24 table 254: not there\n"
                        "add route 10.1.0.0/16 table 254: not there\n",
        },
        {
                        .name = "wg-quick: an address of one host connects nothing in IPv4, and itself in IPv6",
                        .profile = "[Interface]\nAddress=10.0.0.1, fd00::1\n"
                                   "[Peer]\nPublicKey=" KEY_A
                                   "\nAllowedIPs=10.0.0.1/32, 10.0.0.2/32, fd00::1/128, fd00::2/128\n",
                        .plan = WG_QUICK_LINK "set device 1 peer: not there\n"
                                              "        add peer " KEY_A
                                              ", allowed-ips 10.0.0.1/32 10.0.0.2/32 fd00::1/128 fd00::2/128\n"
                                              "add address 10.0.0.1/32: not there\n"
                                              "add address fd00::1/128: not there\n" WG_QUICK_UP
                                              "add route fd00::2/128 table 254: not there\n"
                                              "add route 10.0.0.1/32 table 254: not there\n"
                                              "add route 10.0.0.2/32 table 254: not there\n",
        },
        {
                        .name = "wg-quick: two equal addresses are one",
                        .profile = "[Interface]\nAddress=10.0.0.1/24\nAddress=10.0.0.1/24\n",
                        .plan = WG_QUICK_LINK "add address 10.0.0.1/24: not there\n" WG_QUICK_UP,
        },
        {
                        .name = "wg-quick: Table=off makes no route",
                        .profile = "[Interface]\nTable=off\n[Peer]\nPublicKey=" KEY_A
                                   "\nAllowedIPs=0.0.0.0/0, 10.1.0.0/16\n",
                        .plan = WG_QUICK_LINK "set device 1 peer: not there\n"
                                              "        add peer " KEY_A
                                              ", allowed-ips 0.0.0.0/0 10.1.0.0/16\n" WG_QUICK_UP,
        },
        {
                        .name = "wg-quick: Table=N takes all routes, default and connected ones, without rules",
                        .profile = "[Interface]\nTable=77\nAddress=10.0.0.1/24\n"
                                   "[Peer]\nPublicKey=" KEY_A "\nAllowedIPs=0.0.0.0/0, 10.0.0.0/24\n",
                        .plan = WG_QUICK_LINK "set device 1 peer: not there\n"
                                              "        add peer " KEY_A ", allowed-ips 0.0.0.0/0 10.0.0.0/24\n"
                                              "add address 10.0.0.1/24: not there\n" WG_QUICK_UP
                                              "add route 10.0.0.0/24 table 77: not there\n"
                                              "add route 0.0.0.0/0 table 77: not there\n",
        },
        {
                        .name = "an allowed-ip of two peers is the last one's",
                        .profile = "[Interface]\n[Peer]\nPublicKey=" KEY_A "\nAllowedIPs=10.1.0.0/16, 10.2.0.0/16\n"
                                   "[Peer]\nPublicKey=" KEY_B "\nAllowedIPs=10.1.0.0/16\n",
                        .plan = WG_QUICK_LINK "set device 2 peers: not there\n"
                                              "        add peer " KEY_A ", allowed-ips 10.2.0.0/16\n"
                                              "        add peer " KEY_B ", allowed-ips 10.1.0.0/16\n" WG_QUICK_UP
                                              "add route 10.2.0.0/16 table 254: not there\n"
                                              "add route 10.1.0.0/16 table 254: not there\n",
        },
        {
                        .name = "wg-quick: + and - are played through; - takes only what is the peer's own",
                        .profile = "[Interface]\nTable=off\n"
                                   "[Peer]\nPublicKey=" KEY_A
                                   "\nAllowedIPs=+10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/16\nAllowedIPs=-10.2.0.0/16\n"
                                   "[Peer]\nPublicKey=" KEY_B "\nAllowedIPs=-10.3.0.0/16, 10.1.0.0/16, -10.1.0.0/16\n",
                        .plan = WG_QUICK_LINK "set device 2 peers: not there\n"
                                              "        add peer " KEY_A ", allowed-ips 10.3.0.0/16\n"
                                              "        add peer " KEY_B "\n" WG_QUICK_UP,
        },
        {
                        .name = "an endpoint that is a name is left to the resolver",
                        .profile = "[Interface]\n[Peer]\nPublicKey=" KEY_A "\nEndpoint=vpn.example.org:51820\n",
                        .plan = WG_QUICK_LINK "set device 1 peer: not there\n"
                                              "        add peer " KEY_A "\n" WG_QUICK_UP,
        },
        {
                        .name = "port 0 is any port",
                        .profile = "[Interface]\nListenPort=0\n",
                        .plan = WG_QUICK_LINK WG_QUICK_UP,
        },
        {
                        .name = "full tunnel without a mark",
                        .profile = "[Interface]\n[Peer]\nPublicKey=" KEY_A "\nAllowedIPs=0.0.0.0/0\n",
                        .r = WGP_DESIRED_E_NEEDS_MARK,
        },
        {
                        .name = "wg-quick: full tunnel",
                        .profile = "[Interface]\nAddress=10.0.0.1/24\n"
                                   "[Peer]\nPublicKey=" KEY_A "\nAllowedIPs=0.0.0.0/0, ::/0, 10.7.0.0/16\n",
                        .input = POLICY,
                        .plan = WG_QUICK_LINK
                        "add rule ipv4 31999 nop: not there\n"
                        "add rule ipv4 31000 fwmark 0xca6c/0xffffffff goto 31999: not there\n"
                        "add rule ipv6 31999 nop: not there\n"
                        "add rule ipv6 31000 fwmark 0xca6c/0xffffffff goto 31999: not there\n" WG_QUICK_UP
                        "set sysctl net.ipv4.conf.all.src_valid_mark 1: not set\n"
                        "set nft table inet wg-profile-wg0 address 10.0.0.1 mark 0xca6c: not there\n"
                        "set device fwmark 0xca6c 1 peer: not there\n"
                        "        add peer " KEY_A ", allowed-ips 0.0.0.0/0 ::/0 10.7.0.0/16\n"
                        "add address 10.0.0.1/24: not there\n"
                        "add route 10.7.0.0/16 table 254: not there\n"
                        "add route 0.0.0.0/0 table 51820: not there\n"
                        "add route ::/0 table 51820: not there\n"
                        "add route unreachable 0.0.0.0/0 table 51820 metric 4294967295: not there\n"
                        "add route unreachable ::/0 table 51820 metric 4294967295: not there\n"
                        "add rule ipv4 31996 lookup 254 suppress_prefixlength 0: not there\n"
                        "add rule ipv4 31997 not fwmark 0xca6c/0xffffffff lookup 51820: not there\n"
                        "add rule ipv6 31996 lookup 254 suppress_prefixlength 0: not there\n"
                        "add rule ipv6 31997 not fwmark 0xca6c/0xffffffff lookup 51820: not there\n",
        },
        {
                        .name = "an endpoint inside an allowed-ip: that route only, without the unreachable one",
                        .profile = "[Interface]\n[Peer]\nPublicKey=" KEY_A "\nEndpoint=10.1.2.3:51820\n"
                                   "AllowedIPs=10.1.0.0/16, 10.2.0.0/16\n",
                        .input = POLICY,
                        .plan = WG_QUICK_LINK
                        "add rule ipv4 31999 nop: not there\n"
                        "add rule ipv4 31000 fwmark 0xca6c/0xffffffff goto 31999: not there\n" WG_QUICK_UP
                        "set sysctl net.ipv4.conf.all.src_valid_mark 1: not set\n"
                        "set nft table inet wg-profile-wg0 mark 0xca6c: not there\n"
                        "set device fwmark 0xca6c 1 peer: not there\n"
                        "        add peer " KEY_A ", endpoint 10.1.2.3:51820, allowed-ips 10.1.0.0/16 10.2.0.0/16\n"
                        "add route 10.1.0.0/16 table 51820: not there\n"
                        "add route 10.2.0.0/16 table 254: not there\n"
                        "add rule ipv4 31996 lookup 254 suppress_prefixlength 0: not there\n"
                        "add rule ipv4 31997 not fwmark 0xca6c/0xffffffff lookup 51820: not there\n",
        },
        {
                        .name = "keyfile: prefix routes, peer routes, metric 50",
                        .profile = "[connection]\ntype=wireguard\ninterface-name=wg0\n[wireguard]\nprivate-key=" KEY_P
                                   "\n"
                                   "[wireguard-peer." KEY_A
                                   "]\nendpoint=192.0.2.1:51820\nallowed-ips=10.0.0.7/32;10.9.0.0/16;fd00:9::/48;\n"
                                   "[ipv4]\nmethod=manual\naddress1=10.0.0.1/24\naddress2=10.5.0.1/32\n"
                                   "[ipv6]\nmethod=manual\naddress1=fd00::1/64\n",
                        .plan = WG_QUICK_LINK
                        "set device private-key 1 peer: not there\n"
                        "        add peer " KEY_A
                        ", endpoint 192.0.2.1:51820, allowed-ips 10.0.0.7/32 10.9.0.0/16 fd00:9::/48\n"
                        "add address 10.0.0.1/24: not there\n"
                        "add address 10.5.0.1/32: not there\n"
                        "add address fd00::1/64: not there\n" WG_QUICK_UP
                        "add route 10.0.0.0/24 src 10.0.0.1 table 254 metric 50: not there\n"
                        "add route fd00::/64 table 254 metric 50: not there\n"
                        "add route fd00:9::/48 table 254 metric 50: not there\n"
                        "add route 10.9.0.0/16 table 254 metric 50: not there\n",
        },
        {
                        .name = "keyfile: route-table and route-metric, per family",
                        .profile = "[connection]\ntype=wireguard\ninterface-name=wg0\n[wireguard]\n"
                                   "[wireguard-peer." KEY_A "]\nallowed-ips=10.9.0.0/16;fd00:9::/48;\n"
                                   "[ipv4]\nmethod=manual\naddress1=10.0.0.1/24\nroute-table=77\nroute-metric=9\n"
                                   "[ipv6]\nmethod=ignore\n",
                        .plan = WG_QUICK_LINK "set device 1 peer: not there\n"
                                              "        add peer " KEY_A ", allowed-ips 10.9.0.0/16 fd00:9::/48\n"
                                              "add address 10.0.0.1/24: not there\n" WG_QUICK_UP
                                              "add route 10.0.0.0/24 src 10.0.0.1 table 77 metric 9: not there\n"
                                              "add route fd00:9::/48 table 254 metric 50: not there\n"
                                              "add route 10.9.0.0/16 table 77 metric 9: not there\n",
        },
        {
                        .name = "keyfile: routes with their options, the way to a gateway, one route per place",
                        .profile = "[connection]\ntype=wireguard\ninterface-name=wg0\n[wireguard]\n"
                                   "[wireguard-peer." KEY_A "]\nallowed-ips=10.9.0.0/16;\n"
                                   "[ipv4]\nmethod=manual\naddress1=10.0.0.1/24\n"
                                   "route1=10.20.0.0/16,10.0.0.254,5\nroute1_options=mtu=1300,lock-mtu=true,table=9\n"
                                   "route2=10.30.0.0/16\nroute2_options=type=blackhole\n"
                                   "route3=10.9.0.0/16\nroute4=10.40.0.0/16,10.0.0.253\n",
                        .plan = WG_QUICK_LINK
                        "set device 1 peer: not there\n"
                        "        add peer " KEY_A ", allowed-ips 10.9.0.0/16\n"
                        "add address 10.0.0.1/24: not there\n" WG_QUICK_UP
                        "add route 10.0.0.0/24 src 10.0.0.1 table 254 metric 50: not there\n"
                        "add route 10.0.0.254/32 table 9 metric 50: not there\n"
                        "add route 10.20.0.0/16 via 10.0.0.254 table 9 metric 5 mtu lock 1300: not there\n"
                        "add route blackhole 10.30.0.0/16 table 254 metric 50: not there\n"
                        "add route 10.9.0.0/16 table 254 metric 50: not there\n"
                        "add route 10.40.0.0/16 via 10.0.0.253 table 254 metric 50: not there\n",
        },
        {
                        .name = "wg-quick: one IPv6 address with two lengths is one: the first",
                        .profile = "[Interface]\nAddress=fd00::1/64, fd00::1/128, fd00::2/128, 10.0.0.1/24, 10.0.0.1/25\n",
                        .plan = WG_QUICK_LINK
                        "add address fd00::1/64: not there\nadd address fd00::2/128: not there\n"
                        "add address 10.0.0.1/24: not there\nadd address 10.0.0.1/25: not there\n" WG_QUICK_UP,
        },
        {
                        .name = "a named endpoint beside halves of everything needs a mark",
                        .profile = "[Interface]\n[Peer]\nPublicKey=" KEY_A "\nEndpoint=vpn.example.org:51820\n"
                                   "AllowedIPs=0.0.0.0/1, 128.0.0.0/1\n",
                        .r = WGP_DESIRED_E_NEEDS_MARK,
        },
        {
                        .name = "a named endpoint beside halves of everything, of another peer, and a narrower one",
                        .profile = "[Interface]\n[Peer]\nPublicKey=" KEY_A
                                   "\nAllowedIPs=0.0.0.0/1, 128.0.0.0/1, 10.0.0.0/9\n"
                                   "[Peer]\nPublicKey=" KEY_B "\nEndpoint=vpn.example.org:51820\n",
                        .input = POLICY,
                        .plan = WG_QUICK_LINK
                        "add rule ipv4 31999 nop: not there\n"
                        "add rule ipv4 31000 fwmark 0xca6c/0xffffffff goto 31999: not there\n" WG_QUICK_UP
                        "set sysctl net.ipv4.conf.all.src_valid_mark 1: not set\n"
                        "set nft table inet wg-profile-wg0 mark 0xca6c, answers of name servers: not there\n"
                        "set device fwmark 0xca6c 2 peers: not there\n"
                        "        add peer " KEY_A ", allowed-ips 0.0.0.0/1 128.0.0.0/1 10.0.0.0/9\n"
                        "        add peer " KEY_B "\n"
                        "add route 10.0.0.0/9 table 254: not there\n"
                        "add route 0.0.0.0/1 table 51820: not there\n"
                        "add route 128.0.0.0/1 table 51820: not there\n"
                        "add route unreachable 0.0.0.0/0 table 51820 metric 4294967295: not there\n"
                        "add rule ipv4 31996 lookup 254 suppress_prefixlength 0: not there\n"
                        "add rule ipv4 31997 not fwmark 0xca6c/0xffffffff lookup 51820: not there\n",
        },
        {
                        .name = "halves of IPv6 are a default route, though the endpoint is elsewhere; one half of IPv4 is not",
                        .profile = "[Interface]\nDNS=192.0.2.53, corp.example\n[Peer]\nPublicKey=" KEY_A
                                   "\nEndpoint=192.0.2.1:51820\nAllowedIPs=::/1, 8000::/1\n"
                                   "[Peer]\nPublicKey=" KEY_B "\nAllowedIPs=128.0.0.0/1\n",
                        .input = POLICY,
                        .plan = WG_QUICK_LINK
                        "add rule ipv4 31999 nop: not there\n"
                        "add rule ipv4 31000 fwmark 0xca6c/0xffffffff goto 31999: not there\n"
                        "add rule ipv6 31999 nop: not there\n"
                        "add rule ipv6 31000 fwmark 0xca6c/0xffffffff goto 31999: not there\n" WG_QUICK_UP
                        "set sysctl net.ipv4.conf.all.src_valid_mark 1: not set\n"
                        "set nft table inet wg-profile-wg0 mark 0xca6c: not there\n"
                        "set device fwmark 0xca6c 2 peers: not there\n"
                        "        add peer " KEY_A ", endpoint 192.0.2.1:51820, allowed-ips ::/1 8000::/1\n"
                        "        add peer " KEY_B ", allowed-ips 128.0.0.0/1\n"
                        "add route ::/1 table 51820: not there\n"
                        "add route 8000::/1 table 51820: not there\n"
                        "add route 128.0.0.0/1 table 51820: not there\n"
                        "add route unreachable ::/0 table 51820 metric 4294967295: not there\n"
                        "add rule ipv4 31996 lookup 254 suppress_prefixlength 0: not there\n"
                        "add rule ipv4 31997 not fwmark 0xca6c/0xffffffff lookup 51820: not there\n"
                        "add rule ipv6 31996 lookup 254 suppress_prefixlength 0: not there\n"
                        "add rule ipv6 31997 not fwmark 0xca6c/0xffffffff lookup 51820: not there\n"
                        "set dns 192.0.2.53 domain corp.example ~. default-route yes: not there\n",
        },
        {
                        .name = "one half is not a default route",
                        .profile = "[Interface]\n[Peer]\nPublicKey=" KEY_A
                                   "\nEndpoint=[2001:db8::1]:51820\nAllowedIPs=0.0.0.0/1\n",
                        .plan = WG_QUICK_LINK "set device 1 peer: not there\n"
                                              "        add peer " KEY_A
                                              ", endpoint [2001:db8::1]:51820, allowed-ips 0.0.0.0/1\n" WG_QUICK_UP
                                              "add route 0.0.0.0/1 table 254: not there\n",
        },
        {
                        .name = "in a table of its own, halves are two routes",
                        .profile = "[Interface]\nTable=7\n[Peer]\nPublicKey=" KEY_A
                                   "\nEndpoint=[2001:db8::1]:51820\nAllowedIPs=0.0.0.0/1, 128.0.0.0/1\n",
                        .plan = WG_QUICK_LINK
                        "set device 1 peer: not there\n"
                        "        add peer " KEY_A
                        ", endpoint [2001:db8::1]:51820, allowed-ips 0.0.0.0/1 128.0.0.0/1\n" WG_QUICK_UP
                        "add route 0.0.0.0/1 table 7: not there\n"
                        "add route 128.0.0.0/1 table 7: not there\n",
        },
        {
                        .name = "a literal endpoint outside of them needs none",
                        .profile = "[Interface]\n[Peer]\nPublicKey=" KEY_A
                                   "\nEndpoint=192.0.2.1:51820\nAllowedIPs=10.0.0.0/8, 64.0.0.0/2\n",
                        .plan = WG_QUICK_LINK
                        "set device 1 peer: not there\n"
                        "        add peer " KEY_A
                        ", endpoint 192.0.2.1:51820, allowed-ips 10.0.0.0/8 64.0.0.0/2\n" WG_QUICK_UP
                        "add route 10.0.0.0/8 table 254: not there\n"
                        "add route 64.0.0.0/2 table 254: not there\n",
        },
        {
                        .name = "keyfile: a metric that nobody stated may be another one; a stated one is that",
                        .profile = "[connection]\ntype=wireguard\ninterface-name=wg0\n[wireguard]\n"
                                   "[wireguard-peer." KEY_A "]\nallowed-ips=10.9.0.0/16;fd00:9::/48\n"
                                   "[ipv4]\nmethod=manual\naddress1=10.0.0.1/24\nroute1=10.8.0.0/16\nroute2=10.7.0.0/16,,50\n"
                                   "[ipv6]\nmethod=manual\naddress1=fd00::1/64\nroute-metric=50\n",
                        .input = { .metric = 52 },
                        .plan = WG_QUICK_LINK "set device 1 peer: not there\n"
                                              "        add peer " KEY_A ", allowed-ips 10.9.0.0/16 fd00:9::/48\n"
                                              "add address 10.0.0.1/24: not there\n"
                                              "add address fd00::1/64: not there\n" WG_QUICK_UP
                                              "add route 10.0.0.0/24 src 10.0.0.1 table 254 metric 52: not there\n"
                                              "add route fd00::/64 table 254 metric 50: not there\n"
                                              "add route 10.8.0.0/16 table 254 metric 52: not there\n"
                                              "add route 10.7.0.0/16 table 254 metric 50: not there\n"
                                              "add route fd00:9::/48 table 254 metric 50: not there\n"
                                              "add route 10.9.0.0/16 table 254 metric 52: not there\n",
        },
        {
                        .name = "keyfile: a gateway is on the link by another route of its table",
                        .profile = "[connection]\ntype=wireguard\ninterface-name=wg0\n[wireguard]\n"
                                   "[ipv4]\nmethod=manual\naddress1=10.0.0.1/32\nroute1=10.1.0.0/16\nroute2=10.2.0.0/16,10.1.2.3\n"
                                   "route3=10.3.0.0/16,10.1.2.3\nroute4=10.4.0.0/16,10.1.2.3\nroute4_options=table=9\n"
                                   "route5=10.5.0.0/16,10.2.2.3\nroute6=10.6.0.0/16,10.2.2.3\n",
                        .plan = WG_QUICK_LINK "add address 10.0.0.1/32: not there\n" WG_QUICK_UP
                                              "add route 10.1.0.0/16 table 254 metric 50: not there\n"
                                              "add route 10.2.0.0/16 via 10.1.2.3 table 254 metric 50: not there\n"
                                              "add route 10.3.0.0/16 via 10.1.2.3 table 254 metric 50: not there\n"
                                              "add route 10.1.2.3/32 table 9 metric 50: not there\n"
                                              "add route 10.4.0.0/16 via 10.1.2.3 table 9 metric 50: not there\n"
                                              "add route 10.2.2.3/32 table 254 metric 50: not there\n"
                                              "add route 10.5.0.0/16 via 10.2.2.3 table 254 metric 50: not there\n"
                                              "add route 10.6.0.0/16 via 10.2.2.3 table 254 metric 50: not there\n",
        },
        {
                        .name = "keyfile: never-default leaves the default routes out",
                        .profile = "[connection]\ntype=wireguard\ninterface-name=wg0\n[wireguard]\n"
                                   "[wireguard-peer." KEY_A "]\nallowed-ips=0.0.0.0/0;10.9.0.0/16;\n"
                                   "[ipv4]\nmethod=manual\naddress1=10.0.0.1/24\ngateway=10.0.0.254\nnever-default=true\n",
                        .plan = WG_QUICK_LINK "set device 1 peer: not there\n"
                                              "        add peer " KEY_A ", allowed-ips 0.0.0.0/0 10.9.0.0/16\n"
                                              "add address 10.0.0.1/24: not there\n" WG_QUICK_UP
                                              "add route 10.0.0.0/24 src 10.0.0.1 table 254 metric 50: not there\n"
                                              "add route 10.9.0.0/16 table 254 metric 50: not there\n",
        },
        {
                        .name = "keyfile: gateway and rules",
                        .profile = "[connection]\ntype=wireguard\ninterface-name=wg0\n[wireguard]\npeer-routes=false\n"
                                   "[ipv4]\nmethod=manual\naddress1=10.0.0.1/24\ngateway=10.0.0.254\nroute-table=77\n"
                                   "routing-rule1=priority 100 from 10.0.0.0/24 table 77\n"
                                   "routing-rule2=priority 101 not iif eth0 fwmark 1/3 blackhole\n",
                        .plan = WG_QUICK_LINK "add address 10.0.0.1/24: not there\n" WG_QUICK_UP
                                              "add route 10.0.0.0/24 src 10.0.0.1 table 77 metric 50: not there\n"
                                              "add route 0.0.0.0/0 via 10.0.0.254 table 77 metric 50: not there\n"
                                              "add rule ipv4 100 from 10.0.0.0/24 lookup 77: not there\n"
                                              "add rule ipv4 101 not fwmark 0x1/0x3 iif eth0 blackhole: not there\n",
        },
        {
                        .name = "wg-quick: of two peers that claim a prefix the later line has it, even of a peer that began before",
                        .profile = "[Interface]\n[Peer]\nPublicKey=" KEY_A "\nAllowedIPs=10.1.0.0/16\n"
                                   "[Peer]\nPublicKey=" KEY_B "\nAllowedIPs=10.1.0.0/16, 10.2.0.0/16\n"
                                   "[Peer]\nPublicKey=" KEY_A "\nAllowedIPs=10.1.0.0/16\n",
                        .plan = WG_QUICK_LINK "set device 2 peers: not there\n"
                                              "        add peer " KEY_A ", allowed-ips 10.1.0.0/16\n"
                                              "        add peer " KEY_B ", allowed-ips 10.2.0.0/16\n" WG_QUICK_UP
                                              "add route 10.1.0.0/16 table 254: not there\n"
                                              "add route 10.2.0.0/16 table 254: not there\n",
        },
        {
                        .name = "keyfile: the order of the peers decides, and a group that comes again is where it began",
                        .profile = "[connection]\ntype=wireguard\ninterface-name=wg0\n"
                                   "[wireguard-peer." KEY_A "]\nallowed-ips=10.1.0.0/16\n"
                                   "[wireguard-peer." KEY_B "]\nallowed-ips=10.1.0.0/16\n"
                                   "[wireguard-peer." KEY_A "]\nallowed-ips=10.1.0.0/16\n",
                        .plan = WG_QUICK_LINK "set device 2 peers: not there\n"
                                              "        add peer " KEY_A "\n"
                                              "        add peer " KEY_B ", allowed-ips 10.1.0.0/16\n" WG_QUICK_UP
                                              "add route 10.1.0.0/16 table 254 metric 50: not there\n",
        },
        {
                        .name = "keyfile: method=link-local has the address that was made, and the kernel's own route to it",
                        .profile = "[connection]\ntype=wireguard\ninterface-name=wg0\n[ipv6]\nmethod=link-local\n",
                        .input = { .link_local = { .family = AF_INET6,
                                                   .length = 64,
                                                   .bytes = { 0xfe, 0x80, [15] = 1 } } },
                        .plan = WG_QUICK_LINK "add address fe80::1/64: not there\n" WG_QUICK_UP,
        },
        {
                        .name = "keyfile: no link-local address could be made",
                        .profile = "[connection]\ntype=wireguard\ninterface-name=wg0\n[ipv6]\nmethod=link-local\n",
                        .plan = WG_QUICK_LINK WG_QUICK_UP,
        },
        {
                        .name = "keyfile: other methods have none",
                        .profile = "[connection]\ntype=wireguard\ninterface-name=wg0\n[ipv6]\nmethod=ignore\n",
                        .input = { .link_local = { .family = AF_INET6,
                                                   .length = 64,
                                                   .bytes = { 0xfe, 0x80, [15] = 1 } } },
                        .plan = WG_QUICK_LINK WG_QUICK_UP,
        },
        {
                        .name = "wg-quick: in a network namespace a full tunnel's routes are in the main table, without rules",
                        .profile = "[Interface]\nAddress=10.0.0.1/24\nFwMark=7\n"
                                   "[Peer]\nPublicKey=" KEY_A
                                   "\nEndpoint=10.7.1.2:51820\nAllowedIPs=0.0.0.0/0, ::/0, 10.7.0.0/16\n"
                                   "[WgProfile]\nNetns=vpn\n",
                        .plan = "create link wg0 type wireguard netns vpn: not there\n"
                                "set device fwmark 0x7 1 peer: not there\n"
                                "        add peer " KEY_A
                                ", endpoint 10.7.1.2:51820, allowed-ips 0.0.0.0/0 ::/0 10.7.0.0/16\n"
                                "add address 10.0.0.1/24: not there\n" WG_QUICK_UP
                                "add route 10.7.0.0/16 table 254: not there\n"
                                "add route 0.0.0.0/0 table 254: not there\n"
                                "add route ::/0 table 254: not there\n",
        },
        {
                        .name = "wg-quick: there a default route may be in the main table because somebody says so",
                        .profile = "[Interface]\nTable=main\n[Peer]\nPublicKey=" KEY_A "\nAllowedIPs=0.0.0.0/0\n"
                                   "[WgProfile]\nNetns=vpn\n",
                        .plan = "create link wg0 type wireguard netns vpn: not there\n"
                                "set device 1 peer: not there\n"
                                "        add peer " KEY_A ", allowed-ips 0.0.0.0/0\n" WG_QUICK_UP
                                "add route 0.0.0.0/0 table 254: not there\n",
        },
        {
                        .name = "keyfile: in a network namespace, with its own rules, and with a VRF that is in there, too",
                        .profile = "[connection]\ntype=wireguard\ninterface-name=wg0\n[wireguard]\nip4-auto-default-route=1\n"
                                   "[wireguard-peer." KEY_A "]\nallowed-ips=0.0.0.0/0;\n"
                                   "[ipv4]\nmethod=manual\naddress1=10.0.0.1/24\n"
                                   "routing-rule1=priority 100 from 10.0.0.0/24 table 77\n"
                                   "[WgProfile]\nNetns=vpn\nVrf=blue\n",
                        .input = { .vrf = 9, .vrf_table = 77 },
                        .plan = "create link wg0 type wireguard netns vpn: not there\n"
                                "set link wg0 vrf blue: not there\n"
                                "set device 1 peer: not there\n"
                                "        add peer " KEY_A ", allowed-ips 0.0.0.0/0\n"
                                "add address 10.0.0.1/24: not there\n" WG_QUICK_UP
                                "add route 10.0.0.0/24 src 10.0.0.1 table 77 metric 50: not there\n"
                                "add route 0.0.0.0/0 table 77 metric 50: not there\n"
                                "add route unreachable 0.0.0.0/0 table 77 metric 4294967295: not there\n"
                                "add rule ipv4 100 from 10.0.0.0/24 lookup 77: not there\n",
        },
        {
                        .name = "wg-quick: in a VRF the routes are in its table, and a full tunnel needs no rules",
                        .profile = "[Interface]\nAddress=10.0.0.1/24, fd00::1/64\n"
                                   "[Peer]\nPublicKey=" KEY_A
                                   "\nEndpoint=10.7.1.2:51820\nAllowedIPs=0.0.0.0/0, ::/0, 10.7.0.0/16\n"
                                   "[WgProfile]\nVrf=blue\n",
                        .input = { .vrf = 9, .vrf_table = 77 },
                        .plan = WG_QUICK_LINK
                        "set link wg0 vrf blue: not there\n"
                        "set device 1 peer: not there\n"
                        "        add peer " KEY_A ", endpoint 10.7.1.2:51820, allowed-ips 0.0.0.0/0 ::/0 10.7.0.0/16\n"
                        "add address 10.0.0.1/24: not there\n"
                        "add address fd00::1/64: not there\n" WG_QUICK_UP "add route 10.7.0.0/16 table 77: not there\n"
                        "add route 0.0.0.0/0 table 77: not there\n"
                        "add route ::/0 table 77: not there\n"
                        "add route unreachable 0.0.0.0/0 table 77 metric 4294967295: not there\n"
                        "add route unreachable ::/0 table 77 metric 4294967295: not there\n",
        },
        {
                        .name = "wg-quick: a stated table goes before the VRF's",
                        .profile = "[Interface]\nTable=8\n[Peer]\nPublicKey=" KEY_A "\nAllowedIPs=0.0.0.0/0\n"
                                   "[WgProfile]\nVrf=blue\n",
                        .input = { .vrf = 9, .vrf_table = 77 },
                        .plan = WG_QUICK_LINK "set link wg0 vrf blue: not there\n"
                                              "set device 1 peer: not there\n"
                                              "        add peer " KEY_A ", allowed-ips 0.0.0.0/0\n" WG_QUICK_UP
                                              "add route 0.0.0.0/0 table 8: not there\n",
        },
        {
                        .name = "keyfile: controller= is a VRF; a local route is in its table, too, and route-table= counts before it",
                        .profile = "[connection]\ntype=wireguard\ninterface-name=wg0\ncontroller=blue\nport-type=vrf\n"
                                   "[wireguard]\nip4-auto-default-route=1\n"
                                   "[wireguard-peer." KEY_A "]\nallowed-ips=0.0.0.0/0;::/0;\n"
                                   "[ipv4]\nmethod=manual\naddress1=10.0.0.1/24\nroute1=10.1.0.1/32\nroute1_options=type=local\n"
                                   "[ipv6]\nmethod=manual\naddress1=fd00::1/64\nroute-table=8\n",
                        .input = { .vrf = 9, .vrf_table = 77 },
                        .plan = WG_QUICK_LINK
                        "set link wg0 vrf blue: not there\n"
                        "set device 1 peer: not there\n"
                        "        add peer " KEY_A ", allowed-ips 0.0.0.0/0 ::/0\n"
                        "add address 10.0.0.1/24: not there\n"
                        "add address fd00::1/64: not there\n" WG_QUICK_UP
                        "add route 10.0.0.0/24 src 10.0.0.1 table 77 metric 50: not there\n"
                        "add route fd00::/64 table 8 metric 50: not there\n"
                        "add route local 10.1.0.1/32 table 77 metric 50: not there\n"
                        "add route 0.0.0.0/0 table 77 metric 50: not there\n"
                        "add route ::/0 table 8 metric 50: not there\n"
                        "add route unreachable 0.0.0.0/0 table 77 metric 4294967295: not there\n",
        },
        {
                        .name = "Vrf= goes before controller=",
                        .profile = "[connection]\ntype=wireguard\ninterface-name=wg0\ncontroller=blue\nport-type=vrf\n"
                                   "[WgProfile]\nVrf=red\n",
                        .input = { .vrf = 9, .vrf_table = 77 },
                        .plan = WG_QUICK_LINK "set link wg0 vrf red: not there\n" WG_QUICK_UP,
        },
        {
                        .name = "keyfile: full tunnel of one family, rules look into the profile's table first",
                        .profile = "[connection]\ntype=wireguard\ninterface-name=wg0\n[wireguard]\n"
                                   "[wireguard-peer." KEY_A "]\nallowed-ips=0.0.0.0/0;10.9.0.0/16\n"
                                   "[ipv4]\nmethod=manual\naddress1=10.0.0.1/24\nroute-table=77\n",
                        .input = POLICY,
                        .plan = WG_QUICK_LINK
                        "add rule ipv4 31999 nop: not there\n"
                        "add rule ipv4 31000 fwmark 0xca6c/0xffffffff goto 31999: not there\n" WG_QUICK_UP
                        "set sysctl net.ipv4.conf.all.src_valid_mark 1: not set\n"
                        "set nft table inet wg-profile-wg0 address 10.0.0.1 mark 0xca6c: not there\n"
                        "set device fwmark 0xca6c 1 peer: not there\n"
                        "        add peer " KEY_A ", allowed-ips 0.0.0.0/0 10.9.0.0/16\n"
                        "add address 10.0.0.1/24: not there\n"
                        "add route 10.0.0.0/24 src 10.0.0.1 table 77 metric 50: not there\n"
                        "add route 10.9.0.0/16 table 77 metric 50: not there\n"
                        "add route 0.0.0.0/0 table 51820 metric 50: not there\n"
                        "add route unreachable 0.0.0.0/0 table 51820 metric 4294967295: not there\n"
                        "add rule ipv4 31996 lookup 77 suppress_prefixlength 0: not there\n"
                        "add rule ipv4 31997 not fwmark 0xca6c/0xffffffff lookup 51820: not there\n",
        },
};

static char *plan_out_of_nothing(const WgpNetwork *network) {
        static const WgpNetwork nothing = {};
        WgpPlan plan = WGP_PLAN_NULL;
        char *text;

        cr_assert(wgp_plan_build(network, &nothing, NULL, &plan) >= 0);
        text = text_of_plan(&plan);
        wgp_plan_done(&plan);
        return text;
}

Test(desired, cases) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(cases); i++) {
                WgpNetwork network = WGP_NETWORK_NULL;
                int r = try_network_of(cases[i].profile, &cases[i].input, &network);
                char *text = r == 0 ? plan_out_of_nothing(&network) : strdup("");

                cr_expect_eq(r, cases[i].r, "case '%s': %d", cases[i].name, r);
                cr_expect_str_eq(text, cases[i].plan ?: "", "case '%s':\n%s", cases[i].name, text);
                free(text);
                wgp_network_done(&network);
        }
}

/* A peer may be sent there at any time. */
Test(desired, alternate_endpoint_inside_an_allowed_ip) {
        static const struct {
                const char *address; /* of the alternate endpoint */
                bool has_mark;
        } rows[] = { { "10.1.2.3:443", true }, { "10.3.2.1:443", false } };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                const WgpDesiredInput input = POLICY;
                WgpProfile *profile = profile_of("[Interface]\n[Peer]\nPublicKey=" KEY_A "\nEndpoint=192.0.2.1:51820\n"
                                                 "AllowedIPs=10.1.0.0/16\n",
                                WGP_FORMAT_WG_QUICK);
                WgpNetwork network = WGP_NETWORK_NULL;
                WgpPeer *peer = profile->peers;

                cr_assert(wgp_grow(&peer->alternates, &peer->n_alternates_allocated, 1, sizeof(*peer->alternates)));
                peer->alternates[0] = (WgpEndpoint) {};
                peer->n_alternates = 1;
                cr_assert_eq(wgp_sockaddr_parse(rows[i].address, &peer->alternates[0].address), 0);
                cr_assert_eq(wgp_desired_build(profile, &input, &network), 0);
                cr_expect_eq(network.device.has_fwmark, rows[i].has_mark, "case '%s'", rows[i].address);
                cr_expect_eq(network.n_rules > 0, rows[i].has_mark, "case '%s'", rows[i].address);
                wgp_network_done(&network);
                wgp_profile_free(profile);
        }
}

static const struct {
        const char *name, *profile;
        uint8_t protocol, scope;
} attribute_cases[] = {
        { "wg-quick", "[Interface]\n[Peer]\nPublicKey=" KEY_A "\nAllowedIPs=10.1.0.0/16\n", 3 /* boot */, 253 },
        { "wg-quick, IPv6", "[Interface]\n[Peer]\nPublicKey=" KEY_A "\nAllowedIPs=fd00::/64\n", 3, 0 },
        {
                        "keyfile",
                        "[connection]\ntype=wireguard\ninterface-name=wg0\n[wireguard-peer." KEY_A
                        "]\nallowed-ips=10.1.0.0/16\n",
                        4 /* static */,
                        253,
        },
        {
                        "keyfile, prefix route",
                        "[connection]\ntype=wireguard\ninterface-name=wg0\n[ipv4]\nmethod=manual\naddress1=10.0.0.1/24\n",
                        2 /* kernel */,
                        253,
        },
};

/* A list that all hosts of a mesh have in common names this one, too: it is listed, and has nothing. */
Test(desired, peer_with_our_own_key) {
        const WgpDesiredInput input = {};
        WgpNetwork network = WGP_NETWORK_NULL;
        WgpProfile *profile = profile_of("[Interface]\nAddress=10.0.0.1/24\n"
                                         "[Peer]\nPublicKey=" KEY_A
                                         "\nEndpoint=vpn.example.org:51820\nAllowedIPs=10.0.0.2/32, 10.2.0.0/16\n"
                                         "[Peer]\nPublicKey=" KEY_B "\nEndpoint=10.3.0.1:1\nPersistentKeepalive=25\n"
                                         "AllowedIPs=0.0.0.0/0, 10.2.0.0/16, 192.168.0.0/16\n",
                        WGP_FORMAT_WG_QUICK);
        char *text;

        wgp_profile_mark_self(profile, profile->peers[1].public_key);
        cr_assert_eq(wgp_desired_build(profile, &input, &network), 0);
        text = plan_out_of_nothing(&network);
        cr_expect_str_eq(text,
                        WG_QUICK_LINK "set device 2 peers: not there\n"
                                      "        add peer " KEY_A ", allowed-ips 10.0.0.2/32 10.2.0.0/16\n"
                                      "        add peer " KEY_B "\n"
                                      "add address 10.0.0.1/24: not there\n" WG_QUICK_UP
                                      "add route 10.2.0.0/16 table 254: not there\n",
                        "%s", text);
        free(text);
        wgp_network_done(&network);
        wgp_profile_free(profile);
}

/* As NetworkManager and systemd-networkd have it, and wg-quick has not. */
Test(desired, scope_of_link_local_addresses) {
        static const struct {
                const char *profile;
                uint8_t scope;
        } rows[] = {
                { "[connection]\ninterface-name=wg0\n[ipv4]\nmethod=manual\naddress1=169.254.0.1/16\n",
                                RT_SCOPE_LINK },
                { "[connection]\ninterface-name=wg0\n[ipv4]\nmethod=manual\naddress1=169.254.255.255/32\n",
                                RT_SCOPE_LINK },
                { "[connection]\ninterface-name=wg0\n[ipv4]\nmethod=manual\naddress1=169.253.0.1/16\n",
                                RT_SCOPE_UNIVERSE },
                { "[connection]\ninterface-name=wg0\n[ipv6]\nmethod=manual\naddress1=fe80::1/64\n",
                                RT_SCOPE_UNIVERSE },
                { "[Interface]\nAddress=169.254.0.1/16\n", RT_SCOPE_UNIVERSE },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(rows); i++) {
                WgpNetwork network = network_of(rows[i].profile);

                cr_expect_eq(network.addresses[0].scope, rows[i].scope, "%s", rows[i].profile);
                wgp_network_done(&network);
        }
}

/* A route to it can be added at once; of other addresses the kernel decides. */
Test(desired, source_at_once) {
        WgpNetwork network = network_of("[connection]\ninterface-name=wg0\n"
                                        "[ipv6]\nmethod=manual\naddress1=fd00::1/64\naddress2=fd00::2/64\n"
                                        "route1=fd01::/48\nroute1_options=src=fd00::2\n");

        cr_assert_eq(network.n_addresses, 2);
        cr_expect_eq(network.addresses[0].flags, IFA_F_NOPREFIXROUTE);
        cr_expect_eq(network.addresses[1].flags, IFA_F_NOPREFIXROUTE | IFA_F_NODAD);
        wgp_network_done(&network);
}

/* Only what nobody stated moves. */
Test(desired, metric_moves) {
        WgpNetwork network = network_of("[connection]\ninterface-name=wg0\n"
                                        "[ipv4]\nmethod=manual\naddress1=10.0.0.1/24\nroute1=10.1.0.0/16,,7\n"
                                        "[ipv6]\nmethod=manual\naddress1=fd00::1/64\n");

        cr_expect_eq(network.metric, 0);
        wgp_desired_move_metric(&network, 51);
        cr_expect_eq(network.metric, 51);
        cr_assert_eq(network.n_routes, 3);
        cr_expect_eq(network.routes[0].metric, 51);
        cr_expect_eq(network.routes[1].metric, 51);
        cr_expect_eq(network.routes[2].metric, 7);
        wgp_network_done(&network);
}

Test(desired, route_attributes) {
        for (size_t i = 0; i < WGP_ARRAY_SIZE(attribute_cases); i++) {
                WgpNetwork network = network_of(attribute_cases[i].profile);

                cr_assert_eq(network.n_routes, 1, "case '%s'", attribute_cases[i].name);
                cr_expect_eq(network.routes[0].protocol, attribute_cases[i].protocol, "case '%s'",
                                attribute_cases[i].name);
                cr_expect_eq(network.routes[0].scope, attribute_cases[i].scope, "case '%s'", attribute_cases[i].name);
                wgp_network_done(&network);
        }
}

/* A key that could not be read leaves the kernel's alone. */
Test(desired, unread_secrets) {
        WgpProfile *profile =
                        profile_of("[Interface]\nPrivateKey=@one\n[Peer]\nPublicKey=" KEY_A "\nPresharedKey=@two\n"
                                   "[Peer]\nPublicKey=" KEY_B "\n",
                                        WGP_FORMAT_WG_QUICK);
        const WgpDesiredInput input = {};
        WgpNetwork network;

        cr_assert(wgp_desired_build(profile, &input, &network) == 0);
        cr_expect(!network.device.has_private_key);
        cr_expect(network.device.peers[0].keep_preshared_key);
        cr_expect(!network.device.peers[1].keep_preshared_key);
        wgp_network_done(&network);

        profile->private_key.source = WGP_SECRET_VALUE;
        profile->private_key.value[0] = 9; /* X25519 fixes the lowest three bits */
        profile->peers[0].preshared_key.source = WGP_SECRET_VALUE;
        profile->peers[0].preshared_key.value[0] = 8;
        cr_assert(wgp_desired_build(profile, &input, &network) == 0);
        cr_expect(network.device.has_private_key && network.device.private_key[0] == 8);
        cr_expect(!network.device.peers[0].keep_preshared_key && network.device.peers[0].preshared_key[0] == 8);
        wgp_network_done(&network);
        wgp_profile_free(profile);
}
