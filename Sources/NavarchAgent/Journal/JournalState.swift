// SPDX-License-Identifier: MIT

/// What a journal says: the effect of its records, one after another (C12). Pure: the shell writes a record to disk, then applies it.
public struct JournalState: Equatable, Sendable {
    /// How many finished commands a journal remembers. A command lives at the control plane for 30 days after its issue at most; a node
    /// would have to finish more than a hundred commands a day, every day, to forget one that could still come back.
    public static let rememberedCommands = 4_096

    /// What to do with a command that was delivered.
    public enum Delivery: Equatable, Sendable {
        /// Write this record, then acknowledge.
        case write(JournalRecord)
        /// Acknowledge again; everything is written already.
        case acknowledge
        /// An older attempt, or one that is over: do nothing.
        case ignore
    }

    /// Names this journal; another name means that what it said is lost.
    public private(set) var journalID: String?
    /// What is known, by command id.
    public private(set) var entries: [String: JournalEntry] = [:]
    /// Command ids, oldest first.
    private var order: [String] = []

    /// An empty journal, without a name.
    public init() {}

    /// What to do with a delivered command: the highest attempt counts, lower ones are ignored, a started one is adopted and never started
    /// again.
    public func delivery(of command: AgentCommand) -> Delivery {
        guard let entry = entries[command.id] else { return .write(.received(command)) }
        if command.attempt < entry.command.attempt { return .ignore }
        let isNewer = command.attempt > entry.command.attempt
        switch entry.stage {
        case .received: return isNewer ? .write(.received(command)) : .acknowledge
        case .dropped: return isNewer ? .write(.received(command)) : .ignore
        case .started: return isNewer ? adopt(command) : .acknowledge
        case .done, .settled: return isNewer ? adopt(command) : .ignore
        }
    }

    private func adopt(_ command: AgentCommand) -> Delivery {
        .write(.adopted(id: command.id, attempt: command.attempt, leaseID: command.leaseID))
    }

    /// Applies a record; false when the entry's stage does not allow it, and then nothing changed.
    @discardableResult
    public mutating func apply(_ record: JournalRecord) -> Bool {
        switch record {
        case .opened(let id): return open(id)
        case .received(let command): return receive(command)
        case .entry(let entry): return insert(entry)
        case .dropped(let id): return move(id) { $0 == .received ? .dropped : nil }
        case .adopted(let id, let attempt, let leaseID): return adopt(id, attempt, leaseID)
        case .started(let id, let replay, let bootID): return start(id, replay, bootID)
        case .done(let id, let outcome): return finish(id, outcome)
        case .settled(let id): return settle(id)
        }
    }

    /// Entries, oldest first.
    public var inOrder: [JournalEntry] { order.compactMap { entries[$0] } }

    /// The records that make this state from nothing, as compaction writes them.
    public var snapshot: [JournalRecord] {
        (journalID.map { [.opened(journalID: $0)] } ?? []) + inOrder.map { .entry($0) }
    }

    private mutating func open(_ id: String) -> Bool {
        guard journalID == nil else { return false }
        journalID = id
        return true
    }

    private mutating func receive(_ command: AgentCommand) -> Bool {
        guard delivery(of: command) == .write(.received(command)) else { return false }
        return insert(JournalEntry(command: command, stage: .received))
    }

    private mutating func insert(_ entry: JournalEntry) -> Bool {
        if entries.updateValue(entry, forKey: entry.command.id) == nil { order.append(entry.command.id) }
        return true
    }

    private mutating func move(_ id: String, _ next: (JournalEntry.Stage) -> JournalEntry.Stage?) -> Bool {
        guard let stage = entries[id]?.stage, let next = next(stage) else { return false }
        entries[id]?.stage = next
        return true
    }

    private mutating func adopt(_ id: String, _ attempt: Int32, _ leaseID: String) -> Bool {
        guard let entry = entries[id], attempt > entry.command.attempt else { return false }
        let moved = move(id) { stage in
            switch stage {
            case .received, .dropped: nil
            case .started, .done: stage
            case .settled(let outcome): .done(outcome)
            }
        }
        guard moved else { return false }
        entries[id]?.command.attempt = attempt
        entries[id]?.command.leaseID = leaseID
        return true
    }

    /// A start is written once; running a repeatable command again after a crash writes another, with the boot of now.
    private mutating func start(_ id: String, _ replay: ReplayClass, _ bootID: String) -> Bool {
        move(id) { stage in
            switch stage {
            case .received, .started(.repeatable, _), .started(.observable, _): .started(replay: replay, bootID: bootID)
            case .started(.once, _), .dropped, .done, .settled: nil
            }
        }
    }

    private mutating func finish(_ id: String, _ outcome: CommandOutcome) -> Bool {
        move(id) { stage in
            switch stage {
            case .received, .started: .done(outcome)
            case .dropped, .done, .settled: nil
            }
        }
    }

    private mutating func settle(_ id: String) -> Bool {
        let moved = move(id) { stage in
            guard case .done(let outcome) = stage else { return nil }
            return .settled(outcome.abridged)
        }
        if moved { forget() }
        return moved
    }

    /// Drops the oldest entries that are over, beyond what is remembered. O(n) when it has something to drop, else O(1).
    private mutating func forget() {
        guard order.count > Self.rememberedCommands + Self.rememberedCommands / 4 else { return }
        var surplus = order.count - Self.rememberedCommands
        order.removeAll { id in
            guard surplus > 0, entries[id]?.isOver ?? true else { return false }
            surplus -= 1
            entries[id] = nil
            return true
        }
    }
}
