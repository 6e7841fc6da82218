// SPDX-License-Identifier: MIT

/// What `verify` found.
public struct VerifyReport: Equatable, Sendable, Codable {
    /// The version that was compared.
    public let version: Int32
    /// Steps that were done from other files than these.
    public let changedFiles: [String]
    /// Steps begun and not done: run `up` to go on.
    public let unfinished: [String]
    /// Differences between the catalogue and what the steps make.
    public let drift: [Drift]

    /// Whether everything is as it should be.
    public var isClean: Bool { changedFiles.isEmpty && unfinished.isEmpty && drift.isEmpty }
}

extension Migrator {
    /// Compares checksums, and the catalogue with what the steps make of an empty schema (C25).
    ///
    /// Needs the right to create a schema, which it makes and rolls back. Waits for no runner and holds up nobody.
    public func verify() async throws(MigrationError) -> VerifyReport {
        try await withDatabase { database throws(MigrationError) in
            if try await database.isReadOnly() {
                throw MigrationError(
                    .readOnly, "the server is a standby, or read-only", hint: "verify builds a schema: ask the primary")
            }
            let history = try await database.history()
            guard history.version <= files.newest else {
                throw MigrationError(
                    .databaseNewer,
                    "the database is at step \(history.version), these files end at \(files.newest)",
                    hint: "verify with the migrate program of the release that made it")
            }
            let drift =
                history.steps.isEmpty
                ? [] : try await database.drift(from: files(upTo: history.version), schema: scratchSchema())
            return VerifyReport(
                version: history.version, changedFiles: MigrationPlan.differences(files, history),
                unfinished: history.steps.filter { $0.state == .begun || $0.state == .undoing }.map { record in
                    "\(MigrationFile.padded(record.number))_\(record.name) is \(record.state.rawValue)"
                }, drift: drift)
        }
    }

    func files(upTo version: Int32) -> [MigrationFile] { files.files.filter { $0.number <= version } }

    /// A name that nothing has yet: two may compare at once.
    func scratchSchema() -> String { "migrate_verify_\(Int64(random() * 1e15))" }
}
