#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Who is asked for which name, with systemd-resolved, with resolvconf, and with neither; and firewalld's zones. After
# each stop all of them have what they had before.
set -uo pipefail
# shellcheck source=test/bed/guest/lib.sh
. /usr/lib/wgp-test/lib.sh

umask 077
/usr/lib/wgp-test/dns-setup
far=$(wg pubkey </run/dns/far)

# conf ALLOWED LINE...: dn0, in the wg-quick format
conf() {
        local allowed=$1
        shift
        {
                printf '%s\n' '[Interface]' "PrivateKey = $(</run/dns/conf)" 'Address = 10.53.0.2/24' "$@"
                printf '%s\n' '[Peer]' "PublicKey = $far" 'Endpoint = 198.51.100.42:51853' "AllowedIPs = $allowed"
        } >/etc/wg-profile/dn0.conf
}
# keyfile CONNECTION-LINES IPV4-LINES ALLOWED: dn1
keyfile() {
        cat >/etc/wg-profile/dn1.nmconnection <<EOF
[connection]
id=dn1
type=wireguard
interface-name=dn1
$1
[wireguard]
private-key=$(</run/dns/keyfile)
[wireguard-peer.$far]
endpoint=198.51.100.42:51853
allowed-ips=$3
[ipv4]
method=manual
address1=10.54.0.2/24
$2
EOF
}

# start NAME, stop NAME: what the unit says is shown when it fails
start() { systemctl start "wg-profile@$1" || { journalctl --boot --output=cat --unit="wg-profile@$1" | tail -n 5; false; }; }
stop() { systemctl stop "wg-profile@$1"; }
status_of() { unit_property "wg-profile@$1" ExecMainStatus; }
log_of() { journalctl --boot --output=cat --unit="wg-profile@$1"; }

# All that systemd-resolved has of its links, but for what changes by itself.
resolved_state() {
        local verb
        for verb in dns domain default-route llmnr mdns dnsovertls dnssec; do
                echo "$verb"
                resolvectl "$verb" | grep -v '^Link [0-9]* (dn[01])' | sort
        done
}
# The setting of a link, without the words before: link LINK VERB
link() { resolvectl "$2" "$1" | sed 's/^[^:]*: *//'; }
settings() { echo "$(link dn1 llmnr) $(link dn1 mdns) $(link dn1 dnsovertls) $(link dn1 dnssec)"; }
# asks NAME: the address, and by which link
asks() {
        resolvectl flush-caches
        resolvectl --legend=no query "$1" 2>&1 | sed -n 's/^[^:]*: \([0-9.]*\) *-- link: \(.*\)/\1 \2/p'
}
# leaves_nothing WHAT
before=
leaves_nothing() {
        check_is "$1: systemd-resolved has what it had before" "$before" "$(resolved_state)"
        check_is "$1: and so has the network" "$net_before" "$(net_state)"
}

conf 10.53.0.0/24
keyfile '' '' '10.54.0.0/24;'
systemctl daemon-reload
before=$(resolved_state)
net_before=$(net_state)
check_is 'without a tunnel the LAN answers' '203.0.113.1 to-dnslan' "$(asks www.example)"

#
# systemd-resolved
#
conf 10.53.0.0/24 'DNS = 10.53.0.1, office.example'
check 'a search domain: starts' start dn0
check_is 'servers' '10.53.0.1' "$(link dn0 dns)"
check_is 'domains' 'office.example' "$(link dn0 domain)"
check_is 'no default route' no "$(link dn0 default-route)"
check_is 'a name of the domain: the tunnel is asked' '10.53.0.9 dn0' "$(asks host.office.example)"
check_is 'a short name is found in it' '10.53.0.9 dn0' "$(asks host)"
check_is 'another name: the LAN is asked' '203.0.113.1 to-dnslan' "$(asks www.example)"
ifindex=$(</sys/class/net/dn0/ifindex)
conf 10.53.0.0/24 'DNS = 10.53.0.1'
check 'no domain: reload' systemctl reload wg-profile@dn0
check_is 'the same link' "$ifindex" "$(</sys/class/net/dn0/ifindex)"
check_is 'domains' '~.' "$(link dn0 domain)"
check_is 'default route' yes "$(link dn0 default-route)"
check_is 'all names: the tunnel is asked' '10.53.0.80 dn0' "$(asks www.example)"
conf 10.53.0.0/24
check 'no servers: reload' systemctl reload wg-profile@dn0
check_is 'the tunnel has none' '' "$(link dn0 dns)$(link dn0 domain)"
check_is 'the LAN is asked' '203.0.113.1 to-dnslan' "$(asks www.example)"
stop dn0
leaves_nothing 'split tunnel'

conf 0.0.0.0/0 'DNS = 10.53.0.1, office.example'
check 'full tunnel with a search domain: starts' start dn0
check_is 'domains' 'office.example ~.' "$(link dn0 domain)"
check_is 'all names: the tunnel is asked' '10.53.0.80 dn0' "$(asks www.example)"

keyfile 'llmnr=1
mdns=0
dns-over-tls=0
dnssec=0' 'dns=dns+udp://10.54.0.1:5353;
dns-search=~lab.example;' '10.54.0.0/24;'
check 'keyfile with a port and a routing domain beside it: starts' start dn1
check_is 'servers' '10.54.0.1:5353' "$(link dn1 dns)"
check_is 'domains' '~lab.example' "$(link dn1 domain)"
check_is 'settings' 'resolve no no no' "$(settings)"
check_is 'a name of the domain: its server is asked' '10.54.0.7 dn1' "$(asks host.lab.example)"
check_is 'all others: the full tunnel is asked' '10.53.0.80 dn0' "$(asks www.example)"
check 'the full tunnel stops' stop dn0
check_is 'then the LAN is asked' '203.0.113.1 to-dnslan' "$(asks www.example)"
check_is 'the keyfile still has its domain' '10.54.0.7 dn1' "$(asks host.lab.example)"
keyfile 'llmnr=2
mdns=0
dns-over-tls=1
dnssec=1' 'dns=10.54.0.1#dns.example;
dns-search=~lab.example;
dns-priority=-1' '10.54.0.0/24;'
check 'other settings, a server name, a negative priority: reload' systemctl reload wg-profile@dn1
check_is 'servers' '10.54.0.1#dns.example' "$(link dn1 dns)"
check_is 'domains' '~lab.example ~.' "$(link dn1 domain)"
check_is 'settings' 'yes no opportunistic allow-downgrade' "$(settings)"
stop dn1
leaves_nothing 'keyfile'

keyfile '' 'dns=dns+udp://10.54.0.1:5353;
never-default=true' '0.0.0.0/0;'
check 'a keyfile that is never the default: starts' start dn1
check_is 'no domain' '' "$(link dn1 domain)"
check_is 'the LAN is asked' '203.0.113.1 to-dnslan' "$(asks www.example)"
stop dn1
leaves_nothing 'never-default'

# A restart; and one after which it has forgotten.
conf 10.53.0.0/24 'DNS = 10.53.0.1'
check 'starts' start dn0
has_server() { [[ $(link dn0 dns) == 10.53.0.1 ]]; }
is_asked() { [[ $(asks www.example) == '10.53.0.80 dn0' ]]; }
systemctl restart systemd-resolved
check 'systemd-resolved is restarted: the tunnel is asked again' wait_for 20 is_asked
systemctl stop systemd-resolved
rm -rf /run/systemd/resolve/netif
systemctl start systemd-resolved
check 'it is started without what it was told: it is told again' wait_for 20 has_server
check_is 'of the domain, too' '~.' "$(link dn0 domain)"
resolvectl dns to-dnslan 198.51.100.46
stop dn0
leaves_nothing 'restarts'

# It is stopped: nobody starts it.
conf 10.53.0.0/24 'DNS = 10.53.0.1'
systemctl stop systemd-resolved
check_fails 'systemd-resolved is stopped: a start fails' systemctl start wg-profile@dn0
check_is 'with exit status 5' 5 "$(status_of dn0)"
check_like 'what to do is told' 'dn0.conf:[0-9]*: No DNS manager: systemd-resolved is not running and resolvconf is not installed. Nothing was changed. Start systemd-resolved' "$(log_of dn0)"
check_is 'systemd-resolved is stopped still' inactive "$(systemctl is-active systemd-resolved)"
check_is 'nothing was changed' "$net_before" "$(net_state)"
check_is 'nobody tries again' 0 "$(unit_property wg-profile@dn0 NRestarts)"
systemctl reset-failed wg-profile@dn0

#
# resolvconf
#
cp -P /etc/resolv.conf /run/dns/resolv.conf
systemctl --quiet --runtime mask systemd-resolved.service
check_fails 'the resolvconf of systemd-resolved does not count' systemctl start wg-profile@dn0
systemctl reset-failed wg-profile@dn0
install -m 755 /usr/lib/wgp-test/dns-resolvconf /usr/local/sbin/resolvconf
check_fails 'resolvconf, but the unit is not prepared for it: a start fails' systemctl start wg-profile@dn0
check_is 'with exit status 5' 5 "$(status_of dn0)"
check_like 'what to do is told' 'daemon-reload' "$(log_of dn0)"
check_is 'nothing was changed' "$net_before" "$(net_state)"
systemctl reset-failed wg-profile@dn0
systemctl daemon-reload
conf 10.53.0.0/24 'DNS = 10.53.0.1, office.example'
check 'resolvconf: starts' start dn0
check_is 'it was called as wg-quick calls it' '-a dn0 -m 0 -x' "$(</run/dns/resolvconf-calls)"
check_is 'servers and search domains' $'nameserver 10.53.0.1\nsearch office.example' "$(</etc/resolv.conf)"
check_like 'the tunnel is asked' '^10.53.0.80 ' "$(getent ahostsv4 www.example)"
conf 10.53.0.0/24 'DNS = 10.53.0.1'
check 'reload' systemctl reload wg-profile@dn0
check_is 'it was told again' 'nameserver 10.53.0.1' "$(</etc/resolv.conf)"
check 'stops' stop dn0
check_is 'it was told so' '-d dn0 -f' "$(tail -n 1 /run/dns/resolvconf-calls)"
check_like 'the LAN is asked' '^203.0.113.1 ' "$(getent ahostsv4 www.example)"
check_is 'the network is as before' "$net_before" "$(net_state)"
rm /usr/local/sbin/resolvconf
systemctl --quiet --runtime unmask systemd-resolved.service
cp -P --remove-destination /run/dns/resolv.conf /etc/resolv.conf
systemctl daemon-reload
systemctl start systemd-resolved
resolvectl dns to-dnslan 198.51.100.46
check_is 'resolved is back: as before' "$before" "$(resolved_state)"

#
# firewalld
#
zone_of() { firewall-cmd --get-zone-of-interface="$1" 2>&1; }
is_in() { [[ $(zone_of dn0) == "$1" ]]; }
zones() { firewall-cmd --list-all-zones; }
# Its own table is its business: it keeps the chains of each zone that it ever had something in.
net_state_but_firewalld() { net_state | sed '/^table inet firewalld {/,/^}/d'; }
conf 10.53.0.0/24 '[WgProfile]' 'Zone = work'
check 'no firewalld: starts' start dn0
stop dn0
systemctl --quiet unmask firewalld.service
systemctl start firewalld
zones_before=$(zones)
net_before=$(net_state_but_firewalld)
check 'firewalld: starts' start dn0
check_is 'zone' work "$(zone_of dn0)"
firewall-cmd --quiet --reload
check 'firewalld reloads: zone again' wait_for 30 is_in work
systemctl restart firewalld
check 'firewalld is restarted: zone again' wait_for 60 is_in work
conf 10.53.0.0/24 '[WgProfile]' 'Zone ='
check 'the default zone: reload' systemctl reload wg-profile@dn0
check_is 'zone' public "$(zone_of dn0)"
conf 10.53.0.0/24
check 'no zone: reload' systemctl reload wg-profile@dn0
check_is 'zone' 'no zone' "$(zone_of dn0)"
stop dn0
keyfile 'zone=home' '' '10.54.0.0/24;'
check 'keyfile: starts' start dn1
check_is 'zone' home "$(zone_of dn1)"
ip link delete dev dn1
stop dn1
check_is 'the link is gone: so is its zone' 'no zone' "$(zone_of dn1)"
keyfile 'zone=nowhere' '' '10.54.0.0/24;'
check_fails 'a zone that there is not: a start fails' systemctl start wg-profile@dn1
check_like 'in the words of firewalld' 'Cannot set firewalld zone nowhere: INVALID_ZONE' "$(log_of dn1)"
systemctl stop wg-profile@dn1
systemctl reset-failed wg-profile@dn1
check_is 'firewalld has what it had before' "$zones_before" "$(zones)"
check_is 'and so has the network' "$net_before" "$(net_state_but_firewalld)"
systemctl stop firewalld
systemctl --quiet mask firewalld.service

rm /etc/wg-profile/dn0.conf /etc/wg-profile/dn1.nmconnection
systemctl daemon-reload
pkill --pidfile /run/dns/dnslan-53.pid
pkill --pidfile /run/dns/dnsfar-53.pid
pkill --pidfile /run/dns/dnsfar-5353.pid
ip netns delete dnslan
ip netns delete dnsfar
check_is 'nothing has failed at the end' '' "$(systemctl --failed --legend=no)"
