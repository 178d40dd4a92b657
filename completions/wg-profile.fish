# SPDX-License-Identifier: LGPL-2.1-or-later
# fish completion of wg-profile(1).

function __wg_profile_root
    string match --regex -- '^--root=.*' (commandline --tokenize --current-process --cut-at-cursor)
end

# The verb and what comes after it, without options.
function __wg_profile_words
    string match --invert -- '-*' (commandline --tokenize --current-process --cut-at-cursor)[2..]
end

function __wg_profile_names
    wg-profile (__wg_profile_root) --json list 2>/dev/null | string replace --filter --regex '^ *"name": "(.*)",$' '$1'
end

# The clients of the server that "peer VERB SERVER" names.
function __wg_profile_clients
    set --local words (__wg_profile_words)
    test $words[2] = add; or wg-profile (__wg_profile_root) --json peer list $words[3] 2>/dev/null | string replace --filter --regex '^ *"name": "(.*)",$' '$1'
end

# The names and public keys of a profile's peers.
function __wg_profile_peers
    wg-profile (__wg_profile_root) --json peer list (__wg_profile_words)[2] 2>/dev/null | string replace --filter --regex '^ *"(?:name|public-key)": "(.*)",$' '$1'
end

# Whether the verb is one of these.
function __wg_profile_is
    set --local words (__wg_profile_words)
    test (count $words) -gt 0; and contains -- $words[1] $argv
end

# Whether the verb is one of these, and so many arguments are there.
function __wg_profile_has
    set --local words (__wg_profile_words)
    test (count $words) -eq (math $argv[1] + 1); and contains -- $words[1] $argv[2..]
end

# set NAME WORD...: the words of wg(8).
function __wg_profile_set_words
    set --local words (__wg_profile_words)
    switch $words[-1]
        case peer
            __wg_profile_peers
        case private-key preshared-key
            __fish_complete_path
        case listen-port fwmark endpoint persistent-keepalive allowed-ips
        case '*'
            if contains peer $words
                string split ' ' 'remove preshared-key endpoint persistent-keepalive allowed-ips peer'
            else
                string split ' ' 'listen-port fwmark private-key peer'
            end
    end
end

function __wg_profile_set_has_name
    set --local words (__wg_profile_words)
    test (count $words) -ge 2; and test $words[1] = set
end

complete --command wg-profile --no-files
complete --command wg-profile --condition 'not __wg_profile_words >/dev/null' --short-option h --long-option help --description 'the usage'
complete --command wg-profile --condition 'not __wg_profile_words >/dev/null' --long-option version --description 'the version'
complete --command wg-profile --condition 'not __wg_profile_is up down restart reload logs start stop' --long-option root --require-parameter --arguments '(__fish_complete_directories)' --description 'look into the tree below DIR'
complete --command wg-profile --condition 'not __wg_profile_is check show plan up down restart reload logs doctor edit remove start stop enable disable wait resolve set peer import convert genkey' --long-option no-pager --description 'do not use a pager'
complete --command wg-profile --condition '__wg_profile_is list status' --long-option no-legend --description 'no titles'
complete --command wg-profile --condition '__wg_profile_is up down restart reload logs enable disable resolve' --long-option all --description 'all tunnels'
complete --command wg-profile --condition 'not __wg_profile_is up down restart reload logs start stop edit wait set' --long-option json --description 'for programs'
complete --command wg-profile --condition '__wg_profile_is edit remove' --long-option yes --description 'do not ask'
complete --command wg-profile --condition '__wg_profile_is logs' --short-option f --long-option follow --description 'go on as more comes'

for verb in \
    'help	explain a verb' \
    'list	all profiles, a line each' \
    'check	all problems of profiles' \
    'show	a profile with its drop-ins, and where each value comes from' \
    'plan	what starting or reloading the tunnel would do' \
    'up	start the tunnel' \
    'down	stop it' \
    'restart	stop the tunnel and start it again' \
    'reload	change of a running tunnel what the profile changed' \
    'enable	have tunnels start at boot' \
    'disable	have them not start at boot' \
    'status	whether tunnels work, and why not' \
    'wait	until the tunnel is there, or a peer has answered' \
    'resolve	ask DNS for the endpoints of tunnels now' \
    'doctor	why a tunnel has no handshake, no data or no protection' \
    'logs	what the journal has about tunnels' \
    'set	as "wg set", in the profile' \
    'peer	the clients of a server' \
    'edit	the profile in an editor' \
    'remove	stop a tunnel, and remove its profile' \
    'import	check a file, and make a profile of it' \
    'convert	a profile as wg-quick or nmconnection' \
    'genkey	make a private key, print the public one'
    set --local part (string split \t -- $verb)
    complete --command wg-profile --condition 'not __wg_profile_words >/dev/null; or __wg_profile_has 0 help' --arguments $part[1] --description $part[2]
end

complete --command wg-profile --condition '__wg_profile_is check' --arguments '(__wg_profile_names)' --force-files
complete --command wg-profile --condition '__wg_profile_has 0 show convert' --arguments '(__wg_profile_names)' --force-files
complete --command wg-profile --condition '__wg_profile_has 0 plan set edit genkey' --arguments '(__wg_profile_names)'
complete --command wg-profile --condition '__wg_profile_is up down restart reload start stop logs doctor remove status wait enable disable resolve' --arguments '(__wg_profile_names)'
complete --command wg-profile --condition '__wg_profile_has 0 peer' --arguments 'add list show remove disable enable'
complete --command wg-profile --condition '__wg_profile_has 1 peer' --arguments '(__wg_profile_names)'
complete --command wg-profile --condition '__wg_profile_has 2 peer' --arguments '(__wg_profile_clients)'
complete --command wg-profile --condition '__wg_profile_has 0 import' --force-files
complete --command wg-profile --condition __wg_profile_set_has_name --arguments '(__wg_profile_set_words)'

complete --command wg-profile --condition '__wg_profile_is show' --long-option secrets --description 'with the keys'
complete --command wg-profile --condition '__wg_profile_is status' --long-option watch --description 'again every 2 s'
complete --command wg-profile --condition '__wg_profile_is status' --long-option prometheus --description 'as metrics'
complete --command wg-profile --condition '__wg_profile_is status convert peer' --long-option output --require-parameter --force-files --description 'write FILE'
complete --command wg-profile --condition '__wg_profile_is enable disable' --long-option now --description 'start or stop them, too'
complete --command wg-profile --condition '__wg_profile_is wait' --long-option handshake --description 'until a peer has answered'
complete --command wg-profile --condition '__wg_profile_is wait resolve' --long-option timeout --exclusive --description 'at most so long'
complete --command wg-profile --condition '__wg_profile_is set' --long-option runtime --description 'the running tunnel, not the profile'
complete --command wg-profile --condition '__wg_profile_is peer' --long-option address --exclusive --description 'not the next free addresses'
complete --command wg-profile --condition '__wg_profile_is peer' --long-option allowed-ips --exclusive --description 'what the client sends into the tunnel'
complete --command wg-profile --condition '__wg_profile_is peer' --long-option site --exclusive --description 'the networks behind the client'
complete --command wg-profile --condition '__wg_profile_is peer' --long-option no-psk --description 'without a preshared key'
complete --command wg-profile --condition '__wg_profile_is peer' --long-option qr --description 'a code for a phone'
complete --command wg-profile --condition '__wg_profile_is peer' --long-option format --exclusive --arguments 'wg-quick nmconnection' --description 'the format'
complete --command wg-profile --condition '__wg_profile_is import' --long-option name --exclusive --description 'what the profile is to be called'
complete --command wg-profile --condition '__wg_profile_is import' --long-option start --description 'start the tunnel, too'
complete --command wg-profile --condition '__wg_profile_is import' --long-option force --description 'overwrite a profile of that name'
complete --command wg-profile --condition '__wg_profile_is convert' --long-option to --exclusive --arguments 'wg-quick nmconnection' --description 'the format'
complete --command wg-profile --condition '__wg_profile_is genkey' --long-option encrypt --description 'as an encrypted credential'
complete --command wg-profile --condition '__wg_profile_is genkey' --long-option first-boot --description 'as GenerateKey= says'
