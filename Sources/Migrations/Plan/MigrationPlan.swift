// SPDX-License-Identifier: MIT

/// What is to be done, from what the files say and the database remembers. Pure.
public struct MigrationPlan: Equatable, Sendable {
    /// One step to run.
    public struct Step: Equatable, Sendable {
        /// Its file.
        public let file: MigrationFile
        /// An earlier run began it and did not finish.
        public let resumes: Bool
    }

    /// In the order in which they run.
    public let steps: [Step]

    /// The version that the schema has when they are done.
    public let target: Int32

    /// Works out the steps up to `target` (nil: the newest).
    /// - Parameter expandOnly: stop before the first contract step.
    public init(
        files: MigrationSet, history: SchemaHistory, target: Int32? = nil, expandOnly: Bool = false
    ) throws(MigrationError) {
        if let target, files.file(target) == nil {
            throw MigrationError(
                .badRequest, "there is no step \(target)", hint: "steps run from 1 to \(files.newest)")
        }
        try Self.check(files, history)
        var steps: [Step] = []
        for file in files.files where file.number > history.version && file.number <= target ?? files.newest {
            if expandOnly && file.phase == .contract { break }
            let record = history.steps.first { $0.number == file.number }
            steps.append(Step(file: file, resumes: record?.state == .begun || record?.state == .undoing))
        }
        self.steps = steps
        self.target = steps.last?.file.number ?? history.version
    }

    /// Whether files and history belong together (C23).
    static func check(_ files: MigrationSet, _ history: SchemaHistory) throws(MigrationError) {
        if history.version > files.newest && history.minimumBinary > files.newest {
            throw MigrationError(
                .databaseNewer,
                "the database is at step \(history.version) and demands binaries that know step \(history.minimumBinary); this one knows \(files.newest)",
                hint: "use the migrate program of the newer release")
        }
        let differing = differences(files, history)
        guard differing.isEmpty else {
            throw MigrationError(
                .historyMismatch, differing.joined(separator: "\n"),
                hint:
                    "a released step is never edited: put the file back as it was, and write what is new as a new step")
        }
    }

    /// Steps that were done from other files than these, one line each.
    static func differences(_ files: MigrationSet, _ history: SchemaHistory) -> [String] {
        history.steps.compactMap { record in
            // A step that was not finished had no effect, or is repeatable: its corrected file may take its place.
            guard record.state == .done, let file = files.file(record.number) else { return nil }
            if record.name != file.name {
                return "step \(record.number) is \(record.name) in the database and \(file.name) here"
            }
            guard record.checksum != file.checksum.hex else { return nil }
            return
                "step \(file.title) was done with checksum \(record.checksum.prefix(12)), the file here has \(file.checksum.hex.prefix(12))"
        }
    }
}
