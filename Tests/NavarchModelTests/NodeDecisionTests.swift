// SPDX-License-Identifier: MIT
import NavarchModel
import Testing

private func registration(machine: String = "", journal: String = "") -> NodeRegistration {
    var registration = NodeRegistration()
    registration.host.machineID = machine
    registration.journalID = journal
    return registration
}

private func node(
    machine: String = "", journal: String = "", lifecycle: Node.Lifecycle = .present, schedule: Node.Schedule = .active,
    condition: Node.Condition = .ok
) -> Node {
    Node(
        id: NodeID("n1"), key: NodeKey(1), registration: registration(machine: machine, journal: journal),
        lifecycle: lifecycle,
        schedule: schedule, condition: condition, registeredAt: Timestamp(microseconds: 0))
}

@Test(arguments: [
    (nil, "m1", RegistrationPolicy.Decision.create),
    (node(machine: "m1"), "m1", .keep),
    (node(machine: "m1"), "", .keep),
    (node(machine: ""), "m1", .keep),
    (node(machine: "m1"), "m2", .fresh),
    (node(machine: "m1", lifecycle: .terminated), "m1", .refuse),
    (node(machine: "m1", lifecycle: .terminated), "", .refuse),
    (node(machine: "m1", lifecycle: .terminated), "m2", .fresh),
])
func aRegistrationKeepsWhatAnOperatorDecidedUnlessTheMachineIsAnother(
    existing: Node?, machine: String, decision: RegistrationPolicy.Decision
) {
    #expect(RegistrationPolicy.decide(existing: existing, registration(machine: machine)) == decision)
}

@Test(arguments: [("j1", "j1", false), ("j1", "j2", true), ("j1", "", true), ("", "j1", false), ("", "", false)])
func aJournalIsLostWhenAnotherOneComes(before: String, now: String, isLost: Bool) {  // C12
    #expect(RegistrationPolicy.lostJournal(existing: node(journal: before), registration(journal: now)) == isLost)
    #expect(!RegistrationPolicy.lostJournal(existing: nil, registration(journal: now)))
}

@Test(arguments: [
    (Node.Lifecycle.present, Node.Condition.ok, Node.Schedule.active, NodeStatus.active),
    (.present, .ok, .cordoned, .cordoned),
    (.present, .ok, .draining, .draining),
    (.present, .unhealthy, .cordoned, .unhealthy),
    (.present, .unhealthy, .draining, .unhealthy),
    (.terminated, .unhealthy, .draining, .terminated),
])
func theWorstDimensionGivesTheStatus(
    lifecycle: Node.Lifecycle, condition: Node.Condition, schedule: Node.Schedule, status: NodeStatus
) {
    #expect(NodeStatus(lifecycle: lifecycle, condition: condition, schedule: schedule) == status)
}

@Test func everyCommandIsDecidedForEveryNodeState() {
    for schedule in Node.Schedule.allCases {
        for condition in Node.Condition.allCases {
            let subject = node(schedule: schedule, condition: condition)
            #expect(NodeTransition.of(.cordon, on: subject) == .apply(schedule: .cordoned, condition: condition))
            #expect(NodeTransition.of(.drain, on: subject) == .apply(schedule: .draining, condition: condition))
            #expect(NodeTransition.of(.runDiagnostic, on: subject) == .apply(schedule: schedule, condition: condition))
            #expect(NodeTransition.of(.terminate, on: subject) == .apply(schedule: schedule, condition: condition))
            let uncordon = NodeTransition.of(.uncordon, on: subject)
            if schedule == .active, condition == .ok {
                #expect(uncordon == .refuse("node n1 is not cordoned (current status: NODE_STATUS_ACTIVE)"))
            } else {
                #expect(uncordon == .apply(schedule: .active, condition: .ok))
            }
        }
    }
}

@Test(arguments: CommandType.allCases) func aTerminatedNodeTakesNoCommand(_ type: CommandType) {
    #expect(NodeTransition.of(type, on: node(lifecycle: .terminated)) == .refuse("node n1 is terminated"))
}

@Test func theWorstResultWinsAndKnowingNothingCountsForNothing() {
    func results(_ statuses: HealthStatus...) -> [HealthCheckResult] {
        statuses.map { HealthCheckResult(checkName: "c", status: $0) }
    }
    #expect(HealthVerdict.worst(of: results(.healthy, .unhealthy, .degraded)) == .unhealthy)
    #expect(HealthVerdict.worst(of: results(.healthy, .unknown)) == .healthy)
    #expect(HealthVerdict.worst(of: results(.unknown)) == .unknown)
    #expect(HealthVerdict.worst(of: []) == .unknown)
    #expect(HealthVerdict.health(after: .unknown, before: .degraded) == .degraded)
    #expect(HealthVerdict.condition(after: .healthy, before: .unhealthy) == .unhealthy)
    #expect(HealthVerdict.condition(after: .unhealthy, before: .ok) == .unhealthy)
    #expect(HealthVerdict.condition(after: .degraded, before: .ok) == .ok)
}
