// SPDX-License-Identifier: MIT
/// The API of one replica: validation, handlers, the original's service, access, and plain HTTP, over the use cases.
///
/// This module never touches a store's rows, never decides what the use cases decide, and never listens: it fills a router.
import BuildInfo

/// Facts of the API that several parts state.
public enum NavarchServer {
    /// The realm of the bearer challenge, as the original has it.
    public static let realm = "navarch"
    /// The domain of `google.rpc.ErrorInfo` reasons.
    public static let errorDomain = "navarch.v1"
    /// The version that answers carry.
    public static var version: String { BuildInfo.version }
}
