// SPDX-License-Identifier: MIT
#pragma once
#include <libpq-fe.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

// Variadic, so Swift cannot call it: names the calling thread, for ps and debuggers.
static inline void thread_set_name(const char *name) { (void)prctl(PR_SET_NAME, name, 0, 0, 0); }
