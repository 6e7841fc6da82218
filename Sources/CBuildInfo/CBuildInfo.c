// SPDX-License-Identifier: MIT
#include "CBuildInfo.h"

const char *navarch_commit(void) { return NAVARCH_COMMIT; }
const char *navarch_build_date(void) { return NAVARCH_BUILD_DATE; }
