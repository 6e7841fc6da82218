// SPDX-License-Identifier: MIT
import CLibpq
import Digest
import Glibc

/// A statement under a name that one connection knows.
final class PreparedStatement {
    let statement: PostgresStatement
    let types: [Oid]
    let name: UnsafeMutablePointer<CChar>

    init?(_ statement: PostgresStatement, types: [Oid]) {
        // The name is a hash of text and types (C5): the same name is never another statement.
        let text = statement.sql + types.map { "/\($0)" }.joined()
        guard let name = strdup("s" + SHA256Digest(of: text.utf8).hex.prefix(40)) else { return nil }
        self.statement = statement
        self.types = types
        self.name = name
    }

    deinit { free(name) }

    /// Whether these parameters can be bound to it: the same types, where NULL is of any.
    func fits(_ parameters: [PostgresValue]) -> Bool {
        guard parameters.count == types.count else { return false }
        for (parameter, type) in zip(parameters, types) where parameter.typeOID != type {
            if !parameter.isNull { return false }
        }
        return true
    }
}

/// What one connection has prepared. A statement is prepared when it comes the second time, so that one-off statements do
/// not pile up in the server.
struct StatementCache {
    enum Key: Hashable {
        case address(UInt)
        case text(String)
    }

    private struct Entry {
        var variants: [PreparedStatement] = []
        /// The server refused it under a name: sent unnamed from then on.
        var isBanned = false
    }

    enum Advice {
        case unnamed
        case prepare(PreparedStatement)
        case use(PreparedStatement)
    }

    // Enough for a service's statements; beyond that they are sent unnamed, which is right, and slower.
    private static let limit = 512
    private var entries: [Key: Entry] = [:]

    /// How to send `statement` with those parameters. After `.prepare` it counts as prepared.
    mutating func advice(for statement: PostgresStatement, mayPrepare: Bool) -> Advice {
        let key = Self.key(of: statement)
        guard var entry = entries[key] else {
            if entries.count < Self.limit { entries[key] = Entry() }
            return .unnamed
        }
        if entry.isBanned { return .unnamed }
        if let variant = entry.variants.first(where: { $0.fits(statement.parameters) }) { return .use(variant) }
        // A statement whose parameters' types keep changing is not worth more names.
        guard mayPrepare, entry.variants.count < 4 else { return .unnamed }
        guard let variant = PreparedStatement(statement, types: statement.parameters.map(\.typeOID)) else {
            return .unnamed
        }
        entry.variants.append(variant)
        entries[key] = entry
        return .prepare(variant)
    }

    /// The server does not know the statement by its name, or no longer plans it as before.
    mutating func ban(_ statement: PostgresStatement) {
        entries[Self.key(of: statement), default: Entry()].isBanned = true
    }

    private static func key(of statement: PostgresStatement) -> Key {
        switch statement.text {
        case .constant(let text): .address(UInt(bitPattern: text.utf8Start))
        case .string(let text): .text(text)
        }
    }
}
