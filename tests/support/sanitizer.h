/* SPDX-License-Identifier: MIT */
/* Which sanitizer is in this build, and what the suites do for its sake. */
#ifndef SANITIZER_H
#define SANITIZER_H

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ADDRESS_SANITIZER
#elif defined(__SANITIZE_THREAD__)
#define HAS_THREAD_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ADDRESS_SANITIZER
#elif __has_feature(thread_sanitizer)
#define HAS_THREAD_SANITIZER
#elif __has_feature(undefined_behavior_sanitizer)
#define HAS_CLANGS_UNDEFINED_SANITIZER
#endif
#endif

/* The thread sanitizer makes a look at memory some thirty times as slow; the others are fast.
 * PACED(n, few): how many of something, and how many under it.
 * UNWATCHED: a function that looks at nothing but its test's own memory, where it can find nothing.
 */
#ifdef HAS_THREAD_SANITIZER
#define PACED(n, few) few
#define UNWATCHED __attribute__((no_sanitize("thread")))
#else
#define PACED(n, few) n
#define UNWATCHED
#endif

#endif
