/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells which verb of ours a word of wg(8), wg-quick(8), nmcli(1), systemctl(1) or networkctl(1) stands for. */

#include "cli/synonym.h"

/* Returns what to type instead, as a person would read it; NULL: nothing is known. */
const char *wgp_verb_synonym(const char *typed) {
        static const struct {
                const char *word, *ours;
        } table[] = {
                { "add", "import FILE" },
                { "addconf", "set NAME" },
                { "cat", "show NAME" },
                { "clone", "convert NAME" },
                { "connect", "up NAME" },
                { "delete", "remove NAME" },
                { "del", "remove NAME" },
                { "diff", "plan NAME" },
                { "disconnect", "down NAME" },
                { "export", "convert NAME" },
                { "follow", "logs -f NAME" },
                { "genpsk", "set NAME peer KEY preshared-key FILE" },
                { "install", "import FILE" },
                { "journal", "logs NAME" },
                { "kill", "down NAME" },
                { "lint", "check NAME" },
                { "log", "logs NAME" },
                { "load", "import FILE" },
                { "ls", "list" },
                { "modify", "set NAME" },
                { "monitor", "status --watch" },
                { "pubkey", "genkey NAME" },
                { "purge", "remove NAME" },
                { "reapply", "reload NAME" },
                { "reconfigure", "reload NAME" },
                { "rm", "remove NAME" },
                { "save", "set NAME" },
                { "setconf", "set NAME" },
                { "showconf", "show NAME" },
                { "strip", "convert --to=wg-quick NAME" },
                { "syncconf", "reload NAME" },
                { "test", "check NAME" },
                { "troubleshoot", "doctor NAME" },
                { "try-restart", "restart NAME" },
                { "uninstall", "remove NAME" },
                { "validate", "check NAME" },
                { "verify", "check NAME" },
                { "watch", "status --watch" },
                { "why", "doctor NAME" },
        };

        for (size_t i = 0; i < WGP_ARRAY_SIZE(table); i++)
                if (streq(table[i].word, typed))
                        return table[i].ours;
        return NULL;
}
