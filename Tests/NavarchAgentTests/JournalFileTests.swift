// SPDX-License-Identifier: MIT
import Foundation
import NavarchModel
import NavarchTestSupport
import Testing

@testable import NavarchAgent

private func command(_ id: String, attempt: Int32 = 1) -> AgentCommand {
    AgentCommand(
        id: id, attempt: attempt, leaseID: "lease-\(attempt)", kind: .runDiagnostic, parameters: ["test": "disk"])
}

private func bytes(of journal: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: journal)))
}

/// A journal with three commands: one settled, one done, one started.
private func fill(_ journal: Journal) throws {
    _ = try journal.receive([command("a"), command("b"), command("c")])
    for id in ["a", "b", "c"] { try journal.start(id, replay: .once, bootID: "b") }
    for id in ["a", "b"] { try journal.finish(id, CommandOutcome(.succeeded, "ended")) }
    try journal.settle("a")
}

@Test func aJournalKeepsItsNameAndItsEntries() throws {
    try withScratch { path in
        let first = try Journal(storage: StateDirectory(path: path).journalStorage())
        try fill(first)
        let again = MemoryJournalStorage(try bytes(of: path + "/journal"))
        let second = try Journal(storage: again)
        #expect(second.id == first.id)
        #expect(second.entries == first.entries)
        #expect(!second.wasDamaged)
    }
}

/// A crash can leave any part of the last write: the whole records before it stay, and the journal goes on behind them.
@Test func aTailTornAtAnyByteIsCutOff() throws {
    let whole = MemoryJournalStorage()
    let journal = try Journal(storage: whole)
    try fill(journal)
    let file = whole.load()
    let ends = Set(recordEnds(file))
    for length in (ends.min() ?? 0)..<file.count {
        let storage = MemoryJournalStorage(Array(file.prefix(length)))
        let torn = try Journal(storage: storage)
        #expect(torn.id == journal.id && !torn.wasDamaged, "cut at \(length)")
        #expect(storage.load().count == ends.filter { $0 <= length }.max(), "cut at \(length)")
        _ = try torn.receive([command("later")])
        #expect(try Journal(storage: storage).entry("later") != nil, "cut at \(length)")
    }
}

@Test func aNameTornAtItsBeginningIsANewJournal() throws {
    let whole = MemoryJournalStorage()
    let journal = try Journal(storage: whole)
    let torn = try Journal(storage: MemoryJournalStorage(Array(whole.load().dropLast())))
    #expect(torn.id != journal.id)
    #expect(torn.entries.isEmpty)
}

/// C12: a journal damaged before its end cannot say what was started, so it is a new one, and the control plane hears of it.
@Test func aFlippedBitBeforeTheEndMakesANewJournalAndKeepsTheOldFile() throws {
    try withScratch { path in
        let firstID = try {
            let first = try Journal(storage: StateDirectory(path: path).journalStorage())
            try fill(first)
            return first.id
        }()
        var file = try bytes(of: path + "/journal")
        file[recordEnds(file)[1] + 40] ^= 4
        try Data(file).write(to: URL(fileURLWithPath: path + "/journal"))
        let second = try Journal(storage: StateDirectory(path: path).journalStorage())
        #expect(second.wasDamaged)
        #expect(second.id != firstID)
        #expect(second.entries.isEmpty)
        let aside = try FileManager.default.contentsOfDirectory(atPath: path).filter {
            $0.hasPrefix("journal.damaged-")
        }
        #expect(aside.count == 1)
        #expect(try bytes(of: path + "/" + (aside.first ?? "")) == file)
    }
}

/// 200 random damages: opening never fails, and never invents an entry that was not there.
@Test(arguments: 0..<200)
func noDamageInventsAnything(_ seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let whole = MemoryJournalStorage()
    try fill(try Journal(storage: whole))
    var file = whole.load()
    for _ in 0..<Int.random(in: 1...8, using: &random) {
        let at = Int.random(in: 0..<file.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: file[at] = UInt8.random(in: 0...255, using: &random)
        case 1: file.removeSubrange(at..<min(file.count, at + 9))
        case _: file.insert(contentsOf: [0, 1, 2, 3], at: at)
        }
    }
    let journal = try Journal(storage: MemoryJournalStorage(file))
    #expect(journal.entries.allSatisfy { ["a", "b", "c"].contains($0.command.id) }, "seed \(seed)")
}

@Test func theStateDirectoryBelongsToOneAgentAtATime() throws {
    try withScratch { path in
        let held = try StateDirectory(path: path)
        let error = #expect(throws: JournalError.self) { try StateDirectory(path: path) }
        #expect(error?.code == .locked)
        withExtendedLifetime(held) {}
    }
    try withScratch { path in
        do { _ = try StateDirectory(path: path) }
        _ = try StateDirectory(path: path)
    }
}

@Test func aFullDiskLeavesTheJournalAsItWas() throws {
    let storage = FullDisk()
    let journal = try Journal(storage: storage)
    _ = try journal.receive([command("a")])
    storage.isFull.withLock { $0 = true }
    #expect(throws: JournalError.self) { try journal.start("a", replay: .once, bootID: "b") }
    #expect(journal.entry("a")?.stage == .received)
    storage.isFull.withLock { $0 = false }
    try journal.start("a", replay: .once, bootID: "b")
    #expect(throws: JournalError.self) { try journal.start("a", replay: .once, bootID: "b") }
}

@Test func theFileIsWrittenAnewWhenMostOfItIsSuperseded() throws {
    try withScratch { path in
        let directory = try StateDirectory(path: path)
        let storage = try directory.journalStorage()
        let journal = try Journal(storage: storage)
        var largest = 0
        for _ in 0..<5 {
            for attempt in 1...300 as ClosedRange<Int32> {
                _ = try journal.receive([command("a", attempt: attempt)])
                try journal.drop(["a"])
            }
            _ = try journal.receive([command("a", attempt: 1_000)])
            largest = max(largest, try storage.load().count)
        }
        for id in 0..<800 {
            _ = try journal.receive([command("n\(id)")])
            try journal.start("n\(id)", replay: .once, bootID: "b")
            try journal.finish("n\(id)", CommandOutcome(.succeeded, String(repeating: "x", count: 200)))
            try journal.settle("n\(id)")
        }
        let again = try Journal(storage: MemoryJournalStorage(try storage.load()))
        #expect(again.entries == journal.entries)
        #expect(again.id == journal.id)
        #expect(JournalFormat.decode(try storage.load()).records.count < 801 + 2_048 + 4)
    }
}

/// Where each record of a journal ends.
private func recordEnds(_ file: [UInt8]) -> [Int] {
    var ends: [Int] = []
    var at = 0
    while at + 12 <= file.count {
        at += 12 + file[at + 4..<at + 8].reduce(0) { $0 << 8 | Int($1) }
        ends.append(at)
    }
    return ends
}
