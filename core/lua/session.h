/* What the files of the Lua module share.
 *
 * One session a Lua state; it holds the core and is closed last. Every object is a box: a full
 * userdata that is pushed empty, with its metatable, and filled afterwards, so whatever fails, the
 * collector frees what was made. What boxes hold counts references; no box keeps another alive.
 *
 * An error of Lua never jumps over code of the core: callbacks run protected, their error
 * is kept, the core returns a failure, and session_raise throws what was kept. */
#ifndef SESSION_H
#define SESSION_H

#include <lauxlib.h>
#include <lua.h>

#include "lua/module.h"
#include "plugin/component.h"
#include "plugin/schedule.h"
#include "policy/policy.h"
#include "train/dataset.h"

struct session {
    struct core *core;
    struct settings *settings;
    struct settings defaults; /* where the program gave none */
    lua_State *L;             /* the thread that last called into the module: callbacks run on it */
    bool has_error;           /* a callback failed, and its error is kept */
    uint64_t seed;            /* of runs that name none */
    char call_id[128];        /* what the runs recorded here have in common; "": none yet */
    char folder[4096];        /* the working folder; "": not known */
    uint64_t n_recorded;      /* runs begun */
    uint64_t n_sweeps;        /* sweeps begun */
    json_t *earlier;          /* the call's runs from before, {"1": folder, ...}; or NULL */
};

void session_open(lua_State *L);          /* unless it is open */
struct session *session_of(lua_State *L); /* once it is open; never fails */

/* Errors --------------------------------------------------------------------------------------- */

/* Throws "script:line: message", with the place of the innermost Lua code that is being run. */
_Noreturn void session_fail(lua_State *L, const char *format, ...);
/* Throws the error that a callback left, or else the core's message. */
_Noreturn void session_raise(lua_State *L, struct session *session);
void session_check(lua_State *L, struct session *session, synrl_status status);
/* Keeps the error on top of the stack for session_raise, and pops it. Allocates nothing. */
synrl_status session_keep_error(lua_State *L, struct session *session);
/* Whether the user wants everything to end. */
bool session_interrupted(struct session *session);

/* Runs ----------------------------------------------------------------------------------------- */

/* Which run of this call comes next. Before the first it finds out, where a run is to be resumed,
 * which ones there are. What it fills in lives as long as the session. */
synrl_status session_next_run(struct session *session, struct recorder_options *options,
                              struct invocation *invocation);

/* Boxes ---------------------------------------------------------------------------------------- */

struct type {
    const char *name;        /* of the metatable: "synrl.policy" */
    lua_CFunction free;      /* idempotent: both __gc and __close */
    const luaL_Reg *meta;    /* further metamethods; or NULL */
    const luaL_Reg *methods; /* or NULL */
};
void type_register(lua_State *L, const struct type *type);
/* A zeroed box with the type's metatable, on top of the stack. */
void *box_push(lua_State *L, const struct type *type, size_t size);
/* A box for a string of the core's; the string is freed with the box. */
char **text_push(lua_State *L);
/* What stands at the index, for messages: "a string", "the rule \"static\"". Pushes it. */
const char *describe(lua_State *L, int index);

/* Tables of named values ----------------------------------------------------------------------- */

/* Throws unless the value at the index is a table whose keys are all among the n names. `who`
 * stands in front of the message. */
void keys_check(lua_State *L, int index, const char *who, size_t n, const char *const *names);
/* The table's keys in alphabetical order, in a scratch userdata that is pushed; throws for a key
 * that is no string. */
const char **keys_sorted(lua_State *L, int index, const char *who, size_t *n);
/* The field, pushed; false, and nothing pushed, where it is nil. */
bool field_push(lua_State *L, int table, const char *name);
/* Pops a number or integer that field_push pushed; throws what it has to be. */
double field_number(lua_State *L, const char *who, const char *name, double min, double max);
uint64_t field_integer(lua_State *L, const char *who, const char *name, int64_t min, int64_t max);
/* The same for the value at an index. */
uint64_t argument_integer(lua_State *L, int index, const char *who, int64_t min, int64_t max);

/* Objects -------------------------------------------------------------------------------------- */

/* `at` functions: what the box at the index holds, or NULL where it is none of the kind. `push`
 * functions: an empty box, to be filled. */
struct component **component_push(lua_State *L);
struct component *component_at(lua_State *L, int index);
/* A component of this kind, or the id of one, which is then made with its defaults in a box that is
 * pushed; throws where it is neither. */
struct component *component_read(lua_State *L, int index, synrl_kind kind, const char *who);
/* The component with the parameters in the table at the index (nil: none), in a box on top. */
struct component *component_make(lua_State *L, synrl_kind kind, const char *id, int parameters);

struct dataset *dataset_at(lua_State *L, int index);
struct dataset *dataset_read(lua_State *L, int index, const char *who);

const synrl_policy **policy_push(lua_State *L);
const synrl_policy *policy_at(lua_State *L, int index);

struct schedule **schedule_push(lua_State *L);
struct schedule *schedule_at(lua_State *L, int index);
/* A schedule that asks the Lua function at the index, in a box on top. */
struct schedule **schedule_from_function(lua_State *L, int index);

/* A trained network: what is left of a run. */
struct result {
    struct component *model, *loss;
    size_t n_weights;
    float *weights;
};
/* Its user values: the fields `summary` and `policy`, and the list of tensors. */
enum { RESULT_SUMMARY = 1, RESULT_POLICY, RESULT_TENSORS, RESULT_USER_VALUES = RESULT_TENSORS };
struct result *result_push(lua_State *L);
struct result *result_at(lua_State *L, int index);

/* Evaluates the network on the data, and pushes a table of what came out. Returns 1. */
int evaluation_push(lua_State *L, const struct result *network, struct dataset *data, bool outputs);

/* The value at the index as parameters take it. What had to be made for it lies on the stack, so
 * the value lasts until the caller pops. */
void value_read(lua_State *L, int index, struct value *value);

/* Throws where the user gave options and the script has not taken them, or wants to see options
 * and the script has shown none: called before a script does real work. */
void options_require_taken(lua_State *L);

/* A table of what the metrics know. */
void metrics_push(lua_State *L, const struct metrics *metrics);

/* What a script wants to decide during a run. The indices are of the running function's stack. */
enum { TARGETS_MAX = 8 };
struct decider {
    struct session *session;
    int on_evaluate, stop; /* of functions; 0: none */
    size_t n_targets;
    struct target {
        size_t field;
        double value;
    } targets[TARGETS_MAX];
};
/* Reads the field `stop` that is on top of the stack: a function, or a table of targets. */
void decider_read_stop(lua_State *L, struct decider *decider, bool has_valid);
/* As train_options.decide. */
synrl_status decider_decide(void *context, const struct metrics *metrics, bool *stop, char *reason,
                            size_t reason_size);

/* Functions of the module, and the types they make --------------------------------------------- */

extern const struct type component_type, dataset_type, policy_type, schedule_type, result_type;
extern const luaL_Reg component_functions[], dataset_functions[], policy_functions[],
    schedule_functions[], train_functions[], evaluate_functions[], options_functions[],
    plot_functions[], sweep_functions[];
/* Types that scripts never see. */
extern const struct type text_type, run_type, evaluation_type, kept_json_type;

#endif
