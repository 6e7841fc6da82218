// SPDX-License-Identifier: MIT
import NavarchModel
import NavarchTestSupport
import Testing

@testable import NavarchAgent

private func command(_ id: String = "c", attempt: Int32 = 1, sequence: Int64 = 0) -> AgentCommand {
    AgentCommand(id: id, attempt: attempt, leaseID: "lease-\(attempt)", kind: .runDiagnostic, sequence: sequence)
}

private let ended = CommandOutcome(.succeeded, "ended")

/// A journal whose one entry is in the stage that these records lead to.
private func state(after records: [JournalRecord]) -> JournalState {
    var state = JournalState()
    for record in [.opened(journalID: "j"), .received(command())] + records {
        let applied = state.apply(record)
        #expect(applied)
    }
    return state
}

private func started(_ replay: ReplayClass = .once, boot: String = "b1") -> JournalRecord {
    .started(id: "c", replay: replay, bootID: boot)
}

/// C12: the highest attempt counts, lower ones are ignored, a started one is adopted and not started again.
@Test(
    arguments: [
        ([], .acknowledge, .write(.received(command(attempt: 2)))),
        ([.dropped(id: "c")], .ignore, .write(.received(command(attempt: 2)))),
        ([started()], .acknowledge, .write(.adopted(id: "c", attempt: 2, leaseID: "lease-2"))),
        (
            [started(), .done(id: "c", outcome: ended)], .ignore,
            .write(.adopted(id: "c", attempt: 2, leaseID: "lease-2"))
        ),
        (
            [started(), .done(id: "c", outcome: ended), .settled(id: "c")], .ignore,
            .write(.adopted(id: "c", attempt: 2, leaseID: "lease-2"))
        ),
    ] as [([JournalRecord], JournalState.Delivery, JournalState.Delivery)])
func aDeliveryIsAnsweredByAttemptAndStage(
    _ records: [JournalRecord], _ same: JournalState.Delivery, _ higher: JournalState.Delivery
) {
    let journal = state(after: records)
    #expect(journal.delivery(of: command(attempt: 1)) == same)
    #expect(journal.delivery(of: command(attempt: 2)) == higher)
    #expect(journal.delivery(of: command(attempt: 0)) == .ignore)
}

/// C12: what an agent does that finds a command unfinished.
@Test(
    arguments: [
        ([], "b1", .acknowledge(command())),
        ([started(.repeatable)], "b2", .runAgain(command())),
        ([started(.observable)], "b1", .runAgain(command())),
        ([started(.once), .done(id: "c", outcome: ended)], "b2", .report(command(), ended)),
        ([.dropped(id: "c")], "b1", nil),
        ([started(), .done(id: "c", outcome: ended), .settled(id: "c")], "b1", nil),
    ] as [([JournalRecord], String, RecoveryStep?)])
func recoveryFollowsTheStage(_ records: [JournalRecord], _ boot: String, _ step: RecoveryStep?) {
    #expect(state(after: records).recovery(bootID: boot) == (step.map { [$0] } ?? []))
}

@Test func anInterruptedOnceCommandIsUnknownAndAnObservedRebootSucceeded() throws {
    for (replay, boot, expected) in [
        (ReplayClass.once, "b1", CommandOutcome.State.unknown), (.once, "b2", .unknown),
        (.observable, "b2", .succeeded),
        (.observable, "", .unknown),
    ] {
        let steps = state(after: [started(replay)]).recovery(bootID: boot)
        guard case .conclude(_, let outcome) = try #require(steps.first) else {
            Issue.record("\(replay) on \(boot): \(steps)")
            continue
        }
        #expect(outcome.state == expected)
    }
}

@Test func recoveryGoesInIssueOrder() {
    var journal = JournalState()
    for (id, sequence) in [("b", 2), ("a", 1), ("c", 3)] {
        journal.apply(.received(command(id, sequence: Int64(sequence))))
    }
    let expected = ["a", "b", "c"].enumerated().map {
        RecoveryStep.acknowledge(command($0.element, sequence: Int64($0.offset) + 1))
    }
    #expect(journal.recovery(bootID: "") == expected)
}

/// 300 walks of 60 random steps: a `once` command starts at most once, an attempt never goes down, over is over, and a journal read
/// back from its snapshot says the same.
@Test(arguments: 0..<300)
func randomWalksNeverStartTwice(_ seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var journal = JournalState()
    journal.apply(.opened(journalID: "j"))
    var starts = 0
    var highest: Int32 = 0
    for _ in 0..<60 {
        let before = journal
        let attempt = Int32.random(in: 1...5, using: &random)
        let records: [JournalRecord] = [
            .received(command(attempt: attempt)), .dropped(id: "c"), .adopted(id: "c", attempt: attempt, leaseID: "x"),
            .started(id: "c", replay: .once, bootID: "b"), .done(id: "c", outcome: ended), .settled(id: "c"),
            .started(id: "nobody", replay: .once, bootID: "b"), .opened(journalID: "other"),
        ]
        guard let record = records.randomElement(using: &random) else { continue }
        let applied = journal.apply(record)
        #expect(applied || journal == before, "seed \(seed): a refused record changed something")
        if applied, case .started = record { starts += 1 }
        let now = journal.entries["c"]?.command.attempt ?? 0
        #expect(now >= highest, "seed \(seed)")
        highest = now
    }
    #expect(starts <= 1, "seed \(seed)")
    var copy = JournalState()
    for record in journal.snapshot { copy.apply(record) }
    #expect(copy.snapshot == journal.snapshot, "seed \(seed)")
    #expect(copy.recovery(bootID: "b") == journal.recovery(bootID: "b"), "seed \(seed)")
}

@Test func finishedCommandsAreRememberedUpToALimitAndUnfinishedOnesAlways() {
    var journal = JournalState()
    journal.apply(.received(command("unfinished")))
    for index in 0..<6_000 {
        journal.apply(.received(command("\(index)")))
        journal.apply(.started(id: "\(index)", replay: .once, bootID: "b"))
        journal.apply(.done(id: "\(index)", outcome: ended))
        journal.apply(.settled(id: "\(index)"))
    }
    #expect(journal.entries["unfinished"] != nil)
    #expect(journal.entries["5999"] != nil)
    #expect(journal.entries["0"] == nil)
    #expect((JournalState.rememberedCommands...JournalState.rememberedCommands * 5 / 4).contains(journal.entries.count))
}
