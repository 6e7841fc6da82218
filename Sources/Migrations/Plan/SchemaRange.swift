// SPDX-License-Identifier: MIT

/// Which schemas a binary runs on: its half of the two-sided gate (C24).
///
/// An expand step never breaks an older binary, so a database may be ahead of `newest` and still serve it; what ends an
/// older binary's time is the schema's own `min_binary`, which only contract steps raise.
public struct SchemaRange: Equatable, Sendable {
    /// The oldest schema version that the binary runs on; its replica row's `schema_min`.
    public let lowest: Int32
    /// The newest step that the binary knows; its replica row's `schema_max`.
    public let newest: Int32

    /// A range.
    public init(lowest: Int32, newest: Int32) {
        self.lowest = lowest
        self.newest = newest
    }

    /// What a binary is to do about a database.
    public enum Verdict: Equatable, Sendable {
        /// Serve.
        case runs
        /// Wait, not ready: the schema is coming.
        case waits
        /// Refuse: the schema has left this binary behind.
        case refused
    }

    /// Judges the schema's row.
    public func judge(version: Int32, minimumBinary: Int32) -> Verdict {
        if minimumBinary > newest { return .refused }
        return version < lowest ? .waits : .runs
    }

    /// The range of a binary that carries these files: it needs every step that it carries, but for a last one that only
    /// contracts, which is applied after it has rolled out.
    public init(of files: MigrationSet) {
        self.init(lowest: files.files.last { $0.phase == .expand }?.number ?? 0, newest: files.newest)
    }

    /// The range of the binaries built from these sources.
    public static func embedded() throws(MigrationError) -> SchemaRange { SchemaRange(of: try MigrationSet.embedded()) }
}
