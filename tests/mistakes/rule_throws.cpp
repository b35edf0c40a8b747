// SPDX-License-Identifier: MIT
// A C++ exception that leaves the plugin.
#include <stdexcept>
#include <synrl/rule.h>

static synrl_status step(const synrl_host *, const void *, void *, synrl_env *) {
    throw std::runtime_error("no such table");
}

SYNRL_RULE(rule_throws, "1.0.0", "a mistake", "tests/mistakes", SYNRL_NO_PARAMS, char,
           .step = step);
