/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recognises the forms of UUIDs. */

#include "base/uuid.h"

#include <ctype.h>

/* RFC 9562, in either case. */
bool wgp_uuid_is_canonical(const char *s) {
        static const char form[WGP_UUID_TEXT_SIZE] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

        for (size_t i = 0; i < sizeof(form); i++)
                if (form[i] == 'x' ? !isxdigit((unsigned char) s[i]) : s[i] != form[i])
                        return false;
        return true;
}

/* What NetworkManager once wrote, and hashes to a UUID today (nm_uuid_is_valid_nm()): 40 hexadecimal digits, or 36 of
 * them and dashes, four of which are dashes. */
bool wgp_uuid_is_old(const char *s) {
        size_t n_dashes = 0, n = strlen(s);

        for (size_t i = 0; i < n; i++)
                if (s[i] == '-')
                        n_dashes++;
                else if (!isxdigit((unsigned char) s[i]))
                        return false;
        return (n == 40 && n_dashes == 0) || (n == 36 && n_dashes == 4 && !wgp_uuid_is_canonical(s));
}
