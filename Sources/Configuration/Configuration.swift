// SPDX-License-Identifier: MIT
//
// Configuration: a declared table of settings, read from flags, environment and a YAML file, in this order of precedence.
//
// It must never: know the fleet, stop at the first mistake, accept a key that nobody declared, or print a secret.
