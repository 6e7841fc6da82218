// SPDX-License-Identifier: MIT

import Connect

/// Calls methods over Connect, gRPC and gRPC-Web, on HTTP/1.1 and HTTP/2.
///
/// Start at ``RPCClient``. This module never starts a task and never retries what a server may have done already, unless
/// the method says that twice has the effect of once.
public enum ConnectClient {
    /// What calls name as their `user-agent` when the configuration names none.
    public static let defaultUserAgent = "connect-swift/1"
}
