// SPDX-License-Identifier: MIT

import Connect

/// Reads a paged list to its end.
public enum Pages {
    /// Calls `page` with one page token after another, starting with `first`, until an answer names no next one.
    ///
    /// - Throws: What `page` throws, and `.internalError` when the server gives the same token twice in a row, which would
    ///   never end.
    public static func forEach(
        from first: String = "", _ page: (_ token: String) async throws(RPCError) -> String
    ) async throws(RPCError) {
        var token = first
        while true {
            let next = try await page(token)
            if next.isEmpty { return }
            guard next != token else { throw RPCError(.internalError, "the server gave the same page token twice") }
            token = next
        }
    }
}
