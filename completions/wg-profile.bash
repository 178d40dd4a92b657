# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154,SC2207 # bash-completion declares words and cword; no candidate has a line's end
# bash completion of wg-profile(1).

# The names of all profiles, of the system or of what --root= names.
_wg_profile_names() {
        local name names

        mapfile -t names < <(wg-profile "${root[@]}" --json list 2>/dev/null | sed -n 's/^ *"name": "\(.*\)",$/\1/p')
        for name in "${names[@]}"; do
                [[ $name != "$cur"* ]] || COMPREPLY+=("$(printf %q "$name")")
        done
}

_wg_profile_files() {
        compopt -o filenames
        _filedir '@(conf|nmconnection)'
}

# _wg_profile_peers PROFILE KEYS: what the keys of "peer list" say of each peer; names come from Name= or a comment.
_wg_profile_peers() {
        local word words

        mapfile -t words < <(wg-profile "${root[@]}" --json peer list "$1" 2>/dev/null | sed -n -E "s/^ *\"($2)\": \"(.*)\",\$/\\2/p")
        for word in "${words[@]}"; do
                [[ $word != "$cur"* ]] || COMPREPLY+=("$(printf %q "$word")")
        done
}

# set NAME WORD...: the words of wg(8).
_wg_profile_set_words() {
        local name=$1 before=$2 i peer=

        case $before in
                peer)
                        _wg_profile_peers "$name" 'name|public-key'
                        return
                        ;;
                private-key | preshared-key)
                        _filedir
                        return
                        ;;
                listen-port | fwmark | endpoint | persistent-keepalive | allowed-ips) return ;;
        esac
        for ((i = 1; i < cword; i++)); do
                [[ ${words[i]} != peer ]] || peer=yes
        done
        if [[ -n $peer ]]; then
                COMPREPLY=($(compgen -W 'remove preshared-key endpoint persistent-keepalive allowed-ips peer' -- "$cur"))
        else
                COMPREPLY=($(compgen -W 'listen-port fwmark private-key peer' -- "$cur"))
        fi
}

_wg_profile_options() {
        local options='--help --version'

        case $1 in
                '') options+=' --root= --json --no-pager' ;;
                list) options='--root= --json --no-pager --no-legend' ;;
                check | plan) options='--root= --json' ;;
                up | down | restart | reload) options='--all' ;;
                doctor) options='--root= --json' ;;
                logs) options='--all --follow' ;;
                remove) options='--root= --json --yes' ;;
                edit) options='--root= --yes' ;;
                enable | disable) options='--root= --json --all --now' ;;
                show) options='--root= --json --secrets' ;;
                status) options='--root= --json --no-pager --no-legend --watch --prometheus --output=' ;;
                wait) options='--root= --handshake --timeout=' ;;
                resolve) options='--root= --json --all --timeout=' ;;
                set) options='--root= --runtime' ;;
                peer) options='--root= --json --address= --allowed-ips= --site= --no-psk --qr --format= --output=' ;;
                import) options='--root= --json --name= --start --force' ;;
                convert) options='--root= --json --to= --output=' ;;
                genkey) options='--root= --json --encrypt --first-boot' ;;
        esac
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
        [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
}

_wg_profile() {
        local cur prev words cword split i verb='' arguments=() root=()

        _init_completion -s || return
        case $prev in
                --root)
                        _filedir -d
                        return
                        ;;
                --output)
                        _filedir
                        return
                        ;;
                --to | --format)
                        COMPREPLY=($(compgen -W 'wg-quick nmconnection' -- "$cur"))
                        return
                        ;;
                --name | --timeout | --address | --allowed-ips | --site) return ;;
        esac
        for ((i = 1; i < cword; i++)); do
                case ${words[i]} in
                        --root=*) root=("${words[i]}") ;;
                        -*) ;;
                        *) if [[ -z $verb ]]; then verb=${words[i]}; else arguments+=("${words[i]}"); fi ;;
                esac
        done
        if [[ $cur == -* ]]; then
                _wg_profile_options "$verb"
                return
        fi
        case $verb,${#arguments[@]} in
                ,0 | help,0) COMPREPLY=($(compgen -W 'help list check show plan up down restart reload enable disable status wait resolve logs doctor set peer edit remove import convert genkey' -- "$cur")) ;;
                check,* | show,0 | convert,0)
                        _wg_profile_names
                        _wg_profile_files
                        ;;
                plan,0 | set,0 | edit,0 | genkey,0) _wg_profile_names ;;
                up,* | down,* | restart,* | reload,* | start,* | stop,* | logs,* | doctor,* | remove,* | status,* | wait,* | enable,* | disable,* | resolve,*) _wg_profile_names ;;
                peer,0) COMPREPLY=($(compgen -W 'add list show remove disable enable' -- "$cur")) ;;
                peer,1) _wg_profile_names ;;
                peer,2) [[ ${arguments[0]} == @(add|list) ]] || _wg_profile_peers "${arguments[1]}" name ;;
                import,0) _wg_profile_files ;;
                set,*) _wg_profile_set_words "${arguments[0]}" "${words[cword - 1]}" ;;
        esac
}

complete -F _wg_profile wg-profile
