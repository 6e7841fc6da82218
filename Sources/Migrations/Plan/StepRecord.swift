// SPDX-License-Identifier: MIT

/// What the database remembers of a step.
public struct StepRecord: Equatable, Sendable {
    /// How far a step came.
    public enum State: String, Equatable, Sendable {
        /// Started; not known to be done. The next run resumes it.
        case begun
        /// Done, and counted in the schema's version.
        case done
        /// Being taken back.
        case undoing
        /// Taken back; may be done again.
        case undone
    }

    /// The step's number.
    public var number: Int32
    /// The step's name.
    public var name: String
    /// How far it came.
    public var state: State
    /// Of the file that was run, hexadecimal.
    public var checksum: String
    /// Recorded by `baseline`, not run.
    public var baseline: Bool
    /// Version of the binary that ran it.
    public var runner: String
    /// When it was last begun, ISO 8601, by the database's clock.
    public var begunAt: String
    /// When it was done.
    public var doneAt: String?
    /// How long its statements took, tries included.
    public var milliseconds: Int64?

    /// What is remembered of one step.
    public init(
        number: Int32, name: String, state: State, checksum: String, baseline: Bool = false, runner: String = "",
        begunAt: String = "", doneAt: String? = nil, milliseconds: Int64? = nil
    ) {
        self.number = number
        self.name = name
        self.state = state
        self.checksum = checksum
        self.baseline = baseline
        self.runner = runner
        self.begunAt = begunAt
        self.doneAt = doneAt
        self.milliseconds = milliseconds
    }
}

/// The schema's one row (C24), and what is remembered of each step.
public struct SchemaHistory: Equatable, Sendable {
    /// The newest step that is done, with all before it.
    public var version: Int32
    /// The lowest binary: a replica's `schema_max` must not be below it.
    public var minimumBinary: Int32
    /// In order of numbers.
    public var steps: [StepRecord]

    /// A history.
    public init(version: Int32 = 0, minimumBinary: Int32 = 0, steps: [StepRecord] = []) {
        self.version = version
        self.minimumBinary = minimumBinary
        self.steps = steps
    }
}
