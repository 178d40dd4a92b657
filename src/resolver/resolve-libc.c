/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions to getaddrinfo(3), which blocks: a few threads do it, started when there is work, gone when there is none.
 * It knows whatever nsswitch.conf(5) names, and names that are not ASCII.
 *
 * A question that is taken back cannot be stopped; its answer is thrown away, and its thread ends then. Another may
 * start meanwhile: after a change of network the old questions hang for long, and the new ones shall not wait. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "model/prefix.h"
#include "resolver/resolve-internal.h"

enum {
        STACK_SIZE = 256 * 1024, /* bytes; only what is used takes memory */
};

struct WgpResolveJob {
        WgpResolveJob *next;
        WgpResolve *resolve;
        WgpQuestion *question; /* the main thread's; NULL: taken back */
        char *host;
        bool running, abandoned;
        int result; /* EAI_* */
        struct addrinfo *addresses;
};

static void job_free(WgpResolveJob *job) {
        if (job->addresses)
                freeaddrinfo(job->addresses);
        free(job->host);
        free(job);
}

static void append(WgpResolveJob **list, WgpResolveJob *job) {
        while (*list)
                list = &(*list)->next;
        job->next = NULL;
        *list = job;
}

/* --- in a thread --- */

static WgpResolveJob *take_job(WgpResolve *resolve) {
        WgpResolveJob *job;

        pthread_mutex_lock(&resolve->lock);
        job = resolve->waiting;
        if (job) {
                resolve->waiting = job->next;
                job->running = true;
        } else
                resolve->n_threads--;
        pthread_mutex_unlock(&resolve->lock);
        return job;
}

/* Returns whether the thread is to go on. */
static bool finish_job(WgpResolve *resolve, WgpResolveJob *job) {
        uint64_t one = 1;
        bool abandoned;

        pthread_mutex_lock(&resolve->lock);
        abandoned = job->abandoned;
        job->running = false;
        if (abandoned)
                resolve->n_abandoned--;
        append(&resolve->done, job);
        pthread_mutex_unlock(&resolve->lock);
        (void) !write(resolve->wakeup, &one, sizeof(one));
        return !abandoned;
}

static void *work(void *userdata) {
        static const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_IDN };
        WgpResolve *resolve = userdata;
        WgpResolveJob *job;

        while ((job = take_job(resolve))) {
                job->result = getaddrinfo(job->host, NULL, &hints, &job->addresses);
                if (job->result != 0)
                        job->addresses = NULL;
                if (!finish_job(resolve, job))
                        break;
        }
        return NULL;
}

/* --- in the main thread --- */

/* With the lock held. Signals are for the main thread. */
static int start_thread(WgpResolve *resolve) {
        sigset_t all, before;
        pthread_attr_t attributes;
        pthread_t thread;
        int r;

        r = pthread_attr_init(&attributes);
        if (r != 0)
                return -r;
        (void) pthread_attr_setstacksize(&attributes, STACK_SIZE);
        (void) pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);

        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before);
        r = pthread_create(&thread, &attributes, work, resolve);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        pthread_attr_destroy(&attributes);
        if (r == 0)
                resolve->n_threads++;
        return -r;
}

/* A question that the name servers have not answered is not worth a place among those that wait for a thread: they are
 * likely to be asked once more. */
static bool is_worth_waiting(const WgpQuestion *q) {
        return !q->failure || !q->resolve->waiting;
}

/* Takes a job that no thread has begun with. */
static bool take_back(WgpResolve *resolve, WgpResolveJob *job) {
        for (WgpResolveJob **j = &resolve->waiting; *j; j = &(*j)->next)
                if (*j == job) {
                        *j = job->next;
                        return true;
                }
        return false;
}

static void stop(WgpQuestion *q) {
        WgpResolve *resolve = q->resolve;
        WgpResolveJob *job = q->job;
        bool waiting;

        if (!job)
                return;
        pthread_mutex_lock(&resolve->lock);
        job->question = NULL;
        q->job = NULL;
        waiting = take_back(resolve, job);
        if (job->running && resolve->n_abandoned < WGP_RESOLVE_ABANDONED_MAX) {
                job->abandoned = true;
                resolve->n_abandoned++;
                resolve->n_threads--;
        }
        pthread_mutex_unlock(&resolve->lock);
        if (waiting)
                job_free(job);
}

/* Returns 0, -EAGAIN: there are more important ones, or another negative errno. */
int wgp_resolve_libc_start(WgpQuestion *q) {
        WgpResolve *resolve = q->resolve;
        WgpResolveJob *job = calloc(1, sizeof(*job));
        int r = 0;

        if (!job || !(job->host = strdup(q->name->host))) {
                free(job);
                return -ENOMEM;
        }
        job->resolve = resolve;
        job->question = q;

        pthread_mutex_lock(&resolve->lock);
        if (!is_worth_waiting(q))
                r = -EAGAIN;
        else if (resolve->n_threads < WGP_RESOLVE_THREADS_MAX)
                r = start_thread(resolve);
        if (r < 0 && r != -EAGAIN && resolve->n_threads > 0)
                r = 0; /* the others will do */
        if (r >= 0)
                append(&resolve->waiting, job);
        pthread_mutex_unlock(&resolve->lock);

        if (r < 0)
                job_free(job);
        else {
                q->job = job;
                q->stop = stop;
        }
        return r;
}

static const char *describe(int result) {
        return result == EAI_NONAME ? WGP_FAILURE_NO_NAME : gai_strerror(result);
}

static void answer(WgpQuestion *q, const WgpResolveJob *job) {
        WgpSockaddr addresses[WGP_LISTINGS_MAX] = {};
        size_t n = 0;

        for (const struct addrinfo *a = job->addresses; a && n < WGP_ARRAY_SIZE(addresses); a = a->ai_next) {
                if ((a->ai_family != AF_INET && a->ai_family != AF_INET6) || a->ai_addrlen > sizeof(addresses[n]))
                        continue;
                memcpy(addresses + n++, a->ai_addr, a->ai_addrlen);
        }
        if (n > 0)
                wgp_question_answer(q, &(WgpAnswer) { addresses, n, WGP_TTL_UNKNOWN });
        else
                q->resolve->failed(q, "it has no address");
}

static int on_done(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        WgpResolve *resolve = userdata;
        WgpResolveJob *jobs, *next;
        uint64_t n;

        (void) !read(fd, &n, sizeof(n));
        pthread_mutex_lock(&resolve->lock);
        jobs = TAKE_PTR(resolve->done);
        pthread_mutex_unlock(&resolve->lock);

        /* An answer may have another question taken back, whose job is in this very list: each is looked at in turn.
         */
        for (WgpResolveJob *job = jobs; job; job = next) {
                WgpQuestion *q = job->question;

                next = job->next;
                if (q) {
                        q->job = NULL;
                        if (job->result == 0)
                                answer(q, job);
                        else
                                q->resolve->failed(q, describe(job->result));
                }
                job_free(job);
        }
        return 0;
}

int wgp_resolve_libc_init(WgpResolve *resolve) {
        if (pthread_mutex_init(&resolve->lock, NULL) != 0)
                return -ENOMEM;
        resolve->wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (resolve->wakeup < 0)
                return -errno;
        return sd_event_add_io(resolve->event, &resolve->wakeup_source, resolve->wakeup, EPOLLIN, on_done, resolve);
}

/* Threads that still wait for an answer go down with the process, which is about to end: what they use stays. */
void wgp_resolve_libc_done(WgpResolve *resolve) {
        resolve->wakeup_source = sd_event_source_disable_unref(resolve->wakeup_source);
}
