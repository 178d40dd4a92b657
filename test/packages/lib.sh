# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Sourced in the project's directory, after tools/setup.sh.

# copy_sources DIRECTORY: what a clean checkout would have, with what is not committed yet.
copy_sources() {
        local files=(git -c safe.directory='*' ls-files --cached --others --exclude-standard --deduplicate -z)

        mkdir -p "$1"
        if git -c safe.directory='*' rev-parse --git-dir >/dev/null 2>&1; then
                "${files[@]}" | while IFS= read -r -d '' file; do
                        [ ! -e "$file" ] && [ ! -L "$file" ] || printf '%s\0' "$file"
                done
        else
                find . -mindepth 1 \( -name 'build*' -prune -o ! -type d -print0 \)
        fi | tar --create --null --verbatim-files-from --files-from=- | tar --extract --directory="$1"
}
