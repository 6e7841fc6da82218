// SPDX-License-Identifier: MIT

/// How a database stands, for people and scripts.
public struct MigrationStatus: Equatable, Sendable, Codable {
    /// One step, from its file and from what is remembered of it.
    public struct Step: Equatable, Sendable, Codable {
        /// `0007_add_zone`.
        public let title: String
        /// expand, contract, or unknown where only the database knows the step.
        public let phase: String
        /// pending, begun, done, baseline, undoing, changed (done from another file), unknown (newer than these files).
        public let state: String
        /// When it was done, ISO 8601, by the database's clock.
        public let doneAt: String?
        /// How long it took.
        public let milliseconds: Int64?
        /// Version of the binary that ran it.
        public let runner: String?
    }

    /// The newest step that is done.
    public let version: Int32
    /// The newest step of these files.
    public let newest: Int32
    /// The lowest binary, by the newest step that it must know (C24).
    public let minimumBinary: Int32
    /// Steps that an `up` would run.
    public let pending: Int
    /// All steps, of the files and of the database.
    public let steps: [Step]

    /// Lays files and history side by side. Pure.
    public init(files: MigrationSet, history: SchemaHistory) {
        version = history.version
        newest = files.newest
        minimumBinary = history.minimumBinary
        pending = files.files.count { $0.number > history.version }
        let known = files.files.map { file in
            Self.step(file, history.steps.first { $0.number == file.number })
        }
        let newer = history.steps.filter { files.file($0.number) == nil && $0.state != .undone }.map { record in
            Step(
                title: "\(MigrationFile.padded(record.number))_\(record.name)", phase: "unknown", state: "unknown",
                doneAt: record.doneAt, milliseconds: record.milliseconds, runner: record.runner)
        }
        steps = known + newer
    }

    private static func step(_ file: MigrationFile, _ record: StepRecord?) -> Step {
        let state: String
        switch record?.state {
        case nil, .undone: state = "pending"
        case .begun: state = "begun"
        case .undoing: state = "undoing"
        case .done:
            let isSame = record?.checksum == file.checksum.hex
            state = !isSame ? "changed" : record?.baseline == true ? "baseline" : "done"
        }
        return Step(
            title: file.title, phase: file.phase.rawValue, state: state, doneAt: record?.doneAt,
            milliseconds: record?.milliseconds, runner: record?.runner)
    }
}

extension Migrator {
    /// How the database stands. Writes nothing, locks nothing, and works on a standby too.
    public func status() async throws(MigrationError) -> MigrationStatus {
        MigrationStatus(files: files, history: try await history())
    }
}
