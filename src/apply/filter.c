/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes and deletes the nft table and sets src_valid_mark. A tunnel works without its table, though less protected: a
 * failure is a warning, kept in the record. */

#include "apply/filter.h"

#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <time.h>
#include <unistd.h>

#include "apply/device.h"
#include "netlink/nl-query.h"
#include "system/nft.h"
#include "system/report.h"
#include "system/root-path.h"

/* of the network namespace that this process is in */
#define VALID_MARK_FILE "/proc/sys/net/ipv4/conf/all/src_valid_mark"

/* --- looking --- */

/* Looks at a table. Returns 0, -ENOENT when there is none, or another negative errno. */
int wgp_filter_gather_table(WgpContext *context, const char *table, WgpFilter *ret) {
        int r = 0;

        if (!context->netfilter)
                r = wgp_context_open_socket(context, NETLINK_NETFILTER, &context->netfilter);
        return r < 0 ? r : wgp_nl_query_table(context->netfilter, table, ret);
}

static uint8_t read_valid_mark(void) {
        _cleanup_(wgp_closep) int fd = open(VALID_MARK_FILE, O_RDONLY | O_CLOEXEC);
        char digit;

        return fd >= 0 && read(fd, &digit, 1) == 1 && digit != '0';
}

/* Fills in what is there of what "concerned" has. Returns 0 or a negative errno. */
int wgp_filter_gather(WgpContext *context, const WgpNetwork *concerned, WgpNetwork *network) {
        char table[WGP_NFT_TABLE_SIZE];
        int r = 0;

        if (concerned->valid_mark.wanted)
                network->valid_mark.value = read_valid_mark();
        if (concerned->filter.present && !network->filter.present) {
                wgp_nft_table_name(concerned->link.name, table);
                r = wgp_filter_gather_table(context, table, &network->filter);
        }
        /* No such table, or no nf_tables at all: making the table will show. */
        return r == -ENOMEM || r == -EPERM ? r : 0;
}

/* --- doing --- */

/* A daemon opens its port when it learns that the link is up, a moment after we set it up. */
static uint16_t find_port(WgpRun *run) {
        enum {
                ATTEMPTS = 50,
                PAUSE_NSEC = 10 * 1000 * 1000,
        };

        for (unsigned i = 0; i < ATTEMPTS; i++) {
                _cleanup_(wgp_device_done) WgpDevice device = {};

                if (wgp_device_get(&run->context, &run->actual.link, &device) < 0)
                        return 0;
                if (device.listen_port > 0 || run->context.backend == WGP_BACKEND_KERNEL)
                        return device.listen_port;
                (void) nanosleep(&(struct timespec) { .tv_nsec = PAUSE_NSEC }, NULL);
        }
        return 0;
}

static int delete_table(const WgpNftInput *input, char **ret_problem) {
        _cleanup_(freep) char *text = NULL;
        int r;

        r = wgp_nft_format_down(input->ifname, &text);
        return r < 0 ? r : wgp_nft_run(text, ret_problem);
}

static int make_table(const WgpNftInput *input, char **ret_problem) {
        _cleanup_(freep) char *text = NULL;
        int r;

        r = wgp_nft_format_up(input, &text);
        return r < 0 ? r : wgp_nft_run(text, ret_problem);
}

/* A kernel without nft_socket refuses the whole table: then it is made without the rule that needs it. */
static int make_what_can_be(WgpRun *run, const WgpOperation *op, char **ret_problem) {
        _cleanup_(freep) char *refusal = NULL;
        WgpNftInput input = op->filter;
        int r;

        input.ifindex = run->actual.link.ifindex;
        if (input.port == 0)
                input.port = find_port(run);
        r = make_table(&input, ret_problem);
        if (r == 0)
                run->answers_refused = false;
        if (r != WGP_NFT_E_FAILED || !input.answers)
                return r;

        refusal = TAKE_PTR(*ret_problem);
        input.answers = false;
        r = make_table(&input, ret_problem);
        if (r != 0)
                return r;
        run->answers_refused = true;
        wgp_report_notice(
                        "The nft table has no rule for the answers of name servers, since that needs nft_socket: %s. "
                        "A "
                        "strict rp_filter may drop them.",
                        refusal);
        return 0;
}

/* Makes or deletes the table. A table that cannot be made is a warning, kept in the run. Returns 0, or a negative
 * errno (reported). */
int wgp_filter_execute(WgpRun *run, const WgpOperation *op) {
        _cleanup_(freep) char *problem = NULL;
        int r;

        r = wgp_context_before_change(&run->context);
        if (r >= 0)
                r = op->type == WGP_OP_DELETE_FILTER ? delete_table(&op->filter, &problem) :
                                                       make_what_can_be(run, op, &problem);
        if (r < 0)
                wgp_report_error("Cannot %s the nft table of %s: %s.",
                                op->type == WGP_OP_SET_FILTER ? "make" : "delete", op->filter.ifname, strerror(-r));
        if (r != WGP_NFT_E_FAILED)
                return r;

        if (op->type == WGP_OP_DELETE_FILTER) {
                wgp_report_error("Cannot delete the nft table of %s: %s.", op->filter.ifname, problem);
                return -EIO;
        }
        wgp_report_warning("The tunnel has no nft table: %s. Forged packets to its addresses are not dropped, "
                           "and a strict rp_filter may drop its own packets.",
                        problem);
        free(run->filter_problem);
        run->filter_problem = TAKE_PTR(problem);
        return 0;
}

static int write_valid_mark(uint8_t value) {
        _cleanup_(wgp_closep) int fd = open(VALID_MARK_FILE, O_WRONLY | O_CLOEXEC);
        const char digit = (char) ('0' + value);

        return fd < 0 || write(fd, &digit, 1) != 1 ? -errno : 0;
}

/* Writes the sysctl. In a container it may be read-only: that is a warning, since only a strict rp_filter needs it.
 * Returns 0 or a negative errno (reported). */
int wgp_valid_mark_execute(WgpRun *run, const WgpOperation *op) {
        int r;

        r = wgp_context_before_change(&run->context);
        if (r >= 0)
                r = write_valid_mark(op->valid_mark);
        if (r == -EROFS || r == -EACCES) {
                wgp_report_warning("Cannot set net.ipv4.conf.all.src_valid_mark: %s. A strict rp_filter will drop the "
                                   "tunnel's own packets.",
                                strerror(-r));
                return 0;
        }
        if (r < 0)
                wgp_report_error("Cannot write %s: %s.", VALID_MARK_FILE, strerror(-r));
        return r;
}
