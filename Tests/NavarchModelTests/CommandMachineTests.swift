// SPDX-License-Identifier: MIT
import FoundationEssentials
import NavarchModel
import NavarchTestSupport
import Testing

/// Brings a fresh command into a state, by the shortest way.
private func machine(in state: CommandState, lease: LeaseID = LeaseID(UUID())) -> CommandMachine {
    var machine = CommandMachine()
    let running: [CommandMachine.Event] = [.lease(lease), .acknowledge(attempt: 1, lease: lease)]
    let events: [CommandMachine.Event]
    switch state {
    case .queued: events = []
    case .leased: events = [.lease(lease)]
    case .running: events = running
    case .succeeded, .failed: events = running + [.complete(attempt: 1, lease: lease, outcome: state)]
    case .unknown: events = running + [.runDeadlinePassed]
    case .cancelled: events = [.cancel]
    case .expired: events = [.timeToLiveOver]
    case .undeliverable: events = [.lease(lease), .leaseLapsed(isPastTimeToLive: false, maxExpiries: 1)]
    }
    for event in events { #expect(machine.handle(event) == .moved) }
    #expect(machine.state == state)
    return machine
}

private func allEvents(attempt: Int32, lease: LeaseID) -> [CommandMachine.Event] {
    [
        .lease(LeaseID(UUID())), .acknowledge(attempt: attempt, lease: lease),
        .giveBack(attempt: attempt, lease: lease),
        .leaseLapsed(isPastTimeToLive: false, maxExpiries: 3), .leaseLapsed(isPastTimeToLive: true, maxExpiries: 3),
        .timeToLiveOver,
        .cancel, .complete(attempt: attempt, lease: lease, outcome: .succeeded),
        .complete(attempt: attempt, lease: lease, outcome: .failed),
        .complete(attempt: attempt, lease: lease, outcome: .unknown),
        .complete(attempt: attempt, lease: lease, outcome: .cancelled), .runDeadlinePassed, .journalLost,
    ]
}

@Test(arguments: CommandState.allCases.filter(\.isTerminal))
func aTerminalStateNeverChanges(_ state: CommandState) {
    let lease = LeaseID(UUID())
    for event in allEvents(attempt: 1, lease: lease) {
        var subject = machine(in: state, lease: lease)
        let answer = subject.handle(event)
        #expect(subject.state == state, "\(event) moved \(state)")
        #expect(answer == .refused || answer == .same, "\(event) in \(state) answered \(answer)")
    }
}

@Test func onlyTheCurrentAttemptAndLeaseAreHeard() {  // C11
    let lease = LeaseID(UUID())
    for (attempt, id) in [(Int32(2), lease), (1, LeaseID(UUID())), (0, lease)] {
        var leased = machine(in: .leased, lease: lease)
        #expect(leased.handle(.acknowledge(attempt: attempt, lease: id)) == .refused)
        #expect(leased.handle(.giveBack(attempt: attempt, lease: id)) == .refused)
        var running = machine(in: .running, lease: lease)
        #expect(running.handle(.complete(attempt: attempt, lease: id, outcome: .succeeded)) == .refused)
        #expect(running.state == .running)
    }
}

@Test func aRunningCommandIsNeverQueuedAgain() {  // C12
    let lease = LeaseID(UUID())
    for event in allEvents(attempt: 1, lease: lease) {
        var subject = machine(in: .running, lease: lease)
        _ = subject.handle(event)
        #expect(subject.state != .queued && subject.state != .leased, "\(event)")
        #expect(!subject.state.provesNoEffect, "\(event) claims no effect of a running command")
    }
}

@Test func onlyLapsedLeasesCountTowardsGivingUp() {  // C11
    var subject = CommandMachine()
    for attempt in Int32(1)...50 {
        let lease = LeaseID(UUID())
        #expect(subject.handle(.lease(lease)) == .moved)
        #expect(subject.handle(.giveBack(attempt: attempt, lease: lease)) == .moved)
    }
    #expect(subject.expiries == 0 && subject.attempt == 50)
    for expiry in 1...3 {
        #expect(subject.handle(.lease(LeaseID(UUID()))) == .moved)
        #expect(subject.handle(.leaseLapsed(isPastTimeToLive: false, maxExpiries: 3)) == .moved)
        #expect(subject.state == (expiry < 3 ? .queued : .undeliverable))
    }
}

@Test func repeatingAReportIsAllowedAndAnotherOutcomeIsNot() {
    let lease = LeaseID(UUID())
    var subject = machine(in: .succeeded, lease: lease)
    #expect(subject.handle(.complete(attempt: 1, lease: lease, outcome: .succeeded)) == .same)
    #expect(subject.handle(.complete(attempt: 1, lease: lease, outcome: .failed)) == .refused)
    #expect(subject.state == .succeeded)
}

@Test(arguments: 0..<200)
func randomLivesKeepTheRules(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var subject = CommandMachine()
    var leases: [LeaseID] = []
    var wasRunning = false
    for step in 0..<60 {
        let before = subject
        let lease = leases.randomElement(using: &random) ?? LeaseID(UUID())
        let attempt = Int32.random(in: 0...(subject.attempt + 1), using: &random)
        guard let event = allEvents(attempt: attempt, lease: lease).randomElement(using: &random) else { return }
        if case .lease(let id) = event { leases.append(id) }
        let answer = subject.handle(event)
        let context = "seed \(seed), step \(step), \(event) in \(before.state)"
        if answer == .refused || answer == .same { #expect(subject == before, "\(context)") }
        #expect(subject.attempt >= before.attempt && subject.attempt - before.attempt <= 1, "\(context)")
        if before.state.isTerminal { #expect(subject.state == before.state, "\(context)") }
        wasRunning = wasRunning || subject.state == .running
        if subject.state.provesNoEffect { #expect(!wasRunning, "\(context)") }
        if wasRunning { #expect(subject.state != .queued && subject.state != .leased, "\(context)") }
    }
}
