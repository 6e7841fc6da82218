// SPDX-License-Identifier: MIT
import Foundation
import Locks

/// The agent's memory of its commands (C12): every step is on disk before the next one is taken.
///
/// Calls block for the time of a disk sync, some milliseconds on a good disk.
public final class Journal: Sendable {
    private struct State {
        var journal: JournalState
        var recordsInFile: Int
    }

    /// Records in the file beyond which, and only if most of them are superseded, it is written anew.
    private static let compactionFloor = 2_048

    private let storage: any JournalStorage
    private let state: Mutex<State>

    /// Names this journal; sent at registration.
    public let id: String
    /// Whether it was damaged and a new one was begun: what the old one knew is lost.
    public let wasDamaged: Bool

    /// Opens what `storage` holds: cuts a torn tail off, sets a damaged file aside, names a new journal.
    public init(storage: any JournalStorage) throws(JournalError) {
        self.storage = storage
        let file = try storage.load()
        var reading = JournalFormat.decode(file)
        var journal = JournalState()
        let isConsistent =
            reading.records.allSatisfy { journal.apply($0) } && (journal.journalID != nil || reading.records.isEmpty)
        wasDamaged = reading.isCorrupt || !isConsistent
        if wasDamaged {
            try storage.setAside()
            reading = JournalFormat.Reading()
            journal = JournalState()
        } else if reading.wholeBytes < file.count {
            try storage.cut(to: reading.wholeBytes)
        }
        if let id = journal.journalID {
            self.id = id
        } else {
            id = UUID().uuidString.lowercased()
            let opened = JournalRecord.opened(journalID: id)
            try storage.append(try JournalFormat.encode(opened))
            journal.apply(opened)
        }
        state = Mutex(State(journal: journal, recordsInFile: reading.records.count))
    }

    /// What it knows of one command.
    public func entry(_ id: String) -> JournalEntry? { state.withLock { $0.journal.entries[id] } }

    /// Everything it knows, oldest first.
    public var entries: [JournalEntry] { state.withLock { $0.journal.inOrder } }

    /// What to do first after a start; see ``RecoveryStep``.
    public func recovery(bootID: String) -> [RecoveryStep] { state.withLock { $0.journal.recovery(bootID: bootID) } }

    /// Writes down a delivered batch, with one sync, and says which of its commands are to be acknowledged. In the batch's order.
    public func receive(_ batch: [AgentCommand]) throws(JournalError) -> [AgentCommand] {
        try state.withLock { (state) throws(JournalError) in
            var records: [JournalRecord] = []
            var wanted: [AgentCommand] = []
            var copy = state.journal
            for command in batch {
                switch copy.delivery(of: command) {
                case .write(let record):
                    copy.apply(record)
                    records.append(record)
                    wanted.append(command)
                case .acknowledge: wanted.append(command)
                case .ignore: continue
                }
            }
            try write(records, &state)
            return wanted
        }
    }

    /// The acknowledgement of these was refused.
    public func drop(_ ids: [String]) throws(JournalError) {
        try state.withLock { (state) throws(JournalError) in
            let records = ids.filter { state.journal.entries[$0]?.stage == .received }.map {
                JournalRecord.dropped(id: $0)
            }
            try write(records, &state)
        }
    }

    /// A command is about to take effect: durable when it returns.
    /// - Throws: `.illegalStep` when it may not be started (again).
    public func start(_ id: String, replay: ReplayClass, bootID: String) throws(JournalError) {
        try step(.started(id: id, replay: replay, bootID: bootID))
    }

    /// A command ended: durable when it returns.
    public func finish(_ id: String, _ outcome: CommandOutcome) throws(JournalError) {
        try step(.done(id: id, outcome: outcome))
    }

    /// The control plane knows the end; compacts the file when most of it is superseded.
    public func settle(_ id: String) throws(JournalError) {
        try step(.settled(id: id))
        try state.withLock { (state) throws(JournalError) in
            let snapshot = state.journal.entries.count + 1
            guard state.recordsInFile > Self.compactionFloor, state.recordsInFile > 2 * snapshot else { return }
            try compact(&state)
        }
    }

    private func step(_ record: JournalRecord) throws(JournalError) {
        try state.withLock { (state) throws(JournalError) in
            try write([record], &state)
        }
    }

    private func write(_ records: [JournalRecord], _ state: inout State) throws(JournalError) {
        guard !records.isEmpty else { return }
        var next = state.journal
        var bytes: [UInt8] = []
        for record in records {
            guard next.apply(record) else {
                throw JournalError(code: .illegalStep, operation: "write journal", detail: "not allowed now: \(record)")
            }
            bytes += try JournalFormat.encode(record)
        }
        try storage.append(bytes)
        state.journal = next
        state.recordsInFile += records.count
    }

    private func compact(_ state: inout State) throws(JournalError) {
        let snapshot = state.journal.snapshot
        var bytes: [UInt8] = []
        for record in snapshot { bytes += try JournalFormat.encode(record) }
        try storage.replace(with: bytes)
        state.recordsInFile = snapshot.count
    }
}
