/* SPDX-License-Identifier: MIT */
/* Policies as a table for people. */
#include "policy/policy_text.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"

static void add_symbol(char **text, char symbol, bool is_last) {
    *(*text)++ = symbol;
    *(*text)++ = is_last ? '\0' : ' ';
}

void policy_history_text(uint32_t history, uint32_t n, const char *symbols,
                         char text[POLICY_DIGITS_SIZE]) {
    text[0] = '\0';
    for (uint32_t k = n; k > 0; k--) {
        add_symbol(&text, symbols[policy_digit(history, k)], k == 1);
    }
}

void policy_features_text(uint32_t features, uint32_t n, char text[POLICY_DIGITS_SIZE]) {
    text[0] = '\0';
    for (uint32_t k = 1; k <= n; k++) {
        add_symbol(&text, "-0+"[policy_digit(features, k)], k == n);
    }
}

/* Whether a state can occur: before the first reward there is neither a reward nor an action. */
static bool state_can_occur(const synrl_policy *policy, uint32_t rewards, uint32_t actions) {
    bool has_begun = true;
    for (uint32_t k = 1; k <= SYNRL_MEMORY_MAX; k++) {
        const bool has_reward = k <= policy->n_rewards && policy_digit(rewards, k) != 1;
        if (has_reward && !has_begun) {
            return false;
        }
        has_begun &= has_reward || k > policy->n_rewards;
        if (!has_begun && k <= policy->n_actions && policy_digit(actions, k) != 1) {
            return false;
        }
    }
    return true;
}

/* Columns: rewards and actions 10 wide, features too where there are any, three of Q 14 wide, the
 * greedy action; at most TEXT_WIDTH in all. */
enum { TEXT_WIDTH = 81 };

static void state_text(const synrl_policy *policy, uint32_t rewards, uint32_t situation,
                       uint8_t greedy, char line[TEXT_WIDTH + 1]) {
    char reward_text[POLICY_DIGITS_SIZE], action_text[POLICY_DIGITS_SIZE],
        feature_text[POLICY_DIGITS_SIZE];
    char q[3][NUMBER_SIZE];
    policy_history_text(rewards, policy->n_rewards, "-.+", reward_text);
    policy_history_text(situation % policy->n_action_histories, policy->n_actions, "-0+",
                        action_text);
    policy_features_text(situation / policy->n_action_histories, policy->n_features, feature_text);
    for (int action = 0; action < 3; action++) {
        number_write(q[action], 6, policy_state_q(policy, rewards, situation)[action]);
    }
    snprintf(line, TEXT_WIDTH + 1, "%-10s%-10s%-*s%14.13s%14.13s%14.13s  %6c\n", reward_text,
             action_text, policy->n_features > 0 ? 10 : 0, feature_text, q[0], q[1], q[2],
             "-0+"[greedy]);
}

/* "features: credit, pre" */
enum { FEATURES_WIDTH = 16 + SYNRL_MEMORY_MAX * (FEATURE_NAME_SIZE + 2) };

static int features_line(const synrl_policy *policy, char *line) {
    int n = 0;
    for (uint32_t feature = 0; feature < policy->n_features; feature++) {
        n += snprintf(line + n, FEATURES_WIDTH, "%s%s%s", feature == 0 ? "features: " : ", ",
                      policy_feature_name(policy, feature),
                      feature + 1 == policy->n_features ? "\n" : "");
    }
    return n;
}

char *policy_text(struct core *core, const synrl_policy *policy) {
    char *text =
        core_alloc(core, FEATURES_WIDTH + (policy_entries(policy) / 3 + 1) * TEXT_WIDTH + 1, 1);
    if (text == NULL) {
        return NULL;
    }
    char *line = text;
    line += features_line(policy, line);
    line += snprintf(line, TEXT_WIDTH + 1, "%-10s%-10s%s%14s%14s%14s  greedy\n", "rewards",
                     "actions", policy->n_features > 0 ? "features  " : "", "Q(-)", "Q(0)", "Q(+)");
    for (uint32_t rewards = 0; rewards < policy->n_reward_histories; rewards++) {
        uint8_t greedy[SYNRL_HISTORIES_MAX];
        policy_greedy(policy, SYNRL_TIES_FIRST, rewards, greedy);
        for (uint32_t situation = 0; situation < policy->n_situations; situation++) {
            if (state_can_occur(policy, rewards, situation % policy->n_action_histories)) {
                state_text(policy, rewards, situation, greedy[situation], line);
                line += strlen(line);
            }
        }
    }
    return text;
}
