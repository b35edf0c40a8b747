/* SPDX-License-Identifier: MIT */
/* Requests to `synrl serve`, over a socket of its own. Nothing outside the folder of runs is ever
 * part of an answer, and there is one to every complete request. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz/guided/frame.h"

/* The handler of requests is private to it. */
#include "cli/serve.c" /* NOLINT(bugprone-suspicious-include) */

enum { ANSWER_MOST = 1 << 20, TURNS = 8 };

static struct server server;
static struct MHD_Daemon *daemon_;

static const char outside[] =
    "{\"status\": \"done\", \"name\": \"OUTSIDE\", \"config\": {}, \"summary\": {\"loss\": 1}}";

static void put_run(struct frame *frame, const char *folder) {
    char name[64];
    snprintf(name, sizeof name, "%s/run.json", folder);
    frame_make_folder(frame, folder);
    frame_write(frame, name, outside, sizeof outside - 1);
}

/* The command from start to end: the signal that ends it has come before. */
static void begin_and_end(char *runs) {
    char none[] = "/none", port[] = "--port", zero[] = "0", name[] = "serve", flag[] = "--runs";
    char *sound[] = {name, flag, runs, port, zero, NULL}, *refused[] = {name, flag, none, NULL};
    char *wrong[] = {name, port, none, NULL};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    raise(SIGTERM);
    if (serve(NULL, 5, sound) != EXIT_DONE || serve(NULL, 3, refused) != EXIT_ERROR ||
        serve(NULL, 3, wrong) != EXIT_USAGE) {
        frame_fail("serve does not end as it should");
    }
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

/* Connections that say nothing: the oldest make room. */
static void crowd(void) {
    int ends[CONNECTIONS_KEPT + 4][2];
    const struct sockaddr address = {.sa_family = AF_UNIX};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]) != 0 ||
            MHD_add_connection(daemon_, ends[i][0], &address, sizeof address) != MHD_YES) {
            frame_fail("no connection");
        }
        MHD_run(daemon_);
    }
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        close(ends[i][1]);
    }
    for (int turn = 0; turn < TURNS; turn++) {
        MHD_run(daemon_);
    }
    if (server.n_connections > 0) {
        frame_fail("%zu connections are left", server.n_connections);
    }
}

static void start(struct frame *frame) {
    static char runs[256];
    frame_make_folder(frame, "runs");
    put_run(frame, "beside");
    put_run(frame, "runs/.hidden");
    frame_make_folder(frame, "runs/a");
    frame_write(frame, "runs/a/run.json", "{\"status\": \"done\"}", 18);
    snprintf(runs, sizeof runs, "%s", frame_path(frame, "runs"));
    if (symlink("../beside", frame_path(frame, "runs/link")) != 0) {
        frame_fail("no link");
    }
    begin_and_end(runs);
    server = (struct server){.core = frame->core, .runs = runs};
    if (!load_mhd(&server.mhd)) {
        frame_fail("no libmicrohttpd");
    }
    daemon_ = MHD_start_daemon(
        MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, handle, &server, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_MAX, MHD_OPTION_NOTIFY_CONNECTION, on_connection, &server,
        MHD_OPTION_URI_LOG_CALLBACK, look_at_address, &server, MHD_OPTION_END);
    if (daemon_ == NULL) {
        frame_fail("no daemon");
    }
    crowd();
}

static void stop(struct frame *frame) {
    (void)frame;
    MHD_stop_daemon(daemon_);
}

static void exchange(int server_side, int client, const uint8_t *bytes, size_t n) {
    static char text[ANSWER_MOST + 1];
    const struct sockaddr address = {.sa_family = AF_UNIX};
    size_t length = 0;
    if (MHD_add_connection(daemon_, server_side, &address, sizeof address) != MHD_YES) {
        frame_fail("no connection");
    }
    if (send(client, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)n) {
        frame_fail("not sent");
    }
    shutdown(client, SHUT_WR);
    for (int turn = 0; turn < TURNS && server.n_connections > 0; turn++) {
        ssize_t got;
        MHD_run(daemon_);
        while ((got = recv(client, text + length, ANSWER_MOST - length, MSG_DONTWAIT)) > 0) {
            length += (size_t)got;
        }
    }
    text[length] = '\0';
    if (memmem(text, length, "OUTSIDE", 7) != NULL) {
        frame_fail("it shows a run that is not one of its folder");
    }
}

static void read_request(struct frame *frame, const uint8_t *bytes, size_t n) {
    int ends[2];
    (void)frame;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) {
        frame_fail("no socket");
    }
    exchange(ends[0], ends[1], bytes, n);
    close(ends[1]);
    for (int turn = 0; turn < TURNS && server.n_connections > 0; turn++) {
        MHD_run(daemon_); /* it notices, and closes its end */
    }
}

const struct harness serve_harness[] = {
    {"serve", 16, start, stop, read_request},
    {.name = NULL},
};
