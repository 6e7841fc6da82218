// SPDX-License-Identifier: MIT
import FoundationEssentials
import NavarchModel
import NavarchStore
import Postgres

/// Where the next page begins: the last page's last element in the list's order. Opaque to clients, checked when it comes back.
enum PageToken {
    /// Behind this node.
    static func text(of node: Node) -> String { "n:" + node.id.rawValue }

    /// Behind this instance.
    static func text(of instance: Instance) -> String { "i:" + instance.id }

    /// Behind this command.
    static func text(of command: Command) -> String { "c:\(command.issuedAt.microseconds):\(command.id)" }

    /// The name in a node list's token.
    static func node(_ token: String) throws(StoreError) -> String { try name(token, prefix: "n:") }

    /// The name in an instance list's token.
    static func instance(_ token: String) throws(StoreError) -> String { try name(token, prefix: "i:") }

    /// The place in a command list's token; without one, before the newest.
    static func command(_ token: String?) throws(StoreError) -> (issuedAt: PostgresValue, id: PostgresValue) {
        guard let token else {
            return (
                .timestamptz(.distantFuture),
                .uuid(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)).postgres)
            )
        }
        let parts = token.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "c", let microseconds = Int64(parts[1]),
            let id = UUID(uuidString: String(parts[2])),
            (0...Self.latest).contains(microseconds)
        else { throw invalid }
        return (.timestamptz(microsecondsSinceUnixEpoch: microseconds), .uuid(id.postgres))
    }

    /// The year 10000: far from what PostgreSQL cannot hold.
    private static let latest: Int64 = 253_402_300_800_000_000

    private static func name(_ token: String, prefix: String) throws(StoreError) -> String {
        guard token.hasPrefix(prefix), token.utf8.count > prefix.utf8.count, token.utf8.count <= 1_024 else {
            throw invalid
        }
        return String(token.dropFirst(prefix.count))
    }

    private static var invalid: StoreError {
        StoreError(.refused, operation: "read a page token", message: "not a page token of this list")
    }
}
