// SPDX-License-Identifier: MIT
#pragma once

/// The commit that this binary was built from, or "unknown".
const char *navarch_commit(void);

/// When this binary was built, RFC 3339, or "unknown".
const char *navarch_build_date(void);
