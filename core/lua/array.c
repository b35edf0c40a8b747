/* SPDX-License-Identifier: MIT */
/* Arrays of numbers with arithmetic. Sums run in ascending order, and functions are the host's, so
 * results are the same on every machine. */
#include "lua/array.h"

#include <math.h>
#include <string.h>

#include "base/count.h"
#include "engine/math.h"
#include "lua/box.h"
#include "lua/session.h"

/* Its address is the key of the metatable in Lua's registry, which is found faster than a name. */
static const char metatable_key;

struct array *array_push(lua_State *L, size_t n) {
    struct array *array = lua_newuserdatauv(L, sizeof *array + n * sizeof *array->x, 0);
    array->n = n;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
    lua_setmetatable(L, -2);
    return array;
}

struct array *array_at(lua_State *L, int index) {
    struct array *array = lua_touserdata(L, index);
    if (array == NULL || lua_getmetatable(L, index) == 0) {
        return NULL;
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
    const bool is_array = lua_rawequal(L, -1, -2) != 0;
    lua_pop(L, 2);
    return is_array ? array : NULL;
}

struct array *array_check(lua_State *L, int index, size_t n, const char *who) {
    struct array *array = array_at(L, index);
    if (array != NULL && array->n == n) {
        return array;
    }
    if (array != NULL) {
        session_fail(L, "%s has %I elements: must have %I", who, (LUAI_UACINT)array->n,
                     (LUAI_UACINT)n);
    }
    session_fail(L, "%s must be an array, not %s", who, describe(L, index));
}

/* Arithmetic ----------------------------------------------------------------------------------- */

/* An array, or a number that stands for one of any length. */
struct operand {
    const double *x;
    size_t stride, n;
    double number;
};

static void read_operand(lua_State *L, int index, struct operand *operand) {
    const struct array *array = array_at(L, index);
    if (array != NULL) {
        *operand = (struct operand){.x = array->x, .stride = 1, .n = array->n};
        return;
    }
    if (lua_type(L, index) != LUA_TNUMBER) {
        session_fail(L, "arithmetic with an array and %s: must be a number or an array",
                     describe(L, index));
    }
    *operand = (struct operand){.number = lua_tonumber(L, index)};
    operand->x = &operand->number;
}

/* Reads two operands, and pushes the result's array. */
static double *begin(lua_State *L, int left, int right, struct operand *a, struct operand *b,
                     size_t *n) {
    read_operand(L, left, a);
    read_operand(L, right, b);
    if (a->stride != 0 && b->stride != 0 && a->n != b->n) {
        session_fail(L, "arithmetic with arrays of %I and %I numbers: must be of one length",
                     (LUAI_UACINT)a->n, (LUAI_UACINT)b->n);
    }
    *n = a->stride != 0 ? a->n : b->n;
    return array_push(L, *n)->x;
}

#define BINARY(name, expression)                        \
    static int name(lua_State *L) {                     \
        struct operand left, right;                     \
        size_t n;                                       \
        double *z = begin(L, 1, 2, &left, &right, &n);  \
        for (size_t i = 0; i < n; i++) {                \
            const double x = left.x[i * left.stride];   \
            const double y = right.x[i * right.stride]; \
            z[i] = (expression);                        \
        }                                               \
        return 1;                                       \
    }
BINARY(add, x + y)
BINARY(subtract, x - y)
BINARY(multiply, x *y)
BINARY(divide, x / y)
BINARY(less, x < y ? 1.0 : 0.0)
BINARY(greater, x > y ? 1.0 : 0.0)
BINARY(equal, x == y ? 1.0 : 0.0)
BINARY(smaller_of, x < y ? x : y)
BINARY(larger_of, x > y ? x : y)

static const struct array *own(lua_State *L) {
    const struct array *array = array_at(L, 1);
    if (array == NULL) {
        session_fail(L, "an array was expected, not %s: write array:method(...)", describe(L, 1));
    }
    return array;
}

#define UNARY(name, expression)                 \
    static int name(lua_State *L) {             \
        const struct array *array = own(L);     \
        double *z = array_push(L, array->n)->x; \
        for (size_t i = 0; i < array->n; i++) { \
            const double x = array->x[i];       \
            z[i] = (expression);                \
        }                                       \
        return 1;                               \
    }
UNARY(negate, -x)
UNARY(absolute, fabs(x))
UNARY(square_root, sqrt(x))
UNARY(round_down, floor(x))
UNARY(sign, x > 0.0 ? 1.0 : (x < 0.0 ? -1.0 : 0.0))

/* By squaring: the C library's pow may differ in the last bit from one machine to another. */
static double whole_power(double x, unsigned exponent) {
    double power = 1.0;
    for (; exponent > 0; exponent >>= 1) {
        power = (exponent & 1) != 0 ? power * x : power;
        x *= x;
    }
    return power;
}

static int power(lua_State *L) {
    enum { EXPONENT_MAX = 1024 };
    const struct array *array = array_at(L, 1);
    int is_whole;
    const lua_Integer exponent = lua_tointegerx(L, 2, &is_whole);
    if (array != NULL && lua_type(L, 2) == LUA_TNUMBER && is_whole && exponent >= -EXPONENT_MAX &&
        exponent <= EXPONENT_MAX) {
        const unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
        double *z = array_push(L, array->n)->x;
        for (size_t i = 0; i < array->n; i++) {
            const double x = whole_power(array->x[i], size);
            z[i] = exponent < 0 ? 1.0 / x : x;
        }
        return 1;
    }
    session_fail(L,
                 "a power of an array must be a whole number from -%d to %d, not %s; others are "
                 "(a:log() * b):exp()",
                 EXPONENT_MAX, EXPONENT_MAX, describe(L, array == NULL ? 1 : 2));
}

/* By a function of the host, in floats. */
static int by_host(lua_State *L, void (*function)(size_t n, const float *x, float *y)) {
    enum { CHUNK = 256 };
    float chunk[CHUNK];
    const struct array *array = own(L);
    double *z = array_push(L, array->n)->x;
    for (size_t first = 0; first < array->n; first += CHUNK) {
        const size_t n = array->n - first < CHUNK ? array->n - first : CHUNK;
        for (size_t i = 0; i < n; i++) {
            chunk[i] = (float)array->x[first + i];
        }
        function(n, chunk, chunk);
        for (size_t i = 0; i < n; i++) {
            z[first + i] = (double)chunk[i];
        }
    }
    return 1;
}

static int exponential(lua_State *L) {
    return by_host(L, math_api.exp);
}

static int logarithm(lua_State *L) {
    return by_host(L, math_api.log);
}

static int tangent(lua_State *L) {
    return by_host(L, math_api.tanh);
}

static int sine(lua_State *L) {
    return by_host(L, math_api.sin);
}

static int cosine(lua_State *L) {
    return by_host(L, math_api.cos);
}

/* (mask, a, b): a where the mask is not 0, else b. */
static int where(lua_State *L) {
    const struct array *mask = own(L);
    struct operand a, b;
    size_t n;
    lua_settop(L, 3);
    double *z = begin(L, 2, 3, &a, &b, &n);
    if ((a.stride != 0 || b.stride != 0) && n != mask->n) {
        session_fail(L, "where: arrays of %I and %I numbers: must be of one length",
                     (LUAI_UACINT)mask->n, (LUAI_UACINT)n);
    }
    if (a.stride == 0 && b.stride == 0) {
        z = array_push(L, mask->n)->x;
    }
    for (size_t i = 0; i < mask->n; i++) {
        z[i] = mask->x[i] != 0.0 ? a.x[i * a.stride] : b.x[i * b.stride];
    }
    return 1;
}

/* Reductions ----------------------------------------------------------------------------------- */

static double sum_of(const struct array *array) {
    double sum = 0.0;
    for (size_t i = 0; i < array->n; i++) {
        sum += array->x[i];
    }
    return sum;
}

static int sum(lua_State *L) {
    lua_pushnumber(L, sum_of(own(L)));
    return 1;
}

static int mean(lua_State *L) {
    const struct array *array = own(L);
    lua_pushnumber(L, sum_of(array) / (double)array->n);
    return 1;
}

static int dot(lua_State *L) {
    const struct array *left = own(L);
    const struct array *right = array_check(L, 2, left->n, "dot: the other factor");
    double total = 0.0;
    for (size_t i = 0; i < left->n; i++) {
        total += left->x[i] * right->x[i];
    }
    lua_pushnumber(L, total);
    return 1;
}

/* Access --------------------------------------------------------------------------------------- */

static int length(lua_State *L) {
    lua_pushinteger(L, (lua_Integer)own(L)->n);
    return 1;
}

/* (array, i) -> element; (array, name) -> method. Upvalue: the methods. */
static int get_element(lua_State *L) {
    const struct array *array = own(L);
    if (lua_type(L, 2) != LUA_TNUMBER) {
        lua_settop(L, 2);
        lua_pushvalue(L, 2);
        if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL) {
            session_fail(L, "an array has no method called %s", describe(L, 2));
        }
        return 1;
    }
    const lua_Integer i = lua_isinteger(L, 2) ? lua_tointeger(L, 2) : 0;
    if (i < 1 || (size_t)i > array->n) {
        session_fail(L, "element %s of an array of %I: must be 1 .. %I", luaL_tolstring(L, 2, NULL),
                     (LUAI_UACINT)array->n, (LUAI_UACINT)array->n);
    }
    lua_pushnumber(L, array->x[i - 1]);
    return 1;
}

static int refuse_change(lua_State *L) {
    session_fail(L, "an array does not change: make another one, such as mask:where(a, b)");
}

static int text(lua_State *L) {
    enum { SHOWN = 6 };
    const struct array *array = own(L);
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    luaL_addstring(&buffer, "array {");
    for (size_t i = 0; i < array->n && i < SHOWN; i++) {
        lua_pushfstring(L, "%s %f", i > 0 ? "," : "", array->x[i]);
        luaL_addvalue(&buffer);
    }
    luaL_addstring(&buffer, array->n > SHOWN ? ", ... }" : " }");
    luaL_pushresult(&buffer);
    return 1;
}

static int describe_array(lua_State *L) {
    const struct array *array = array_at(L, 1);
    lua_pushfstring(L, "an array of %I", (LUAI_UACINT)(array != NULL ? array->n : 0));
    return 1;
}

/* (n [, value]) or ({numbers}) -> array */
static int make(lua_State *L) {
    lua_settop(L, 2);
    const bool is_list = lua_istable(L, 1);
    const lua_Integer n = is_list               ? (lua_Integer)lua_rawlen(L, 1)
                          : lua_isinteger(L, 1) ? lua_tointeger(L, 1)
                                                : -1;
    if (n < 0 || n > ARRAY_MOST) {
        session_fail(L, "synrl.array: must be a list of numbers, or a length of 0 .. %d, not %s",
                     ARRAY_MOST, describe(L, 1));
    }
    if (!is_list && !lua_isnil(L, 2) && lua_type(L, 2) != LUA_TNUMBER) {
        session_fail(L, "synrl.array: the value must be a number, not %s", describe(L, 2));
    }
    const double value = lua_tonumber(L, 2);
    struct array *array = array_push(L, (size_t)n);
    for (lua_Integer i = 0; i < n; i++) {
        array->x[i] = value;
        if (is_list) {
            if (lua_rawgeti(L, 1, i + 1) != LUA_TNUMBER) {
                session_fail(L, "synrl.array: element %I must be a number, not %s",
                             (LUAI_UACINT)i + 1, describe(L, -1));
            }
            array->x[i] = lua_tonumber(L, -1);
            lua_pop(L, 1);
        }
    }
    return 1;
}

const luaL_Reg array_functions[] = {{"array", make}, {NULL, NULL}};

void array_register(lua_State *L) {
    static const luaL_Reg meta[] = {{"__add", add},       {"__sub", subtract},
                                    {"__mul", multiply},  {"__div", divide},
                                    {"__unm", negate},    {"__pow", power},
                                    {"__len", length},    {"__newindex", refuse_change},
                                    {"__tostring", text}, {"__describe", describe_array},
                                    {NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"abs", absolute},    {"cos", cosine},       {"dot", dot},          {"equal", equal},
        {"exp", exponential}, {"floor", round_down}, {"greater", greater},  {"less", less},
        {"log", logarithm},   {"max", larger_of},    {"mean", mean},        {"min", smaller_of},
        {"sign", sign},       {"sin", sine},         {"sqrt", square_root}, {"sum", sum},
        {"tanh", tangent},    {"where", where},      {NULL, NULL}};
    luaL_checkstack(L, 4, NULL);
    lua_createtable(L, 0, (int)COUNT_OF(meta) + 2);
    luaL_setfuncs(L, meta, 0);
    lua_createtable(L, 0, (int)COUNT_OF(methods));
    luaL_setfuncs(L, methods, 0);
    lua_pushcclosure(L, get_element, 1);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "synrl.array");
    lua_setfield(L, -2, "__name");
    lua_pushliteral(L, "locked");
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
}
