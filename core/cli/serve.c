/* SPDX-License-Identifier: MIT */
/* synrl serve: the report's page over HTTP, for the runs of a folder, as they go.
 *
 * It listens on the loopback address alone, reads and never writes, and hands out two things: the
 * page, and what it shows. A run is named by its folder's name; nothing with a slash, and nothing
 * that begins with a dot, is one. Requests that name another host than this machine are refused, so
 * that no page from elsewhere can have its name resolve to here and read along. Connections are
 * answered at once and closed, so the oldest of many is one that only holds its place: it makes
 * room for the newest. */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/count.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/common.h"
#include "plugin/host.h"
#include "report/report.h"
#include "runs/runs.h"
#include "synrl/late.h"

enum { RUNS_SHOWN = 20, RUNS_ASKED = 100, TIMEOUT_SECONDS = 30 };
/* That are kept; and that may be there before those in excess are closed. */
enum { CONNECTIONS_KEPT = 64, CONNECTIONS_MAX = 128 };

enum { DEFAULT_PORT = 8123 };

#define MHD_FUNCTIONS(_)               \
    _(MHD_add_response_header)         \
    _(MHD_create_response_from_buffer) \
    _(MHD_destroy_response)            \
    _(MHD_get_connection_info)         \
    _(MHD_get_connection_values)       \
    _(MHD_get_daemon_info)             \
    _(MHD_lookup_connection_value) _(MHD_queue_response) _(MHD_start_daemon) _(MHD_stop_daemon)
struct mhd {
    MHD_FUNCTIONS(SYNRL_LATE_POINTER)
};

struct server {
    struct mhd mhd;
    struct core *core; /* used by the server's one thread */
    const char *runs;
    struct flag_integer port;
    /* All connections, the oldest first. Used by the server's thread. */
    struct MHD_Connection *connections[CONNECTIONS_MAX];
    size_t n_connections;
};

static const struct flag flags[] = {
    {"--port", FLAG_INTEGER(struct server, port), "N",
     "listen on port N of the loopback address (default: 8123); 0 is any that is free",
     .max = UINT16_MAX},
    {"--runs", FLAG_TEXT(struct server, runs), "DIR", "show the runs in DIR (default: `runs`)"},
};

/* Which runs ----------------------------------------------------------------------------------- */

static bool is_name(const char *name) {
    return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL;
}

static bool is_run(const char *folder) {
    struct stat status;
    return lstat(folder, &status) == 0 && S_ISDIR(status.st_mode) && run_exists(folder, NULL);
}

struct selection {
    const struct server *server;
    char *folders[RUNS_ASKED];
    size_t n, n_all; /* n_all: among how many runs of the folder; 0: these were asked for */
    bool is_good;
    synrl_status status; /* whether there was memory for them */
};

static void select_folder(struct selection *selection, const char *name) {
    struct core *core = selection->server->core;
    char *folder = NULL;
    if (is_name(name) && selection->n < RUNS_ASKED) {
        folder = core_printf(core, "%s/%s", selection->server->runs, name);
        selection->status = folder != NULL ? selection->status : SYNRL_NO_MEMORY;
    }
    if (folder != NULL && is_run(folder)) {
        selection->folders[selection->n++] = folder;
        return;
    }
    core_free(core, folder);
    selection->is_good = false;
}

static enum MHD_Result read_argument(void *context, enum MHD_ValueKind kind, const char *key,
                                     const char *value) {
    (void)kind;
    struct selection *selection = context;
    if (strcmp(key, "run") == 0 && value != NULL) {
        select_folder(selection, value);
    } else {
        selection->is_good = false;
    }
    return MHD_YES;
}

/* Names begin with the time, so the last are the newest. What is no run is passed over. */
static synrl_status add_newest(struct selection *selection) {
    struct core *core = selection->server->core;
    struct run_list list;
    synrl_status status = run_list_read(core, selection->server->runs, &list);
    for (size_t i = list.n; status == SYNRL_OK && i-- > 0;) {
        char *folder = core_printf(core, "%s/%s", selection->server->runs, list.entries[i].name);
        status = folder != NULL ? SYNRL_OK : SYNRL_NO_MEMORY;
        if (folder != NULL && is_run(folder) && selection->n_all++ < RUNS_SHOWN) {
            selection->folders[selection->n++] = folder;
        } else {
            core_free(core, folder);
        }
    }
    run_list_free(core, &list);
    return status;
}

/* Answers -------------------------------------------------------------------------------------- */

static bool add_headers(const struct mhd *mhd, struct MHD_Response *response, const char *type) {
    const char *const headers[][2] = {{MHD_HTTP_HEADER_CONTENT_TYPE, type},
                                      {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
                                      {"X-Content-Type-Options", "nosniff"},
                                      {"X-Frame-Options", "DENY"},
                                      {"Cross-Origin-Resource-Policy", "same-origin"}};
    bool are_added = true;
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        are_added = are_added &&
                    mhd->MHD_add_response_header(response, headers[i][0], headers[i][1]) == MHD_YES;
    }
    return are_added;
}

/* The body is copied. Without memory for an answer, or for a part of it, the connection ends. */
static enum MHD_Result answer(const struct server *server, struct MHD_Connection *connection,
                              unsigned code, const char *type, const char *body) {
    const struct mhd *mhd = &server->mhd;
    struct MHD_Response *response =
        mhd->MHD_create_response_from_buffer(strlen(body), (void *)body, MHD_RESPMEM_MUST_COPY);
    if (response == NULL) {
        return MHD_NO;
    }
    const enum MHD_Result result = add_headers(mhd, response, type)
                                       ? mhd->MHD_queue_response(connection, code, response)
                                       : MHD_NO;
    mhd->MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_error(const struct server *server, struct MHD_Connection *connection,
                                    unsigned code, const char *why) {
    return answer(server, connection, code, "text/plain; charset=utf-8", why);
}

static enum MHD_Result answer_made(struct MHD_Connection *connection, struct server *server,
                                   synrl_status status, const char *type, char *body) {
    enum MHD_Result result;
    if (status == SYNRL_OK) {
        result = answer(server, connection, MHD_HTTP_OK, type, body);
        core_free(server->core, body);
    } else {
        result =
            answer_error(server, connection, MHD_HTTP_INTERNAL_SERVER_ERROR, server->core->message);
    }
    return result;
}

static synrl_status make_data(struct server *server, struct selection *selection, char **json) {
    char note[256] = "";
    if (selection->n == 0) {
        SYNRL_TRY(add_newest(selection));
    }
    if (selection->n_all > selection->n) {
        snprintf(note, sizeof note,
                 "The newest %zu of %zu runs. Others are shown by name: ?run=NAME&run=NAME",
                 selection->n, selection->n_all);
    }
    return report_data(server->core, selection->n, (const char *const *)selection->folders,
                       "synrl runs", note, json);
}

static enum MHD_Result answer_data(struct MHD_Connection *connection, struct server *server) {
    struct selection selection = {.server = server, .is_good = true};
    char *json = NULL;
    enum MHD_Result result;
    server->mhd.MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, read_argument,
                                          &selection);
    if (selection.status != SYNRL_OK) {
        result = answer_made(connection, server, selection.status, NULL, NULL);
    } else if (!selection.is_good) {
        result = answer_error(server, connection, MHD_HTTP_NOT_FOUND, "no such run\n");
    } else {
        const synrl_status status = make_data(server, &selection, &json);
        result = answer_made(connection, server, status, "application/json", json);
    }
    for (size_t i = 0; i < selection.n; i++) {
        core_free(server->core, selection.folders[i]);
    }
    return result;
}

static bool is_this_machine(const char *host) {
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; host != NULL && i < COUNT_OF(names); i++) {
        const size_t length = strlen(names[i]);
        if (strncmp(host, names[i], length) == 0 && (host[length] == '\0' || host[length] == ':')) {
            return true;
        }
    }
    return false;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request) {
    (void)version;
    (void)upload;
    (void)request;
    struct server *server = context;
    if (*upload_size > 0) { /* nobody is asked to send anything */
        *upload_size = 0;
        return MHD_YES;
    }
    if (!is_this_machine(server->mhd.MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                                                 MHD_HTTP_HEADER_HOST))) {
        return answer_error(server, connection, MHD_HTTP_FORBIDDEN, "ask for localhost\n");
    }
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        return answer_error(server, connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                            "GET and HEAD alone\n");
    }
    if (strcmp(url, "/data.json") == 0) {
        return answer_data(connection, server);
    }
    if (strcmp(url, "/") == 0) {
        char *html = NULL;
        const synrl_status status = report_live_page(server->core, "/data.json", &html);
        return answer_made(connection, server, status, "text/html; charset=utf-8", html);
    }
    return answer_error(server, connection, MHD_HTTP_NOT_FOUND, "there are / and /data.json\n");
}

/* Connections ---------------------------------------------------------------------------------- */

/* Ends a connection as if the other side had: the server closes it in its next turn. */
static void hang_up(const struct server *server, struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        server->mhd.MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info != NULL) {
        shutdown(info->connect_fd, SHUT_RDWR);
    }
}

static void on_connection(void *context, struct MHD_Connection *connection, void **unused,
                          enum MHD_ConnectionNotificationCode code) {
    struct server *server = context;
    size_t kept = 0;
    (void)unused;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        if (server->n_connections >= CONNECTIONS_KEPT) {
            hang_up(server, server->connections[server->n_connections - CONNECTIONS_KEPT]);
        }
        if (server->n_connections < CONNECTIONS_MAX) {
            server->connections[server->n_connections++] = connection;
        }
        return;
    }
    for (size_t i = 0; i < server->n_connections; i++) {
        if (server->connections[i] != connection) {
            server->connections[kept++] = server->connections[i];
        }
    }
    server->n_connections = kept;
}

/* The library has no answer to more arguments than it has memory for. */
static void *look_at_address(void *context, const char *address,
                             struct MHD_Connection *connection) {
    static const char refusal[] =
        "HTTP/1.1 414 URI Too Long\r\nConnection: close\r\n"
        "Content-Length: 19\r\n\r\ntoo many arguments\n";
    const struct server *server = context;
    size_t n_arguments = 0;
    for (const char *c = address; *c != '\0'; c++) {
        n_arguments += *c == '&';
    }
    const union MHD_ConnectionInfo *info =
        server->mhd.MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (n_arguments >= RUNS_ASKED && info != NULL) {
        const ssize_t sent =
            send(info->connect_fd, refusal, sizeof refusal - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        (void)sent;
        shutdown(info->connect_fd, SHUT_WR); /* what is still on its way is read, not reset */
    }
    return NULL;
}

/* The server ----------------------------------------------------------------------------------- */

static bool load_mhd(struct mhd *mhd) {
    static const char *const names[] = {MHD_FUNCTIONS(SYNRL_LATE_NAME)};
    const char *why = synrl_late_load(LIBMICROHTTPD_SONAME, COUNT_OF(names), names, mhd);
    if (why != NULL) {
        fprintf(stderr, "synrl: serve needs libmicrohttpd, which cannot be loaded: %s\n", why);
    }
    return why == NULL;
}

static int listen_and_wait(struct server *server) {
    const uint16_t port = (uint16_t)server->port.value;
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Daemon *daemon = server->mhd.MHD_start_daemon(
        MHD_USE_AUTO_INTERNAL_THREAD, port, NULL, NULL, handle, server, MHD_OPTION_SOCK_ADDR,
        (const struct sockaddr *)&address, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_SECONDS, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_URI_LOG_CALLBACK, look_at_address, server,
        MHD_OPTION_END);
    if (daemon == NULL) {
        fprintf(stderr, "synrl: cannot listen on port %u: %s\n", (unsigned)port,
                errno == EAGAIN ? "a thread lacks memory, or there are too many" : strerror(errno));
        return EXIT_ERROR;
    }
    const union MHD_DaemonInfo *info =
        server->mhd.MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    printf("http://127.0.0.1:%u/ shows the runs in %s; Ctrl-C ends it\n",
           info != NULL ? (unsigned)info->port : (unsigned)port, server->runs);
    fflush(stdout);
    sigset_t signals;
    int received;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigwait(&signals, &received);
    server->mhd.MHD_stop_daemon(daemon);
    return EXIT_DONE;
}

static int serve(const struct program *program, int argc, char **argv) {
    (void)program;
    struct server server = {.runs = "runs", .port = {.value = DEFAULT_PORT}};
    sigset_t signals;
    int code = arguments_parse_flags(&command_serve, &server, argc, argv);
    if (code != EXIT_DONE) {
        return code;
    }
    if (!load_mhd(&server.mhd)) {
        return EXIT_ERROR;
    }
    /* Before the server's thread is started, so that it leaves them to sigwait. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    server.core = make_core();
    if (server.core == NULL) {
        return EXIT_ERROR;
    }
    struct run_list list;
    if (run_list_read(server.core, server.runs, &list) == SYNRL_OK) {
        run_list_free(server.core, &list);
        code = listen_and_wait(&server);
    } else {
        fprintf(stderr, "synrl: %s\n", server.core->message);
        code = EXIT_ERROR;
    }
    core_destroy(server.core);
    return code;
}

const struct command command_serve = {
    .name = "serve",
    .arguments = "[options]",
    .summary = "show the runs of a folder in a browser on this machine, while they run",
    .description =
        "It shows the newest 20 runs; the address ?run=NAME&run=NAME shows others. It ends "
        "with Ctrl-C.",
    COMMAND_FLAGS(flags),
    .run = serve,
};
